/**
 * What connections that mean harm cost the server's memory, each kind on a server of its own with its default limits, but
 * for those of an address, of the rate and of silence: at the most, and some time later, when every deadline is over and
 * whoever can be cut is. What memory holds then need not be in use: it is not always given back, but used again.
 * @module
 */
import { jsonBytesMax } from "../client.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { SUBPROTOCOL, WEBSOCKET_PATH } from "../protocol.ts";
import { pause } from "../testing/pause.ts";
import { openFiles, residentBytes } from "../testing/process_stats.ts";
import { HANDSHAKE, RawSocket } from "../testing/raw_socket.ts";
import { SeedClient } from "../testing/seed_client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { type TransportName, TRANSPORTS } from "../testing/test_server.ts";

const CONNECTIONS = 1_000;
/** Memory is looked at each so often, in ms: nothing tells when it grows. */
const LOOK_MS = 100;
/** How long a silent peer is believed in, in seconds: not as long as usual, for it has to be waited for. */
const SILENCE_SECONDS = 12;
/** Later is so long after all was done, in ms: more than a hello and the answer to a close, or silence, may take. */
const LATER_MS = 20_000;
/** How much is said to whoever never reads, in bytes: more than the kernel is ready to hold, and then more than the queue. */
const TALK_BYTES = 8_000_000;
const LINE = "x".repeat(8_000);
/** How long a fragment is, in bytes. */
const FRAGMENT = new Uint8Array(16_384);

/** One way to do harm. */
interface Kind {
  readonly what: string;
  /** How many there are of them. */
  readonly count: number;
  /** Connects one that does it. */
  connect(port: number): Promise<RawSocket>;
  /** What happens before memory is looked at for the first time, and once more when all are connected. */
  exercise?(port: number): Promise<void>;
}

const KINDS: readonly Kind[] = [
  {
    what: "no hello after the handshake",
    count: CONNECTIONS,
    async connect(port) {
      const socket = await RawSocket.connect(port);
      await socket.request("GET", WEBSOCKET_PATH, { ...HANDSHAKE, "Sec-WebSocket-Protocol": SUBPROTOCOL });
      return socket;
    },
  },
  {
    what: "half the headers of a request",
    count: CONNECTIONS,
    async connect(port) {
      const socket = await RawSocket.connect(port);
      await socket.write("GET / HTTP/1.1\r\nHost: ");
      return socket;
    },
  },
  {
    what: "fragments up to the limit of a message, 144 KiB, without an end",
    count: CONNECTIONS,
    connect: (port) => sendFragments(port, jsonBytesMax(DEFAULT_LIMITS.message)),
  },
  {
    // Deno's own WebSockets would take any amount.
    what: "fragments up to 1 MiB, without an end",
    count: CONNECTIONS / 10,
    connect: (port) => sendFragments(port, 1024 * 1024),
  },
  { what: "never reads in a busy room", count: CONNECTIONS, connect: RawSocket.upgrade, exercise: talk },
  {
    what: "never answers a close",
    count: CONNECTIONS,
    async connect(port) {
      const socket = await RawSocket.upgrade(port);
      // Binary, for which it is closed.
      await socket.frame(0x82, "");
      return socket;
    },
  },
];

async function sendFragments(port: number, bytes: number): Promise<RawSocket> {
  const socket = await RawSocket.upgrade(port);
  // The connection is cut in the middle where the limit is kept.
  try {
    for (let sent = 0; sent < bytes; sent += FRAGMENT.length) await socket.frame(sent === 0 ? 0x01 : 0x00, FRAGMENT);
  } catch { /* It was. */ }
  return socket;
}

/** Somebody talks, in the pace in which they hear themselves. */
async function talk(port: number): Promise<void> {
  const talker = await SeedClient.connect(port);
  for (let i = 1; i * LINE.length <= TALK_BYTES; i++) {
    talker.send(LINE);
    await talker.received(i);
  }
  await talker.close();
}

/** @returns the cells of a row: memory for each connection in KiB, at the most and later, and how many are there later. */
async function measure(kind: Kind, transport: TransportName): Promise<string[]> {
  const args = [`--transport=${transport}`, "--max-per-ip=0", "--rate=0", `--idle-timeout=${SILENCE_SECONDS}`];
  await using server = await ServerProcess.start({ args });
  // What the first connections load, and what talking does to the heap, is not held against anybody.
  for (const { connect } of KINDS) (await connect(server.port))[Symbol.dispose]();
  await kind.exercise?.(server.port);
  await pause(LATER_MS / 10);
  const files = await openFiles(server.pid);
  const before = await residentBytes(server.pid);
  let most = before;
  const looking = setInterval(async () => most = Math.max(most, await residentBytes(server.pid)), LOOK_MS);
  const sockets = await Promise.all(Array.from({ length: kind.count }, () => kind.connect(server.port)));
  await kind.exercise?.(server.port);
  await pause(LATER_MS);
  clearInterval(looking);
  const later = await residentBytes(server.pid);
  const left = await openFiles(server.pid) - files;
  for (const socket of sockets) socket[Symbol.dispose]();
  const each = (bytes: number) => ((bytes - before) / 1024 / kind.count).toFixed(1);
  return [each(most), each(later), `${Math.max(0, left)}`];
}

const row = (what: string, cells: readonly string[]) =>
  console.log(what.padEnd(72) + cells.map((cell) => cell.padStart(14)).join(""));
row("KiB of a connection", TRANSPORTS.flatMap((transport) => [`${transport}: most`, "later", "still there"]));
for (const kind of KINDS) {
  const cells = await Promise.all(TRANSPORTS.map((transport) => measure(kind, transport)));
  row(`${kind.count} × ${kind.what}`, cells.flat());
}
