/** The wait before the first attempt to come back is at most this, in ms; it doubles with each that fails. */
export const BACKOFF_MS_MIN = 1_000;
/** No wait is longer than this, in ms. */
export const BACKOFF_MS_MAX = 30_000;

/**
 * How long to wait before an attempt to connect again, in ms: half of the wait is fixed, half is chance, so that the
 * server is not hammered and a thousand pages that lost it at once don't come back at once.
 * @param failures how many attempts have failed since the last success.
 * @param random a number in [0, 1).
 */
export function backoff(failures: number, random: number): number {
  const longest = Math.min(BACKOFF_MS_MIN * 2 ** failures, BACKOFF_MS_MAX);
  return longest / 2 + random * longest / 2;
}
