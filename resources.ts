import { totalmem } from "node:os";
import process from "node:process";
import type { Resources } from "./admission.ts";
import { LIMITS } from "./limits.ts";

/** How long a look at the memory is good for, in ms. */
const LOOK_MS = 100;
/** How many files are looked for at once, at least and at most. */
const FILES_STEP = { min: 256, max: 1_024 };

/** The resources of this process. */
export class ProcessResources implements Resources {
  // A container may have less than its machine; 2 ** 63 or so is no limit. Deno before 2.9 can't tell.
  readonly #memory = Math.min(totalmem(), process.constrainedMemory?.() || Infinity);
  #share = 0;
  #lookedAt = -Infinity;
  // So many connections there can be, counted as whoever asks counts them; whether more is not known yet. Who counts
  // WebSockets only has others besides, and so fewer than it may.
  #proved = 0;
  #refusedAt = -Infinity;
  readonly #workers: number;

  /** @param workers how many there are in this process that each count their own connections. */
  constructor(workers = 1) {
    this.#workers = workers;
  }

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
    // Twice as many as there are now, so that it is tried seldom, if that does not take long.
    const wanted = Math.min(Math.max(connections, FILES_STEP.min), FILES_STEP.max);
    const spare = spareFiles(wanted + LIMITS.files.default) - LIMITS.files.default;
    // The others find the same ones.
    this.#proved = connections + Math.ceil(spare / this.#workers);
    if (spare > 0) return true;
    this.#refusedAt = performance.now();
    return false;
  }
}

/** How many more files can be opened, up to so many. Nothing else happens meanwhile that could want one. */
function spareFiles(wanted: number): number {
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < wanted) files.push(Deno.openSync(Deno.build.os === "windows" ? "NUL" : "/dev/null"));
  } catch { /* That was the last. */ }
  for (const file of files) file.close();
  return files.length;
}
