import assert from "node:assert/strict";
import { TestCertificate } from "./testing/certificates.ts";
import { withPrograms } from "./testing/programs.ts";
import { REVERSE_PROXIES, ReverseProxy, type ReverseProxyName } from "./testing/reverse_proxy.ts";
import { SecureSocket } from "./testing/secure_socket.ts";
import { PROCESS_TRANSPORTS, ServerProcess } from "./testing/server_process.ts";
import { TestServer, type TransportName } from "./testing/test_server.ts";

/** How long an event may take to come, in ms. */
const EVENT_MS_MAX = 10_000;

/** A test of the files in deploy/ with each proxy. */
function onEachProxy(name: string, check: (proxy: ReverseProxyName) => Promise<void>): void {
  for (const proxy of REVERSE_PROXIES) withPrograms(["openssl", proxy], `${name} (${proxy})`, () => check(proxy));
}

/** The same with everything that can carry the server. */
function onEach(name: string, check: (proxy: ReverseProxyName, transport: string) => Promise<void>): void {
  for (const transport of PROCESS_TRANSPORTS) onEachProxy(`${name}, ${transport}`, (proxy) => check(proxy, transport));
}

/** What trusts the certificate and asks from another address of this machine. */
async function from(localAddress: string, certificate: TestCertificate): Promise<Deno.HttpClient> {
  return Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certificate.files.cert)], localAddress });
}

onEach(
  "Behind a proxy the page comes by HTTP/2, talk by wss, and the metrics to this machine alone",
  async (name, transport) => {
    await using certificate = await TestCertificate.make();
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`] });
    await using proxy = await ReverseProxy.start(name, server.port, certificate);
    using client = await certificate.client();

    const page = await fetch(proxy.url, { client });
    assert.match(await page.text(), /<title>Hubbub<\/title>/);
    assert.match(page.headers.get("content-security-policy")!, /^default-src 'none';/);
    const caCerts = [await Deno.readTextFile(certificate.files.cert)];
    const port = Number(proxy.url.port);
    using browser = await Deno.connectTls({ hostname: "localhost", port, caCerts, alpnProtocols: ["h2", "http/1.1"] });
    assert.equal((await browser.handshake()).alpnProtocol, "h2");
    const redirected = await fetch(proxy.plainUrl, { redirect: "manual" });
    await redirected.body?.cancel();
    assert.match(`${redirected.status} ${redirected.headers.get("location")}`, /^30[18] https:\/\/localhost[:/]/);

    await using socket = await SecureSocket.connect(proxy.url, client, { origin: proxy.url.origin });
    await socket.echo("hello");
    await assert.rejects(SecureSocket.connect(proxy.url, client, { origin: "https://evil.example" }));

    const metrics = new URL("/metrics", proxy.url);
    assert.match(await (await fetch(metrics, { client })).text(), /^hubbub_clients 1$/m);
    using stranger = await from("127.0.0.2", certificate);
    const refused = await fetch(metrics, { client: stranger });
    await refused.body?.cancel();
    assert.equal(refused.status, 403);
  },
);

onEach(
  "Behind a proxy that --trust-proxy names each visitor's own address counts, whatever they say it is",
  async (name, transport) => {
    await using certificate = await TestCertificate.make();
    const args = [`--transport=${transport}`, "--trust-proxy=127.0.0.1", "--max-per-ip=1"];
    await using server = await ServerProcess.start({ args });
    await using proxy = await ReverseProxy.start(name, server.port, certificate);
    using ann = await from("127.0.0.2", certificate);
    using bob = await from("127.0.0.3", certificate);

    await using first = await SecureSocket.connect(proxy.url, ann);
    await assert.rejects(SecureSocket.connect(proxy.url, ann));
    await assert.rejects(SecureSocket.connect(proxy.url, ann, { "x-forwarded-for": "192.0.2.1" }));
    assert.equal(await server.metric('hubbub_limit_hits_total{limit="max-per-ip"}'), 2);
    await using second = await SecureSocket.connect(proxy.url, bob, { "x-forwarded-for": "127.0.0.2" });
    await first.echo("Ann");
    await second.echo("Bob");
  },
);

onEach(
  "What the server says at its end reaches those behind a proxy, and they can come back to the next",
  async (name, transport) => {
    await using certificate = await TestCertificate.make();
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`] });
    await using proxy = await ReverseProxy.start(name, server.port, certificate);
    using client = await certificate.client();
    await using socket = await SecureSocket.connect(proxy.url, client);
    await server.end();
    assert.equal((await socket.closed).code, 1001);
    await assert.rejects(SecureSocket.connect(proxy.url, client));
    await using _next = await ServerProcess.start({ addr: server.url.host, args: [`--transport=${transport}`] });
    await using again = await SecureSocket.connect(proxy.url, client);
    await again.echo("back");
  },
);

for (const transport of PROCESS_TRANSPORTS) {
  withPrograms(
    ["openssl", "nginx"],
    `Pings keep a silent WebSocket for longer than nginx waits for a word (${transport})`,
    async () => {
      await using certificate = await TestCertificate.make();
      using client = await certificate.client();
      // Half a second between pings is to one as 22.5 s, the default, is to 45, of nginx's 60.
      const impatient = { "proxy_read_timeout 60s": "proxy_read_timeout 1s" };
      const start = (seconds: number) =>
        ServerProcess.start({ args: [`--transport=${transport}`, `--idle-timeout=${seconds}`] });
      await using server = await start(1);
      await using proxy = await ReverseProxy.start("nginx", server.port, certificate, impatient);
      await using mute = await start(0);
      await using muteProxy = await ReverseProxy.start("nginx", mute.port, certificate, impatient);

      await using silent = await SecureSocket.connect(proxy.url, client);
      // In this time others, who are not pinged, are cut twice.
      for (let i = 0; i < 2; i++) {
        await using cut = await SecureSocket.connect(muteProxy.url, client);
        assert(!(await cut.closed).wasClean);
      }
      await silent.echo("still here");
    },
  );
}

onEach("Events of a room go through a proxy as they come", async (name, transport) => {
  await using certificate = await TestCertificate.make();
  using client = await certificate.client();
  await using server = await TestServer.start({ transport: transport as TransportName });
  await using proxy = await ReverseProxy.start(name, server.port, certificate);
  const headers = { "authorization": "Bearer deploy-secret", "content-type": "text/plain" };
  const signal = AbortSignal.timeout(EVENT_MS_MAX);
  const stream = await fetch(new URL("/api/rooms/deploys/events", proxy.url), { client, headers, signal });
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  for (const body of ["first", "second"]) {
    const messages = new URL("/api/rooms/deploys/messages", proxy.url);
    const said = await fetch(messages, { client, method: "POST", headers, body });
    await said.body?.cancel();
    assert.equal(said.status, 201);
    while (!heard.includes(`"${body}"`)) heard += (await reader.read()).value ?? assert.fail("the stream ended");
  }
  await reader.cancel();
});
