import assert from "node:assert/strict";
import { settle } from "../testing/fakes.ts";
import { Flusher } from "./flusher.ts";

/** A disk that takes what it is asked to when a test says so. */
class Disk {
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  /** How often it was asked. */
  asked = 0;

  syncData(): Promise<void> {
    this.asked++;
    this.#waiting.push(Promise.withResolvers<void>());
    return this.#waiting.at(-1)!.promise;
  }

  /** It has it, or failed. */
  async done(error?: Error): Promise<void> {
    assert.equal(this.#waiting.length, 1, "one at a time");
    const { resolve, reject } = this.#waiting.pop()!;
    if (error) reject(error);
    else resolve();
    await settle();
  }
}

Deno.test("A Flusher asks the disk once at a time, and once more for all that was committed meanwhile", async () => {
  const disk = new Disk();
  const flusher = new Flusher(disk, () => assert.fail());
  flusher.flush();
  assert.equal(disk.asked, 1, "at once");
  for (let i = 0; i < 3; i++) flusher.flush();
  assert.equal(disk.asked, 1);
  await disk.done();
  assert.equal(disk.asked, 2);
  await disk.done();
  assert.equal(disk.asked, 2, "nothing was committed since");
  flusher.flush();
  assert.equal(disk.asked, 3);
  await disk.done();
});

Deno.test("A Flusher says that the disk failed, and asks it again when something else is committed", async () => {
  const disk = new Disk();
  let failures = 0;
  const flusher = new Flusher(disk, () => failures++);
  flusher.flush();
  await disk.done(new Error("EIO"));
  assert.deepEqual([failures, disk.asked], [1, 1]);
  flusher.flush();
  await disk.done();
  assert.deepEqual([failures, disk.asked], [1, 2]);
});
