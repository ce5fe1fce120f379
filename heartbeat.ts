import { join } from "node:path";
import { JOURNAL_FILE } from "./journal/sqlite.ts";
import type { Metrics } from "./metrics.ts";

/** How often the event loop is looked at, in ms: a tenth of a second that it stood still is seen, and it costs next to nothing. */
export const BEAT_MS = 100;
/** How many beats a second has. */
const SECOND_BEATS = 10;
/** How often the journal's files are measured, in beats: every ten seconds. */
const SIZE_BEATS = 100;

/**
 * Measures, for the metrics, what nobody tells them: how late the event loop is, and how large the journal's files. Node's
 * `monitorEventLoopDelay`, as Deno 2.9 has it, does not see that the loop stood still.
 * @param data the journal's folder, if it has one.
 * @param second is called every second, when the metrics know how it went.
 * @returns ends it. By itself it does not keep the process running.
 */
export function startHeartbeat(metrics: Metrics, data: string | undefined, second: () => void): () => void {
  let due = performance.now() + BEAT_MS;
  let beats = 0;
  const measure = () => {
    if (data !== undefined) sizeOf(data).then((bytes) => metrics.databaseBytes = bytes);
  };
  measure();
  const timer = setInterval(() => {
    const now = performance.now();
    metrics.eventLoopDelay.observe(Math.max(now - due, 0) / 1_000);
    due = now + BEAT_MS;
    beats++;
    if (beats % SECOND_BEATS === 0) {
      metrics.tick();
      second();
    }
    if (beats % SIZE_BEATS === 0) measure();
  }, BEAT_MS);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

/** Looked at from outside: to open the file would end its lock. */
async function sizeOf(data: string): Promise<number> {
  const sizes = ["", "-wal"].map((suffix) =>
    Deno.stat(`${join(data, JOURNAL_FILE)}${suffix}`).then(({ size }) => size, () => 0)
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
