import assert from "node:assert/strict";
import { join } from "node:path";
import project from "./deno.json" with { type: "json" };
import { build, type Image } from "./testing/dockerfile.ts";
import { withPrograms } from "./testing/programs.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { Watch } from "./testing/watch.ts";

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:1";

/** A command of an image, run as in a container of it, but that there is no other root and no other network. */
function command(image: Image, words: readonly string[], more: Record<string, string> = {}): Deno.Command {
  const [uid, gid] = image.user.split(":").map(Number);
  const [program, ...args] = words;
  return new Deno.Command(join(image.root, "usr/local/bin", program!), {
    args,
    cwd: image.workdir,
    clearEnv: true,
    // Whatever goes to the Internet fails.
    env: { ...image.env, HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: "127.0.0.1", ...more },
    ...Deno.uid() === 0 && { uid, gid },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Starts what an image starts, and gives its port when it listens. */
async function start(
  image: Image,
  ...args: string[]
): Promise<{ process: Deno.ChildProcess; port: number; over: Promise<string> }> {
  const process = command(image, [...image.entrypoint, ...args], { HUBBUB_ADDR: "127.0.0.1:0" }).spawn();
  const watch = new Watch();
  let printed = "";
  const hear = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      printed += text;
      watch.wake();
    }
  };
  const over = Promise.all([hear(process.stdout), hear(process.stderr)]).then(() => printed);
  const link = () => /http:\/\/127\.0\.0\.1:(\d+)\//.exec(printed)?.[1];
  await watch.until(() => `it listens: ${printed}`, () => link() !== undefined);
  return { process, port: Number(link()), over };
}

withPrograms(
  ["npm"],
  "The Dockerfile makes an image that serves without npm's registry, keeps what is said in its volume, and ends on SIGTERM",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "hubbub-docker-" });
    // Its user has to get to the image.
    await Deno.chmod(folder, 0o755);
    try {
      const image = await build(".", folder);
      assert.deepEqual(image.rest, { VOLUME: "/data", EXPOSE: "8080", STOPSIGNAL: "SIGTERM" });
      assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/, "it is not root");
      await assert.rejects(Deno.stat(join(image.workdir, "main_test.ts")), "tests stay outside");

      for (const transport of ["native", "node"]) {
        const { process, port, over } = await start(image, `--transport=${transport}`);
        assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /<title>Hubbub<\/title>/);
        const ann = await SeedClient.connect(port);
        ann.send("hello");
        await ann.received(1);
        const check = image.healthcheck.map((word) => word.replace("8080", String(port)));
        assert.equal((await command(image, check).output()).code, 0, "healthy");
        process.kill("SIGTERM");
        assert.equal((await process.status).code, 0, await over);
        await ann.closed;
        assert.equal((await command(image, check).output()).code, 1, "not healthy");
      }
      assert((await Deno.stat(join(image.root, "data/hubbub.db"))).isFile);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("The Dockerfile lets the server do what the start task lets it do, with the same Deno as CI", async () => {
  const dockerfile = await Deno.readTextFile("Dockerfile");
  const entrypoint: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!);
  const started = project.tasks.start.command.replaceAll("'", "").split(" ");
  assert.deepEqual(entrypoint.filter((word) => word !== "--cached-only"), started);
  const versions = [dockerfile, await Deno.readTextFile(".ci/run")].map((text) => /deno@([\d.]+)/.exec(text)![1]);
  assert.equal(versions[0], versions[1]);
});
