import { closeSync, openSync } from "node:fs";
import { totalmem } from "node:os";
import process from "node:process";
import type { Resources } from "./admission.ts";

/** How long a look at the memory is good for, in ms. */
const LOOK_MS = 100;
/** How many files are kept for other things than connections: what the journal opens, requests for the page. */
export const FILES_RESERVED = 64;
/** How many files are looked for at once, at least. */
const FILES_STEP = 256;

/** The resources of this process. */
export class ProcessResources implements Resources {
  // A container may have less than its machine; 2 ** 63 or so is no limit. Deno before 2.9 can't tell.
  readonly #memory = Math.min(totalmem(), process.constrainedMemory?.() || Infinity);
  #share = 0;
  #lookedAt = -Infinity;
  // So many connections there can be; whether more is not known yet.
  #proved = 0;
  #refusedAt = -Infinity;

  memoryShare(): number {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK_MS) {
      this.#share = Deno.memoryUsage().rss / this.#memory;
      this.#lookedAt = now;
    }
    return this.#share;
  }

  /** Nothing tells a program without further permissions how many files it may have open, so it is tried. */
  hasFiles(connections: number): boolean {
    if (connections < this.#proved) return true;
    if (performance.now() - this.#refusedAt < LOOK_MS) return false;
    // Twice as many as there are now, so that it is tried seldom.
    const wanted = Math.max(connections, FILES_STEP) + FILES_RESERVED;
    const spare = spareFiles(wanted) - FILES_RESERVED;
    this.#proved = connections + spare;
    if (spare > 0) return true;
    this.#refusedAt = performance.now();
    return false;
  }
}

/** How many more files can be opened, up to so many. Nothing else happens meanwhile that could want one. */
function spareFiles(wanted: number): number {
  const files: number[] = [];
  try {
    while (files.length < wanted) files.push(openSync(Deno.build.os === "windows" ? "NUL" : "/dev/null", "r"));
  } catch { /* That was the last. */ }
  for (const file of files) closeSync(file);
  return files.length;
}
