import type { Memory } from "./chat_memory.ts";

/** Where it is kept what lets this browser in: a key, a guest link's secret, or the administrator's. */
export const PASS_KEY = "hubbub.pass";

/** The secret of an administrator's link, or of one that was pasted, whole or not; undefined if it can't be one. */
export function administratorsSecret(link: string): string | undefined {
  return /(?:^|#admin=)([\w-]{22,128})$/.exec(link.trim())?.[1];
}

/**
 * Keeps the secret that the address has after its #, and takes it out of there at once: whoever looks over a shoulder, the
 * history and a copied address are not to have it.
 */
export function takeSecret(
  memory: Memory,
  { pathname, hash }: Pick<Location, "pathname" | "hash">,
  clear: (path: string) => void,
): void {
  const secret = hash.startsWith("#admin=") ? administratorsSecret(hash) : undefined;
  if (secret !== undefined) memory.set(PASS_KEY, secret);
  if (hash !== "") clear(pathname);
}
