/**
 * What Linux tells of another process: its memory, files and time. By `cat` and `ls`, because Deno lets nobody read /proc
 * itself without --allow-all.
 * @module
 */

/** A tick of the times in /proc/PID/stat, in ms: USER_HZ is 100 wherever Deno runs. */
const TICK_MS = 10;

/** The memory that it has, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await output("cat", `/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** How many files it has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await output("ls", `/proc/${pid}/fd`)).trim().split("\n").length;
}

/** How long its threads have run in all, in ms. */
export async function busyMs(pid: number): Promise<number> {
  const stat = await output("cat", `/proc/${pid}/stat`);
  // The second field, the name, may have spaces; user and system time are the 14th and 15th.
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11);
  return (Number(user) + Number(system)) * TICK_MS;
}

async function output(command: string, path: string): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [path], stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}
