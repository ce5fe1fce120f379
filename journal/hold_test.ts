import assert from "node:assert/strict";
import { inFolder } from "../testing/folder.ts";
import { answerOf, HELD_LOG_BYTES_MAX, Hold, HOLD_ABANDONED_MS, Holder, requestOf } from "./hold.ts";
import { JournalError } from "./journal.ts";

/** Who has a file, and who wants it to stay as it is, in a folder; time is what the test says it is. */
class Stage {
  readonly path: string;
  readonly holder: Holder;
  /** What the holder did with the file. */
  readonly log: string[] = [];
  failure: JournalError | undefined;
  nowMs = 1_000;

  constructor(directory: string) {
    this.path = `${directory}/hubbub.db`;
    this.holder = new Holder(this.path, {
      hold: () => {
        if (this.failure) throw this.failure;
        this.log.push("hold");
      },
      release: () => void this.log.push("release"),
    });
  }

  look(): void {
    this.holder.look(this.nowMs);
  }

  /** Asks for a hold; the holder looks whenever who asks waits. */
  ask(): Promise<Hold> {
    return Hold.ask(this.path, () => Promise.try(() => this.look()));
  }

  files(): string[] {
    return [...Deno.readDirSync(this.path.replace(/[^/]*$/, ""))].map(({ name }) => name).sort();
  }
}

function test(name: string, body: (stage: Stage) => Promise<void>): void {
  Deno.test(name, inFolder((directory) => body(new Stage(directory))));
}

test("Hold is granted by who has the file, lasts until it is given back, and leaves nothing behind", async (stage) => {
  {
    await using hold = await stage.ask();
    assert.deepEqual(stage.log, ["hold"]);
    stage.look();
    hold.confirm();
  }
  assert.deepEqual(stage.log, ["hold"]);
  stage.look();
  assert.deepEqual(stage.log, ["hold", "release"]);
  assert.deepEqual(stage.files(), []);
});

test("Hold lasts as long as it is renewed, and ends soon after who asked for it has gone", async (stage) => {
  await using hold = await stage.ask();
  for (let renewal = 1; renewal <= 3; renewal++) {
    stage.nowMs += HOLD_ABANDONED_MS;
    await Deno.utime(requestOf(stage.path), renewal, renewal);
    stage.look();
    hold.confirm();
  }
  stage.nowMs += HOLD_ABANDONED_MS + 1;
  stage.look();
  assert.deepEqual(stage.log, ["hold", "release"]);
  assert.deepEqual(stage.files(), []);
  assert.throws(() => hold.confirm(), /Cannot read ".*hubbub\.db" to its end: .*Try again$/);
});

test("Hold ends when the log gets too long", async (stage) => {
  await using hold = await stage.ask();
  await Deno.create(`${stage.path}-wal`).then((file) => file.close());
  await Deno.truncate(`${stage.path}-wal`, HELD_LOG_BYTES_MAX);
  stage.look();
  hold.confirm();
  await Deno.truncate(`${stage.path}-wal`, HELD_LOG_BYTES_MAX + 1);
  stage.look();
  assert.deepEqual(stage.log, ["hold", "release"]);
  assert.throws(() => hold.confirm(), JournalError);
});

test("Hold ends before who has the file closes it", async (stage) => {
  await using hold = await stage.ask();
  stage.holder.end();
  assert.deepEqual(stage.log, ["hold", "release"]);
  assert.throws(() => hold.confirm(), JournalError);
});

test("Hold is for one at a time: another is refused, and then has its own, which the first can't take for theirs", async (stage) => {
  await using first = await stage.ask();
  await assert.rejects(stage.ask(), /another backup or export does\. Wait for it, and try again$/);
  first.confirm();
  stage.nowMs += HOLD_ABANDONED_MS + 1;
  stage.look();
  await using second = await stage.ask();
  assert.throws(() => first.confirm(), JournalError);
  await first[Symbol.asyncDispose]();
  stage.look();
  second.confirm();
  assert.deepEqual(stage.log, ["hold", "release", "hold"]);
});

test("Hold that a server grants anew, which was started meanwhile, is not the one that was granted", async (stage) => {
  await using hold = await stage.ask();
  stage.holder.end();
  stage.look();
  assert.deepEqual(stage.log, ["hold", "release", "hold"]);
  assert.throws(() => hold.confirm(), JournalError);
});

test("Hold that can't be had says why, as who has the file says it", async (stage) => {
  stage.failure = new JournalError("The disk is full");
  await assert.rejects(stage.ask(), { message: "The disk is full" });
  stage.look();
  assert.deepEqual([stage.log, stage.files()], [[], []]);
  stage.failure = undefined;
  await using hold = await stage.ask();
  hold.confirm();
});

test("Hold is not waited for when who has the file doesn't know what that is", async (stage) => {
  await assert.rejects(
    Hold.ask(stage.path, () => Promise.resolve(), 50),
    { message: `Cannot read "${stage.path}": the process that has it open doesn't answer` },
  );
  assert.deepEqual(stage.files(), []);
});

test("Hold's answer to somebody who was killed is not taken for that to the next", async (stage) => {
  await Deno.writeTextFile(answerOf(stage.path), JSON.stringify({ token: "of another" }));
  await assert.rejects(Hold.ask(stage.path, () => Promise.resolve(), 50), /doesn't answer$/);
});
