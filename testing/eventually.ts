/** How soon it is tried again, in ms. */
const AGAIN_MS = 20;
/** For how long at most, in ms. */
const WAIT_MS_MAX = 60_000;

/**
 * Tries until it works: for what other processes do, which take their time and tell nobody.
 * @throws what it came to at last, when that takes too long.
 */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
