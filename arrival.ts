import type { Place } from "./admission.ts";
import type { Client, Socket } from "./client.ts";
import type { Hub } from "./hub.ts";
import type { Metrics } from "./metrics.ts";
import { Disconnect, SUBPROTOCOL } from "./protocol.ts";
import type { Upgrade } from "./transport.ts";

/** What those who arrive need of their server. */
export interface Lobby {
  readonly hub: Hub;
  readonly metrics: Metrics;
  /** Somebody has their place until they leave. */
  taken(place: Place): void;
  /** They are gone. */
  left(place: Place): void;
}

/** What is known of somebody when they are let in. */
type Visitor = Parameters<Hub["connect"]>[1];

/**
 * Somebody who was let in, from the handshake to the end. There are thousands of them, most of whom say nothing: a class
 * takes less of the memory than closures would, each of which keeps all that was known when it was made.
 */
export class Arrival implements Upgrade {
  readonly #lobby: Lobby;
  readonly #place: Place;
  readonly #visit: Visitor;
  #client: Client | undefined;

  /** @param place is theirs from now on. */
  constructor(lobby: Lobby, place: Place, visit: Visitor) {
    this.#lobby = lobby;
    this.#place = place;
    this.#visit = visit;
  }

  get protocol(): string | undefined {
    return this.#visit.form === "json" ? SUBPROTOCOL : undefined;
  }

  opened(socket: Socket): void {
    this.#lobby.taken(this.#place);
    this.#client = this.#lobby.hub.connect(socket, this.#visit);
    this.#client.opened();
  }

  received(data: unknown): void {
    this.#client?.received(data);
  }

  violated(): void {
    // Whoever was sent away may break off as they like.
    if (!this.#client?.closed) this.#lobby.metrics.violated();
  }

  silent(): void {
    this.#lobby.metrics.hit("silence");
  }

  tooBig(): void {
    this.#client?.end(Disconnect.tooBig);
  }

  gone(): void {
    this.#client?.gone();
    this.#lobby.left(this.#place);
  }
}
