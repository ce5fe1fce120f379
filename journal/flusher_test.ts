import assert from "node:assert/strict";
import { settle } from "../testing/fakes.ts";
import { Flusher } from "./flusher.ts";

/** Things that were begun and are over when a test says so, one at a time. */
class Steps {
  #waiting: PromiseWithResolvers<void> | undefined;
  /** How many were begun. */
  count = 0;

  begin(): Promise<void> {
    assert.equal(this.#waiting, undefined, "one at a time");
    this.count++;
    this.#waiting = Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  /** The one that was begun is over, or failed. */
  async end(error?: Error): Promise<void> {
    const { resolve, reject } = this.#waiting!;
    this.#waiting = undefined;
    if (error) reject(error);
    else resolve();
    await settle();
  }
}

Deno.test("A Flusher asks the disk once for all that is committed in a while, and once more for what comes meanwhile", async () => {
  const [sleeps, fsyncs] = [new Steps(), new Steps()];
  const flusher = new Flusher({ syncData: () => fsyncs.begin() }, () => assert.fail(), () => sleeps.begin());
  for (let i = 0; i < 3; i++) flusher.flush();
  assert.deepEqual([sleeps.count, fsyncs.count], [1, 0]);
  await sleeps.end();
  assert.equal(fsyncs.count, 1);
  for (let i = 0; i < 3; i++) flusher.flush();
  await fsyncs.end();
  assert.deepEqual([sleeps.count, fsyncs.count], [2, 1]);
  await sleeps.end();
  await fsyncs.end();
  assert.deepEqual([sleeps.count, fsyncs.count], [2, 2], "nothing was committed since");
  flusher.flush();
  await sleeps.end();
  await fsyncs.end();
  assert.deepEqual([sleeps.count, fsyncs.count], [3, 3]);
});

Deno.test("A Flusher says that the disk failed, and asks it again when something else is committed", async () => {
  const [sleeps, fsyncs] = [new Steps(), new Steps()];
  let failures = 0;
  const flusher = new Flusher({ syncData: () => fsyncs.begin() }, () => failures++, () => sleeps.begin());
  flusher.flush();
  await sleeps.end();
  await fsyncs.end(new Error("EIO"));
  assert.deepEqual([failures, sleeps.count, fsyncs.count], [1, 1, 1]);
  flusher.flush();
  await sleeps.end();
  await fsyncs.end();
  assert.deepEqual([failures, sleeps.count, fsyncs.count], [1, 2, 2]);
});
