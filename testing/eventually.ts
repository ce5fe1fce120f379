/** How soon it is tried again, in ms. */
const AGAIN_MS = 20;

/** Tries until it works: for what other processes do, which take their time and tell nobody. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
