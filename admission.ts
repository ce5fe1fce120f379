import { isIPv6 } from "node:net";
import type { LimitName, Limits } from "./limits.ts";

/** What this process may still use of its machine. */
export interface Resources {
  /** The share of the memory of the machine, or its container, that this process has, from 0 to 1. */
  memoryShare(): number;
  /** Whether the process may open one more file than so many connections need. */
  hasFiles(connections: number): boolean;
}

/** A place for a connection. */
export interface Place {
  /** It is free again. Twice is harmless. */
  leave(): void;
}

/**
 * Counts connections, and says to whom there is none left. A connection counts until it is really gone, for it costs a file
 * and memory as long: not until its client has left.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #resources: Resources;
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor(limits: Limits, resources: Resources) {
    this.#limits = limits;
    this.#resources = resources;
  }

  /** How many connections there are. */
  get count(): number {
    return this.#count;
  }

  /** Takes a place for a connection from an address; or names the limit that it would break. */
  enter(address: string): Place | LimitName {
    const network = networkOf(address);
    const neighbours = this.#counts.get(network) ?? 0;
    if (neighbours >= this.#limits.perAddress) return "perAddress";
    if (this.#count >= this.#limits.clients) return "clients";
    if (!this.#resources.hasFiles(this.#count)) return "files";
    if (this.#resources.memoryShare() * 100 >= this.#limits.memory) return "memory";
    this.#count++;
    this.#counts.set(network, neighbours + 1);
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        this.#count--;
        const rest = this.#counts.get(network)! - 1;
        if (rest > 0) this.#counts.set(network, rest);
        else this.#counts.delete(network);
      },
    };
  }
}

/** Whose address it is: of IPv6 the first 64 bits, of which a network has all the rest (RFC 4291, section 2.5.4). */
export function networkOf(address: string): string {
  const plain = unmapped(address);
  if (!isIPv6(plain)) return plain;
  const [before = "", after] = plain.split("%")[0]!.split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").flatMap((group) => group.includes(".") ? ["", ""] : group);
  const [head, tail] = [groups(before), groups(after ?? "")];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail].slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":") + "::/64";
}

/** An IPv4 address that came as an IPv6 one, as that of a peer of `[::]`, is what it is (RFC 4291, section 2.5.5.2). */
export function unmapped(address: string): string {
  const [, dotted, high, low] = /^::ffff:(?:([\d.]+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return address;
  return [high, low].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]).join(".");
}
