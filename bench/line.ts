/** Every message is one line of so many bytes. */
export const LINE_BYTES = 128;

/** Where in a line the numbers are, each followed by a space. After them it is filled up with dots. */
const [SENDER, NUMBER, TIME, FILL] = [5, 10, 20, 32];
const [SPACE, NEWLINE, ZERO, C] = [..." \n0c"].map((character) => character.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** What a line tells. */
export interface Line {
  /** It only asks who is there. */
  isCall: boolean;
  sender: number;
  /** Of its sender, from 0. */
  number: number;
  /** When it should have been said, in µs on the generator's clock. */
  us: number;
}

/** Millions are read in a second, so there is only one of them. */
const line: Line = { isCall: false, sender: 0, number: 0, us: 0 };

/** Writes a line; numbers that don't fit would be `NaN` when they are read. */
export function writeLine(kind: "said" | "call", sender: number, number: number, us: number): string {
  const numbers = [[sender, NUMBER - SENDER], [number, TIME - NUMBER], [Math.round(us), FILL - TIME]] as const;
  return `${kind} ${numbers.map(([n, width]) => `${n}`.padStart(width - 1, "0")).join(" ")} `.padEnd(LINE_BYTES, ".");
}

/**
 * Reads a line, which is good until the next one is read.
 * @param end where the message ends: there, or at a newline, the line has to end.
 * @throws when it is not as it was written.
 */
export function readLine(bytes: Uint8Array, at: number, end: number): Line {
  const next = at + LINE_BYTES;
  line.isCall = bytes[at] === C;
  line.sender = digits(bytes, at + SENDER, at + NUMBER - 1);
  line.number = digits(bytes, at + NUMBER, at + TIME - 1);
  line.us = digits(bytes, at + TIME, at + FILL - 1);
  const isWhole = next === end || (next < end && bytes[next] === NEWLINE);
  if (!isWhole || Number.isNaN(line.sender + line.number + line.us)) {
    throw new Error(`Nobody said "${new TextDecoder().decode(bytes.subarray(at, Math.min(next, end)))}"`);
  }
  return line;
}

/** NaN when there is something else than digits, or no space after them. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return bytes[to] === SPACE ? number : NaN;
}
