import type { Clock } from "./sweeper.ts";
import type { Incoming } from "./transport.ts";

/** Why a request's body was not read to its end. */
export class BodyRefused extends Error {
  readonly code: "tooLong" | "late" | "broken";

  constructor(code: BodyRefused["code"]) {
    super(code);
    this.code = code;
  }
}

/**
 * Reads a request's body, no more of it than it may have.
 * @param bytesMax how long it may be.
 * @param msMax how long it may take to come.
 * @throws {BodyRefused} when it is longer, later, or breaks off. Nobody reads the rest then.
 */
export async function readBody(
  { headers, body }: Pick<Incoming, "headers" | "body">,
  bytesMax: number,
  msMax: number,
  clock: Pick<Clock, "after">,
): Promise<Uint8Array> {
  if (Number(headers.get("content-length")) > bytesMax) throw new BodyRefused("tooLong");
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isLate = false;
  const callOff = msMax === Infinity ? () => {} : clock.after(msMax, () => {
    isLate = true;
    // To the loop below it looks like the end.
    reader.cancel().catch(() => {});
  });
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (isLate) throw new BodyRefused("late");
      if (done) break;
      length += value.length;
      if (length > bytesMax) throw new BodyRefused("tooLong");
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof BodyRefused ? error : new BodyRefused("broken");
  } finally {
    callOff();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
