import { type LimitName, LIMITS } from "./limits.ts";
import { Disconnect } from "./protocol.ts";

/** How often it is reported that one and the same limit is being reached, in ms. */
export const REPORT_MS = 60_000;

/** The limits that end a connection. */
const LIMIT_OF: ReadonlyMap<Disconnect, LimitName> = new Map<Disconnect, LimitName>([
  [Disconnect.tooBig, "message"],
  [Disconnect.tooFast, "rate"],
  [Disconnect.malformed, "malformed"],
  [Disconnect.noHello, "hello"],
  [Disconnect.slow, "queue"],
]);
const NAME_OF: ReadonlyMap<Disconnect, string> = new Map(
  Object.entries(Disconnect).map(([name, disconnect]) => [disconnect, name]),
);

/** What has happened since the start, counted. */
export class Metrics {
  readonly #report: (line: string) => void;
  readonly #now: () => number;
  readonly #hits = new Map<LimitName, number>();
  readonly #reportedAt = new Map<LimitName, number>();
  readonly #disconnects = new Map<string, number>();
  #violations = 0;

  /**
   * @param report is told in one line that a limit was reached, at most once a minute for each.
   * @param now gives ms on a monotonic clock.
   */
  constructor(report: (line: string) => void = () => {}, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  /** A limit was reached. */
  hit(limit: LimitName): void {
    const hits = this.hits(limit) + 1;
    this.#hits.set(limit, hits);
    const now = this.#now();
    if (now - (this.#reportedAt.get(limit) ?? -Infinity) < REPORT_MS) return;
    this.#reportedAt.set(limit, now);
    const { unit, what, hit } = LIMITS[limit];
    this.#report(`Limit ${labelOf(limit)} reached (${unit} ${what}): ${hit}. ${hits} so far.`);
  }

  /** How often a limit was reached. */
  hits(limit: LimitName): number {
    return this.#hits.get(limit) ?? 0;
  }

  /** The server ended a connection. */
  disconnected(disconnect: Disconnect): void {
    const name = NAME_OF.get(disconnect)!;
    this.#disconnects.set(name, (this.#disconnects.get(name) ?? 0) + 1);
    const limit = LIMIT_OF.get(disconnect);
    if (limit) this.hit(limit);
  }

  /** A client broke the rules of WebSockets (RFC 6455), or its line broke: the transport ended it without a close. */
  violated(): void {
    this.#violations++;
  }

  /** How often that was so. */
  get violations(): number {
    return this.#violations;
  }

  /** All of it, and gauges of this moment, in the text format of Prometheus (version 0.0.4). */
  text(gauges: Readonly<Record<string, number>>): string {
    return [
      ...Object.entries(gauges).flatMap(([name, value]) => [`# TYPE ${name} gauge`, `${name} ${value}`]),
      "# TYPE hubbub_limit_hits_total counter",
      ...Object.keys(LIMITS).map((limit) =>
        `hubbub_limit_hits_total{limit="${labelOf(limit as LimitName)}"} ${this.hits(limit as LimitName)}`
      ),
      "# TYPE hubbub_disconnects_total counter",
      ...Object.keys(Disconnect).map((name) =>
        `hubbub_disconnects_total{reason="${name}"} ${this.#disconnects.get(name) ?? 0}`
      ),
      "# TYPE hubbub_broken_connections_total counter",
      `hubbub_broken_connections_total ${this.#violations}`,
      "",
    ].join("\n");
  }
}

/** What a limit is called where people see it: as its flag, if it has one. */
function labelOf(name: LimitName): string {
  return LIMITS[name].flag ?? name;
}
