import type { Random } from "./random.ts";

/** The ports to choose from: systems give outgoing connections others, with higher numbers. */
const PORTS = { from: 20_000, to: 30_000 };

/**
 * A free port that nobody else gets while a server is away: one that the system chooses may go to a connection that
 * somebody makes, in the worst case to a client's attempt to connect to this very port.
 */
export function steadyPort(random: Random): number {
  for (;;) {
    const port = PORTS.from + random.below(PORTS.to - PORTS.from);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
