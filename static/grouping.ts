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

/** How a message stands below another, or a notice; undefined when it is the first. */
export function standing(said: Utterance, above: Utterance | "notice" | undefined): Standing {
  if (above === undefined) return { beginsDay: true, continues: false };
  // A notice interrupts, but it is of the day that it stands in.
  if (above === "notice") return { beginsDay: false, continues: false };
  const beginsDay = !isSameDay(above.at, said.at);
  const isSoon = Math.abs(said.at - above.at) < GROUP_MS;
  return { beginsDay, continues: !beginsDay && isSoon && above.user === said.user && above.name === said.name };
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
