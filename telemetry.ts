import metadata from "./deno.json" with { type: "json" };
import { FAMILIES, type Family } from "./families.ts";
import type { Commit, Follower, Metrics } from "./metrics.ts";

/** How much time there is at least between two messages, or two commits that failed, that are traced, in ms: ten a second. */
export const TRACE_MS = 100;

/** OpenTelemetry's code for what went wrong. */
const ERROR = 2;

// What is used of OpenTelemetry's API, which Deno has itself, but for the types: no package is needed.

interface Span {
  setStatus(status: { code: number }): void;
  /** @param time in ms since 1970, as is `startTime`. */
  end(time: number): void;
}

interface SpanOptions {
  readonly startTime: number;
  /** It is part of nothing else. */
  readonly root?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

interface Tracer {
  startSpan(name: string, options: SpanOptions): Span;
  /** What is started meanwhile is a part of this one. */
  startActiveSpan(name: string, options: SpanOptions, carryOut: (span: Span) => void): void;
}

interface Observation {
  observe(value: number, attributes?: Readonly<Record<string, string>>): void;
}

interface Observable {
  addCallback(callback: (observation: Observation) => void): void;
}

interface Meter {
  createObservableCounter(name: string, options: object): Observable;
  createObservableGauge(name: string, options: object): Observable;
  createHistogram(name: string, options: object): { record(value: number): void };
}

/** What Deno puts where OpenTelemetry's API looks for it, when OTEL_DENO tells it to export; otherwise there is nothing. */
interface Registry {
  readonly trace?: { getTracer(name: string, version: string): Tracer };
  readonly metrics?: { getMeter(name: string, version: string): Meter };
}

/** Where that is, for all versions 1.x of the API. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/**
 * Gives OpenTelemetry, if Deno exports it, every number that `/metrics` has, and spans: of some of what is said, from when it
 * came until it was sent to who said it, with the commit that kept it, and of commits that failed. A span has no text, no
 * name and no room.
 */
export function startTelemetry(metrics: Metrics): void {
  const { trace, metrics: meters }: Registry = Reflect.get(globalThis, REGISTRY) ?? {};
  const meter = meters?.getMeter("hubbub", metadata.version);
  if (meter) { for (const [name, family] of Object.entries(FAMILIES)) measure(meter, metrics, name, family); }
  const tracer = trace?.getTracer("hubbub", metadata.version);
  if (tracer) metrics.follower = new Traces(tracer);
}

/** From the name in Prometheus to that in OpenTelemetry, of which an exporter for Prometheus makes the former again. */
function measure(meter: Meter, metrics: Metrics, name: string, family: Family): void {
  const [, prefix, rest, unit] = /^([a-z]+)_(.*?)(?:_(seconds|bytes))?(?:_total)?$/.exec(name)!;
  const dotted = `${prefix}.${rest}`;
  const options = { description: family.help, unit: unit && { seconds: "s", bytes: "By" }[unit] };
  if (family.type === "histogram") {
    const histogram = family.histogram(metrics);
    const ours = meter.createHistogram(dotted, {
      ...options,
      advice: { explicitBucketBoundaries: [...histogram.bounds] },
    });
    histogram.follower = (value, times) => {
      for (let i = 0; i < times; i++) ours.record(value);
    };
    return;
  }
  const instrument = family.type === "counter"
    ? meter.createObservableCounter(dotted, options)
    : meter.createObservableGauge(dotted, options);
  instrument.addCallback((observation) => {
    for (const { value, labels } of family.samples(metrics)) observation.observe(value, labels);
  });
}

/** Makes spans of what is over. */
class Traces implements Follower {
  readonly #tracer: Tracer;
  #tracedAt = -Infinity;
  #failedAt = -Infinity;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  committed(commit: Commit): void {
    if (!commit.failed || commit.end - this.#failedAt < TRACE_MS) return;
    this.#failedAt = commit.end;
    this.#commit(commit, true);
  }

  echoed(since: number, now: number, commit: Commit): void {
    if (now - this.#tracedAt < TRACE_MS) return;
    this.#tracedAt = now;
    this.#tracer.startActiveSpan("hubbub.say", { startTime: dateOf(since), root: true }, (span) => {
      this.#commit(commit, false);
      span.end(dateOf(now));
    });
  }

  #commit({ start, end, messages, failed }: Commit, root: boolean): void {
    const attributes = { "hubbub.messages": messages };
    const span = this.#tracer.startSpan("hubbub.commit", { startTime: dateOf(start), root, attributes });
    if (failed) span.setStatus({ code: ERROR });
    span.end(dateOf(end));
  }
}

/** From ms on this process's monotonic clock to ms since 1970. */
function dateOf(now: number): number {
  return performance.timeOrigin + now;
}
