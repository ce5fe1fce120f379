import type { Access, Denial, Grant } from "./access.ts";
import { networkOf } from "./admission.ts";
import type { Act } from "./journal/journal.ts";
import type { Visitor } from "./live_room.ts";
import type { Ban, Moderation } from "./moderation.ts";
import { Disconnect, OPEN, type Refusal } from "./protocol.ts";
import type { Clock } from "./sweeper.ts";

/** Somebody who came in, or wants to. */
export interface Caller extends Visitor {
  /** As what they are here; undefined before they are let in. */
  grant: Grant | undefined;
  callOffLinkEnd: () => void;
}

/** What is said to somebody who may not do what they want to. */
export type Answer = Pick<Refusal, "code" | "reason" | "detail">;

/** What the door needs of its hub. */
export interface DoorPorts<C> {
  readonly access: Access;
  readonly moderation: Moderation;
  readonly clock: Clock;
  /** Tells somebody why, and ends their connection. */
  turnAway(caller: C, answer: Answer, disconnect: Disconnect): void;
}

/** The longest that a timer waits, in ms: a day; longer ones overflow at 2³¹. */
const TIMER_MS_MAX = 86_400_000;

const DENIALS: { readonly [D in Denial]: string } = {
  keyNeeded: "This server takes a key.",
  keyWrong: "This key is wrong, or good for nothing any more.",
  tooManyTries: "Too many wrong keys came from your address. Wait a minute.",
};

/** Who comes in and who has to go: keys, guest links and bans. Only the hub calls it. */
export class Door<C extends Caller> {
  readonly #ports: DoorPorts<C>;

  constructor(ports: DoorPorts<C>) {
    this.#ports = ports;
  }

  /**
   * Lets somebody in, or turns them away, and then it is false.
   * @param user their public id.
   * @param pass the secret that they came with; without one it counts what their request gave.
   */
  admit(caller: C, user: string, pass: string | undefined): boolean {
    const { access, moderation, clock, turnAway } = this.#ports;
    const { address, grant: given } = caller.client;
    // What the request gave may have ended since.
    const grant = pass !== undefined || !given ? access.enter(pass, address) : access.holds(given) ? given : "keyWrong";
    if (typeof grant === "string") {
      turnAway(caller, { code: grant, reason: DENIALS[grant], detail: this.#way }, Disconnect.denied);
      return false;
    }
    const ban = grant.role !== "admin" && moderation.banOf(user, networkOf(address), clock.date());
    if (ban) {
      turnAway(caller, banned(ban), Disconnect.banned);
      return false;
    }
    caller.grant = grant;
    this.#watchLink(caller);
    return true;
  }

  /** Turns an administrator away whose secret was replaced. */
  denyAdministrator(caller: C): void {
    const answer: Answer = { code: "keyWrong", reason: DENIALS.keyWrong, detail: this.#way };
    this.#ports.turnAway(caller, answer, Disconnect.denied);
  }

  /** Something was done, because of which some have to go. */
  enforce(act: Act, callers: Iterable<C>): void {
    const { deed } = act;
    if (deed.type !== "ban" && deed.type !== "unlink") return;
    for (const caller of [...callers]) {
      if (deed.type === "ban") {
        const isMeant = caller.me?.id === deed.user || networkOf(caller.client.address) === deed.network;
        if (!isMeant || caller.grant?.role === "admin") continue;
        this.#ports.turnAway(caller, banned({ ...act, deed }), Disconnect.banned);
      } else if (caller.grant?.role === "guest" && caller.grant.link.id === deed.link) {
        this.#endLink(caller);
      }
    }
  }

  #endLink(caller: C): void {
    const reason = "The link that let you in has ended.";
    this.#ports.turnAway(caller, { code: "linkEnded", reason, detail: this.#way }, Disconnect.denied);
  }

  /** Tells who has no good secret whether they need one. */
  get #way(): string | undefined {
    return this.#ports.access.takesKey ? undefined : OPEN;
  }

  /** A guest has to go when their link ends. */
  #watchLink(caller: C): void {
    if (caller.grant?.role !== "guest") return;
    const { until } = caller.grant.link.deed;
    if (until === undefined) return;
    const ms = until - this.#ports.clock.date();
    caller.callOffLinkEnd = this.#ports.clock.after(Math.min(ms, TIMER_MS_MAX), () => {
      if (ms > TIMER_MS_MAX) this.#watchLink(caller);
      else this.#endLink(caller);
    });
  }
}

function banned({ deed: { until } }: Ban): Answer {
  return holdingUntil({ code: "banned", reason: "You are banned here." }, until);
}

/** An answer with when it ends, in ms since 1970, if it does. */
export function holdingUntil(answer: Omit<Answer, "detail">, until: number | undefined): Answer {
  return { ...answer, detail: until === undefined ? undefined : String(until) };
}
