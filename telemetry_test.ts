import assert from "node:assert/strict";
import { FAMILIES } from "./families.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { ServerProcess } from "./testing/server_process.ts";
import { Watch } from "./testing/watch.ts";

/** As OTLP writes them in JSON, as far as the tests look. */
interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}
interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: { readonly asInt?: string; readonly asDouble?: number }[] };
  readonly gauge?: { readonly dataPoints: unknown[] };
  readonly histogram?: { readonly dataPoints: { readonly count: string | number }[] };
}

/** Takes what a server exports (OTLP over HTTP, in JSON). */
class Receiver implements AsyncDisposable {
  readonly spans: Span[] = [];
  /** The newest of each. */
  readonly metrics = new Map<string, Metric>();
  /** All that came, as it came. */
  text = "";
  readonly #watch = new Watch();
  readonly #http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.text();
    this.text += body;
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body);
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans } of scopeSpans) if (scope.name === "hubbub") this.spans.push(...spans);
    }
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { scope, metrics } of scopeMetrics) {
        if (scope.name === "hubbub") { for (const metric of metrics) this.metrics.set(metric.name, metric); }
      }
    }
    this.#watch.wake();
    return Response.json({});
  });

  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#http.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "200",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    };
  }

  until(what: string, isSo: () => boolean): Promise<void> {
    return this.#watch.until(what, isSo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }
}

// For a binary Deno decides when it is compiled.
const ignore = Deno.env.has("HUBBUB_BINARY");

Deno.test({
  name:
    "With OTEL_DENO a message is a trace from when it came until its echo, with its commit, and all metrics are exported",
  ignore,
  fn: async () => {
    await using receiver = new Receiver();
    await using server = await ServerProcess.start({ env: receiver.env });
    await using ann = await JsonClient.connect(server.port);
    const hidden = [secretOf("Ann"), "Annabella", "what-somebody-says", "a-room-for-two"];
    ann.send({ type: "hello", secret: hidden[0]!, name: hidden[1]!, rooms: [{ room: hidden[3]! }] });
    await ann.got("joined");
    ann.send({ type: "say", room: hidden[3]!, nonce: "1", text: hidden[2]! });
    await ann.got("said");

    await receiver.until("there is the trace", () => receiver.spans.length > 0);
    const [say, commit] = ["hubbub.say", "hubbub.commit"].map((name) =>
      receiver.spans.find((span) => span.name === name)
    );
    assert(say && commit, JSON.stringify(receiver.spans));
    assert.deepEqual([say.parentSpanId, commit.parentSpanId, commit.traceId], ["", say.spanId, say.traceId]);
    const times = [say.startTimeUnixNano, commit.startTimeUnixNano, commit.endTimeUnixNano, say.endTimeUnixNano];
    assert.deepEqual(times, times.toSorted(), "one lies within the other");
    const age = Date.now() - Number(say.startTimeUnixNano) / 1_000_000;
    assert(age > 0 && age < 60_000, `${age} ms ago`);

    const points = (name: string) => {
      const { sum, histogram } = receiver.metrics.get(name) ?? {};
      const [counted] = histogram?.dataPoints ?? [];
      return sum ? sum.dataPoints[0]!.asInt ?? sum.dataPoints[0]!.asDouble : counted?.count;
    };
    await receiver.until("it is counted", () => Number(points("hubbub.messages")) === 1);
    assert.equal(Number(points("hubbub.echo")), 1);
    assert.equal(receiver.metrics.get("hubbub.echo")!.unit, "s");
    await receiver.until("the event loop is looked at", () => Number(points("hubbub.event_loop_delay")) > 0);
    const names = Object.keys(FAMILIES).map((name) =>
      name.replace("_", ".").replace(/(_seconds|_bytes)?(_total)?$/, "")
    );
    assert.deepEqual([...receiver.metrics.keys()].sort(), names.sort());
    assert.equal(new Set(names).size, names.length);

    await server.end();
    for (const each of hidden) assert(!receiver.text.includes(each), `${each} was exported`);
  },
});

Deno.test({
  name: "Of what is said in a second no more than ten messages are traced",
  ignore,
  fn: async () => {
    await using receiver = new Receiver();
    await using server = await ServerProcess.start({ args: ["--rate=0"], env: receiver.env });
    await using ann = await JsonClient.connect(server.port);
    ann.send({ type: "hello", secret: secretOf("Ann"), rooms: [{ room: "lobby" }] });
    await ann.got("joined");
    const start = performance.now();
    for (let i = 0; i < 500; i++) {
      ann.send({ type: "say", room: "lobby", nonce: `${i}`, text: "x" });
      await ann.got("said", ({ nonce }) => nonce === `${i}`);
    }
    const seconds = (performance.now() - start) / 1_000;
    await server.end();
    const traced = receiver.spans.filter(({ name }) => name === "hubbub.say").length;
    assert(traced >= 1 && traced <= 10 * seconds + 1, `${traced} in ${seconds} s`);
  },
});
