import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian puts programs that are not for everybody, whose PATH then does not lead there. */
const MORE_PLACES = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Where a program of the system is; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const places = [...(Deno.env.get("PATH") ?? "").split(delimiter), ...MORE_PLACES];
  return places.map((place) => join(place, name)).find((path) => existsSync(path));
}

/**
 * Whether a test is skipped for want of a program of the system, which it says then; but where every change is checked, a
 * test that can't run must not look like one that passed.
 */
export function isSkipped(programs: readonly string[], name: string): boolean {
  const missing = programs.filter((program) => !findProgram(program));
  const isSkipped = missing.length > 0 && !Deno.env.get("CI");
  if (isSkipped) console.log(`Skipped, for there is no ${missing.join(" and no ")} here: ${name}`);
  return isSkipped;
}

/** A test that takes programs of the system. */
export function withPrograms(programs: readonly string[], name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: isSkipped(programs, name), fn });
}

/**
 * Runs a program to its end, and gives everything that it printed.
 * @throws when it is missing, or does not end with code 0.
 */
export async function run(program: string, ...args: string[]): Promise<string> {
  const path = findProgram(program);
  if (!path) throw new Error(`Cannot find ${program}: install it`);
  const { code, stdout, stderr } = await new Deno.Command(path, { args }).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with code ${code}: ${printed}`);
  return printed;
}
