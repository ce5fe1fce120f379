import assert from "node:assert/strict";
import { join } from "node:path";
import { CertificateError, loadCertificate } from "./certificate.ts";
import { TestCertificate } from "./testing/certificates.ts";
import { run, withPrograms } from "./testing/programs.ts";
import { SecureSocket } from "./testing/secure_socket.ts";
import { PROCESS_TRANSPORTS, ServerProcess } from "./testing/server_process.ts";

/** A test over https, on everything that can carry a server. */
function onEachTransport(name: string, check: (transport: string) => Promise<void>): void {
  for (const transport of PROCESS_TRANSPORTS) {
    withPrograms(["openssl"], `${name} (${transport})`, () => check(transport));
  }
}

/** Whether somebody who trusts only one certificate gets an answer. */
async function isTrusted(url: URL, client: Deno.HttpClient): Promise<boolean> {
  try {
    return await (await fetch(new URL("/healthz", url), { client })).text() === "ok\n";
  } catch {
    return false;
  }
}

onEachTransport(
  "With a certificate the page comes by https and talk goes by wss, as the printed link says",
  async (transport) => {
    await using certificate = await TestCertificate.make();
    using client = await certificate.client();
    await using server = await ServerProcess.start({
      addr: "localhost:0",
      args: [`--transport=${transport}`, "--max-per-ip=1", ...certificate.flags],
    });
    assert.equal(server.url.protocol, "https:");
    const page = await fetch(server.url, { client });
    assert.match(await page.text(), /<title>Hubbub<\/title>/);
    assert.equal(
      page.headers.get("strict-transport-security"),
      null,
      "that is for whoever owns all of the host's ports",
    );
    await using socket = await SecureSocket.connect(server.url, client);
    await socket.echo("hello");
    await assert.rejects(SecureSocket.connect(server.url, client));
  },
);

onEachTransport(
  "Who speaks plain http to a port with a certificate, or nothing at all, disturbs nobody",
  async (transport) => {
    await using certificate = await TestCertificate.make();
    using client = await certificate.client();
    const args = [`--transport=${transport}`, "--header-timeout=1", ...certificate.flags];
    await using server = await ServerProcess.start({ addr: "localhost:0", args });
    using silent = await Deno.connect({ hostname: "localhost", port: server.port });
    await assert.rejects(fetch(`http://localhost:${server.port}/`));
    await using socket = await SecureSocket.connect(server.url, client);
    await socket.echo("hello");
    // Deno's own server waits for it for ever, as it does for a request.
    if (transport === "node") assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null, "cut in time");
    assert.equal((await server.end()).code, 0);
  },
);

onEachTransport("HOSTILE 29: the end closes everyone with 1001 over wss, too", async (transport) => {
  await using certificate = await TestCertificate.make();
  using client = await certificate.client();
  const args = [`--transport=${transport}`, ...certificate.flags];
  await using server = await ServerProcess.start({ addr: "localhost:0", args });
  await using socket = await SecureSocket.connect(server.url, client);
  const { code, ms } = await server.end();
  assert.equal(code, 0);
  assert(ms < 3_000, `${ms} ms`);
  assert.equal((await socket.closed).code, 1001);
});

for (const workers of PROCESS_TRANSPORTS.includes("node") ? Deno.build.os === "linux" ? [1, 2] : [1] : []) {
  withPrograms(
    ["openssl"],
    `SIGHUP shows a renewed certificate to who comes, and who is there stays; a bad one changes nothing (node, ${workers} workers)`,
    async () => {
      await using certificate = await TestCertificate.make();
      using old = await certificate.client();
      // Who was there before may resume their session, for which no certificate is shown.
      using stranger = await certificate.client();
      const args = ["--transport=node", `--workers=${workers}`, ...certificate.flags];
      await using server = await ServerProcess.start({ addr: "localhost:0", args });
      await using socket = await SecureSocket.connect(server.url, old);

      await Deno.writeTextFile(certificate.files.cert, "half of it");
      server.signal("SIGHUP");
      await server.says(/Cannot use --tls-cert=.*Until then the certificate stays in use that was read before\.\n/);
      assert(await isTrusted(server.url, old));

      await certificate.renew();
      server.signal("SIGHUP");
      await server.says(/Who connects from now on sees .*cert\.pem as it is now\.\n/);
      // Each connects anew, to whichever worker it is.
      for (let i = 0; i < 8; i++) {
        using renewed = await certificate.client();
        assert(await isTrusted(server.url, renewed));
      }
      assert(!await isTrusted(server.url, stranger));
      await socket.echo("still here");
    },
  );
}

withPrograms(
  ["openssl"],
  "SIGHUP says that a renewed certificate takes a restart, after which it is there (native)",
  async () => {
    await using certificate = await TestCertificate.make();
    using old = await certificate.client();
    await using server = await ServerProcess.start({ addr: "localhost:0", args: certificate.flags });
    await certificate.renew();
    using renewed = await certificate.client();
    server.signal("SIGHUP");
    await server.says(/A renewed certificate takes a restart, or --transport=node\. Until then .*\.\n/);
    assert(await isTrusted(server.url, old));
    assert(!await isTrusted(server.url, renewed));
    assert.equal((await server.end()).code, 0);
    await using next = await ServerProcess.start({ addr: server.url.host, args: certificate.flags });
    assert(await isTrusted(next.url, renewed));
  },
);

withPrograms(
  ["openssl"],
  "HOSTILE 35: a certificate or key that can't be used is named in one line that says what to do",
  async () => {
    await using certificate = await TestCertificate.make();
    await using other = await TestCertificate.make();
    const { folder, files: { cert, key } } = certificate;
    const locked = join(folder, "locked.pem");
    await run("openssl", "genrsa", "-aes128", "-passout", "pass:secret", "-out", locked, "2048");
    const missing = join(folder, "missing.pem");
    const broken = join(folder, "broken.pem");
    await Deno.writeTextFile(broken, (await Deno.readTextFile(cert)).replace(/\n\S{20}/, "\n"));
    const complaints: [string, string, RegExp][] = [
      [missing, key, /^Cannot read --tls-cert="[^"]+missing\.pem": there is no such file\. Check its name$/],
      [cert, missing, /^Cannot read --tls-key="[^"]+missing\.pem": there is no such file\./],
      [folder, key, /^Cannot read --tls-cert="[^"]+": .*directory.*\. Name a file in PEM$/],
      [
        key,
        key,
        /^Cannot use --tls-cert="[^"]+key\.pem": no certificate in PEM is in it\. Name the file with the full chain$/,
      ],
      [
        cert,
        cert,
        /^Cannot use --tls-key="[^"]+cert\.pem": no private key in PEM is in it\. Name the file with the key$/,
      ],
      [cert, locked, /^Cannot use --tls-key="[^"]+locked\.pem": it is locked with a passphrase\. .*openssl pkey -in/],
      [
        cert,
        other.files.key,
        /^Cannot use --tls-cert="[^"]+" with --tls-key="[^"]+": the key is that of another certificate\./,
      ],
      [
        broken,
        key,
        /^Cannot use --tls-cert="[^"]+broken\.pem" with --tls-key="[^"]+": .*\. Name the two files that were made/,
      ],
    ];
    for (const [cert, key, complaint] of complaints) {
      await assert.rejects(loadCertificate({ cert, key }), (error: Error) => {
        assert(error instanceof CertificateError, error.stack);
        assert.match(error.message, complaint);
        assert(!error.message.includes("\n"));
        return true;
      });
    }
    const { code, stdout, stderr } = await ServerProcess.run([
      `--tls-cert=${missing}`,
      `--tls-key=${key}`,
      `--data=${folder}/data`,
    ]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^hubbub: Cannot read --tls-cert=.*missing\.pem": there is no such file\. Check its name\n$/);
    await assert.rejects(Deno.stat(join(folder, "data")), "nothing was made");
  },
);
