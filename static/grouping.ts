/** Who said something, and when in ms since 1970. */
export interface Utterance {
  readonly user: string;
  readonly name: string;
  readonly at: number;
}

/** What somebody says so soon after the last, in ms, goes on from it: their name is not shown again. */
export const GROUP_MS = 5 * 60_000;

/** How a message stands below what comes before it. */
export interface Standing {
  /** A day begins with it. */
  readonly beginsDay: boolean;
  /** Its author goes on speaking. */
  readonly continues: boolean;
}

/**
 * How a message stands.
 * @param before what was said before it; undefined when it is the first.
 * @param interrupted a notice stands between them.
 */
export function standing(said: Utterance, before: Utterance | undefined, interrupted = false): Standing {
  if (before === undefined) return { beginsDay: true, continues: false };
  const beginsDay = !isSameDay(before.at, said.at);
  const isSoon = Math.abs(said.at - before.at) < GROUP_MS;
  const isSame = before.user === said.user && before.name === said.name;
  return { beginsDay, continues: !beginsDay && !interrupted && isSoon && isSame };
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
