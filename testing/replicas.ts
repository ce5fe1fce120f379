import type { Copy } from "../journal/copier.ts";
import { openMemoryCopy } from "../journal/memory.ts";
import { Replica } from "../journal/replica.ts";
import type { LogState } from "../journal/shared_log.ts";
import { type Clock, systemClock } from "../sweeper.ts";
import type { LogLine } from "./memory_log.ts";

/** Opens a node's journal with a copy in memory, of which nothing is too old, unless a test has its own. */
export function openReplica(
  log: LogLine,
  { openCopy = (state) => Promise.resolve(openMemoryCopy(state)), keepMs, clock = systemClock, report = () => {} }: {
    readonly openCopy?: (state: LogState) => Promise<Copy>;
    readonly keepMs?: number;
    readonly clock?: Clock;
    readonly report?: (place: number) => void;
  } = {},
): Promise<Replica> {
  return Replica.open({ log, openCopy, keepMs, clock, report });
}
