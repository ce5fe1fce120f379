import assert from "node:assert/strict";
import { Progress } from "./progress.ts";

function progressOf(isTerminal: boolean): string[] {
  const written: string[] = [];
  const progress = new Progress(4, isTerminal, (text) => written.push(text));
  for (const what of ["sow", "water", "wait"]) progress.step(what);
  progress.end();
  return written;
}

Deno.test("On a terminal progress is one line that is written again and again, and gone at the end", () => {
  assert.deepEqual(progressOf(true), [
    "\r\x1b[K░░░░░░░░░░░░░░░░░░░░░░░░ 1/4 sow",
    "\r\x1b[K██████░░░░░░░░░░░░░░░░░░ 2/4 water",
    "\r\x1b[K████████████░░░░░░░░░░░░ 3/4 wait",
    "\r\x1b[K",
  ]);
});

Deno.test("In a file progress is a plain line for each step", () => {
  assert.deepEqual(progressOf(false), ["1/4 sow\n", "2/4 water\n", "3/4 wait\n"]);
});
