import assert from "node:assert/strict";
import { join } from "node:path";
import { parseCommand } from "./config.ts";
import { run, withPrograms } from "./testing/programs.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { PROCESS_TRANSPORTS, ServerProcess } from "./testing/server_process.ts";

/** How exposed the service may be by systemd's measure, from 0 to 100: what serves the network can't be 0. */
const EXPOSURE_MAX = 15;
/** The program of the unit. */
const BINARY = "/usr/local/bin/hubbub";

const unit = await Deno.readTextFile("deploy/hubbub.service");

/** All values of a setting of the unit, in order. */
function settings(name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value!);
}

/** Puts the unit, with a program that is there, into a folder of its own. */
async function withUnit(check: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hubbub-systemd-" });
  try {
    const file = join(folder, "hubbub.service");
    await Deno.writeTextFile(file, unit.replace(`ExecStart=${BINARY}`, `ExecStart=${Deno.execPath()}`));
    await check(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("The systemd unit starts the server with flags that there are, and lets it end in its own time", () => {
  const [program, ...args] = settings("ExecStart")[0]!.replace("%S", "/var/lib").split(" ");
  assert.equal(program, BINARY);
  const command = parseCommand(args, () => undefined);
  assert(command.name === "serve" && command.config.data === "/var/lib/hubbub");
  assert(parseInt(settings("TimeoutStopSec")[0]!) > 10);
});

withPrograms(["systemd-analyze"], "systemd takes the unit as it is, and finds the service little exposed", async () => {
  await withUnit(async (file) => {
    assert.equal(await run("systemd-analyze", "verify", file), "");
    await run("systemd-analyze", "security", "--offline=true", `--threshold=${EXPOSURE_MAX}`, file);
  });
});

/** The system calls that the unit allows: groups of systemd's, or calls, added and, after "~", taken away. */
async function allowedCalls(): Promise<Set<string>> {
  const groups = new Map<string, string[]>();
  for (const block of (await run("systemd-analyze", "syscall-filter")).split(/\n(?=@)/)) {
    const [name, ...lines] = block.split("\n").map((line) => line.trim());
    groups.set(name!, lines.filter((line) => line !== "" && !line.startsWith("#")));
  }
  const members = (name: string): string[] => name.startsWith("@") ? groups.get(name)!.flatMap(members) : [name];
  const allowed = new Set<string>();
  for (const setting of settings("SystemCallFilter")) {
    for (const call of setting.replace("~", "").split(" ").flatMap(members)) {
      if (setting.startsWith("~")) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

for (const transport of PROCESS_TRANSPORTS) {
  const programs = ["systemd-analyze", "strace"];
  withPrograms(
    programs,
    `The server does all that it does when every system call fails that the unit forbids (${transport})`,
    async () => {
      const data = await Deno.makeTempDir();
      try {
        const others = `!${[...await allowedCalls()].map((call) => `?${call}`).join(",")}`;
        // Only what is traced fails.
        const spoil = ["-e", `trace=${others}`, "-e", `inject=${others}:error=EPERM`];
        // Tracing from outside, so that the server is the child of the test, and gets its signals.
        const under = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", ...spoil];
        await using server = await ServerProcess.start({ addr: ":0", data, args: [`--transport=${transport}`], under });
        const ann = await SeedClient.connect(server.port);
        ann.send("hello");
        await ann.received(1);
        assert.match(await (await fetch(new URL("/", server.url))).text(), /<title>Hubbub<\/title>/);
        assert.equal((await server.end()).code, 0);
        assert.equal((await ann.closed).code, 1001);
      } finally {
        await Deno.remove(data, { recursive: true });
      }
    },
  );
}
