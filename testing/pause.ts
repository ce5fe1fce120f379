/** Waits for so many ms: for programs that measure, never for a test, which waits for what happens. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
