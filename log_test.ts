import assert from "node:assert/strict";
import { EVENT_NAMES, type EventName, FIELD_LENGTH_MAX, type Log, type LogForm, openLog, SELDOM_MS } from "./log.ts";

/** A log whose lines a test reads, on a clock that it moves. */
function logOf(form: LogForm): { log: Log; lines: string[]; levels: string[]; wait(ms: number): void } {
  const [lines, levels]: [string[], string[]] = [[], []];
  let time = 0;
  const write = (line: string, level: string) => {
    lines.push(line);
    levels.push(level);
  };
  const log = openLog(form, { write, now: () => time, date: () => Date.UTC(2026, 2, 4) + time });
  return { log, lines, levels, wait: (ms) => time += ms };
}

const PORT = { limit: "max-per-ip", what: "connections from one address", outcome: "429" };

/** Every field of every event, with what people may have typed. */
function allWith(text: string): Record<string, string> {
  return Object.fromEntries(
    ["version", "url", "data", "reason", "room", "limit", "what", "outcome", "cause", "hook", "host", "file"].map((
      name,
    ) => [name, text]),
  );
}

Deno.test("On a terminal events are sentences for people, what concerns nobody on the standard output", () => {
  const { log, lines, levels } = logOf("pretty");
  log("opened", { version: "1.2.3" });
  log("listening", { url: "http://localhost:8080/" });
  log("keeping", { data: "./data" });
  log("keeping", { data: null });
  log("limit_reached", PORT);
  log("ending", {});
  assert.deepEqual(lines, [
    "Hubbub 1.2.3 is open. Press Ctrl+C to end it.",
    "  http://localhost:8080/",
    "What is said is kept in ./data.",
    "What is said is kept until it ends.",
    "Limit max-per-ip reached (connections from one address): 429. 1 so far.",
    "Ending: saying goodbye to everyone.",
  ]);
  assert.deepEqual(levels, ["info", "info", "info", "info", "warn", "info"]);
});

Deno.test("As JSON an event is one object a line: when, how bad, what, and its fields", () => {
  const { log, lines } = logOf("json");
  log("name_not_kept", { reason: 'the disk is "full"' });
  log("ending", {});
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    {
      time: "2026-03-04T00:00:00.000Z",
      level: "error",
      event: "name_not_kept",
      reason: 'the disk is "full"',
      count: 1,
    },
    { time: "2026-03-04T00:00:00.000Z", level: "info", event: "ending" },
  ]);
});

Deno.test("What anybody can make happen is told once a minute for each kind, with how often it happened", () => {
  const { log, lines, wait } = logOf("json");
  for (let i = 0; i < 100; i++) log("limit_reached", PORT);
  log("limit_reached", { ...PORT, limit: "rate" });
  wait(SELDOM_MS - 1);
  log("limit_reached", PORT);
  wait(1);
  log("limit_reached", PORT);
  const told = lines.map((line) => JSON.parse(line)).map(({ limit, count }) => [limit, count]);
  assert.deepEqual(told, [["max-per-ip", 1], ["rate", 1], ["max-per-ip", 102]]);
});

Deno.test("A flood of any event that others can cause makes no more than one line a minute, whatever is in it", () => {
  const own = [
    "opened",
    "listening",
    "catching_up",
    "keeping",
    "locked",
    "administrator_missing",
    "administrator_not_shared",
    "ending",
    "failed",
    // An Alarm sees to it that they are told seldom.
    "journal_failing",
    "journal_working",
    "packing_failed",
    "certificate_renewed",
    "certificate_kept",
  ];
  const others = EVENT_NAMES.filter((name) => !own.includes(name));
  for (const name of others) {
    const { log, lines } = logOf("json");
    // The kinds of these come from tables, or are made by administrators; all else may differ each time.
    const kinds = { limit: "rate", cause: "storage", hook: "7" };
    for (let i = 0; i < 1_000; i++) log(name, { ...allWith(`${i}`), ...kinds } as never);
    assert.equal(lines.length, 1, name);
  }
});

Deno.test("The manual names every event, and no other", async () => {
  const manual = await Deno.readTextFile("docs/OPERATING.md");
  const table = /\| Event +\| What happened, [^]*?\n\n/.exec(manual)![0];
  const named = table.split("\n").flatMap((row) => (row.split("|")[1] ?? "").match(/(?<=`)\w+(?=`)/g) ?? []);
  assert.deepEqual(named.toSorted(), EVENT_NAMES.toSorted());
});

Deno.test("HOSTILE 24: a line of the log is one line, short, and hides nothing, whatever somebody typed", () => {
  const bad = "\u0000\u001b[2J\r\n\u0085\u00ad\u200b\u200f\u2028\u202e\u2066\ufeff\u{e0041}\ud800";
  for (const form of ["json", "pretty"] as const) {
    for (const name of EVENT_NAMES) {
      const { log, lines } = logOf(form);
      log(name as EventName, { ...allWith(`<${bad}>`), code: 4000 } as never);
      log(
        name as EventName,
        { ...allWith("x".repeat(100_000)), ...{ limit: "y", cause: "y", hook: "y" }, code: 4000 } as never,
      );
      for (const line of lines) {
        assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u, name);
        assert(line.length < 11 * FIELD_LENGTH_MAX, name);
      }
      if (form === "json" && lines[0]!.includes("<")) {
        const { reason, room, url } = JSON.parse(lines[0]!);
        assert([reason, room, url, undefined].includes(`<${bad}>`), "a program reads what it was");
      }
    }
  }
});
