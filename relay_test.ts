import assert from "node:assert/strict";
import type { Bus } from "./bus.ts";
import { busOn, Relay } from "./relay.ts";
import { Watch } from "./testing/watch.ts";

Deno.test("What one thread tells the others hear, in order, and so do other processes; it hears nothing of its own", async () => {
  const sent: string[] = [];
  let tell: (hint: string) => void = () => {};
  const outer: Bus = { send: (hint) => sent.push(hint), listen: (listener) => tell = listener };
  const relay = new Relay(3, outer);
  const watch = new Watch();
  const heard: string[][] = [[], [], []];
  const buses = relay.lines.map((line) => busOn(line));
  for (const [index, bus] of buses.entries()) {
    bus.listen((hint) => {
      heard[index]!.push(hint);
      watch.wake();
    });
  }
  const hints = Array.from({ length: 100 }, (_, i) => `hint ${i}`);
  for (const hint of hints) buses[0]!.send(hint);
  await watch.until("two have heard of it", () => heard[1]!.length === 100 && heard[2]!.length === 100);
  assert.deepEqual(heard, [[], hints, hints]);
  assert.deepEqual(sent, hints);
  tell("from elsewhere");
  await watch.until("all have heard of it", () => heard.every((hints) => hints.at(-1) === "from elsewhere"));
  assert.equal(sent.length, 100, "it does not go back");
  for (const line of relay.lines) line.close();
  relay.close();
});
