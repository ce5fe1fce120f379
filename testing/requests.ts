import fc from "fast-check";
import { mostly } from "./fuzz.ts";
import { KEY } from "./raw_socket.ts";

/** A request as it is written, good or not. */
export interface WrittenRequest {
  readonly method: string;
  /** What the target begins with, which is the host's address as a rule. */
  readonly base: string;
  /** Has no `?` and no `#`. */
  readonly path: string;
  readonly query: string;
  /** A name can be there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The host that requests are for. */
export const HOST = "chat.example:8080";

/** A page of another site that may connect. */
export const FRIEND = "https://friend.example";

/** What a value may hold that HTTP lets through, in Latin-1. */
const garbage = fc.string({
  unit: fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9))
    .map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const token = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"),
  minLength: 1,
  maxLength: 12,
});

/** What a target may hold, but for `?` and `#`. */
const written = fc.string({
  unit: fc.constantFrom(..."abcxyzABCXYZ0189-._~%25/:@!$&'()*+,;=<>[]{}|\\^`\"".split("")),
  maxLength: 12,
});

const method = mostly(
  fc.constant("GET"),
  fc.constantFrom("HEAD", "POST", "OPTIONS", "DELETE", "PATCH", "get", "PROPFIND", "X"),
);
const path = fc.oneof(
  { weight: 8, arbitrary: fc.constant("/ws") },
  {
    weight: 3,
    arbitrary: fc.constantFrom("/", "/healthz", "/readyz", "/metrics", "/static/page.ts", "/static/icon.svg"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "/api",
      "/api/",
      "/api/rooms/lobby/messages",
      "/api/rooms/lobby/events",
      "/api/rooms/lobby/constructor",
      "/api/rooms/%6cobby/messages",
      "/api/rooms/../rooms/lobby/events",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "/ws/",
      "//ws",
      "/WS",
      "/%77s",
      "/../ws",
      "/static/../ws",
      "/ws;a",
      "/ws%00",
      "/ws\\",
      "/x:/ws",
    ),
  },
  { weight: 1, arbitrary: written.map((text) => `/${text}`) },
  { weight: 1, arbitrary: fc.constant(`/${"a".repeat(16_000)}`) },
);
const query = mostly(
  fc.constantFrom("", "", "?", "?room=kitchen", "?a=b&room=a-b_c", "?room", "?x=%"),
  fc.oneof(
    fc.constantFrom("?room=", "?room=A", "?room=%00", "?room=../a", "?room=a&room=B", `?room=${"a".repeat(65)}`),
    written.map((text) => `?${text}`),
    written.map((text) => `?room=${text}`),
  ),
);

/** A header that is good, or not, or not there. */
function header(name: string, good: readonly (string | undefined)[], bad: readonly (string | undefined)[]) {
  return mostly(fc.constantFrom(...good), fc.oneof(fc.constantFrom(undefined, "", ...bad), garbage))
    .map((value) => value === undefined ? [] : [[name, value]] as const);
}

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    "127.0.0.1",
    "::ffff:127.0.0.1",
    "fe80::1%eth0",
    "::ffff:1.2.3.4%x",
    "unknown",
    "1.2.3",
    "[::1]:80",
    "",
  ),
);

const headers = fc.tuple(
  header("Host", [HOST], ["chat.example", "a b", "a/ws", "a/healthz?", "a#", "a?", "[::1]", "\xe4"]),
  header("Upgrade", ["websocket", "WebSocket", "h2c, websocket", "a,websocket ,b"], [
    "h2c",
    "websocket\xa0",
    "web socket",
    "websocket/13",
  ]),
  header("Connection", ["Upgrade", "upgrade", "keep-alive, Upgrade", "upgrade\t, a"], [
    "close",
    "keep-alive",
    "upgrade\xa0",
    "\xa0upgrade",
  ]),
  header("Sec-WebSocket-Version", ["13"], ["8", "12", "13, 8", "13,13", "013", "13.0", "\xa013"]),
  header("Sec-WebSocket-Key", [KEY, "AAAAAAAAAAAAAAAAAAAAAA=="], [
    "short",
    "AAAAAAAAAAAAAAAAAAAAAB==",
    `${KEY}, ${KEY}`,
    `${KEY}=`,
    "A".repeat(24),
    "\xe4".repeat(24),
  ]),
  header(
    "Sec-WebSocket-Protocol",
    [undefined, "hubbub.v1", "a, hubbub.v1", "hubbub.v1, b"],
    [
      "a,hubbub.v1",
      "a ,hubbub.v1",
      "a,\thubbub.v1",
      "HUBBUB.V1",
      "hubbub.v1\xa0",
      "hubbub.v1,",
      "other",
      ", ",
      "hubbub.v1, hubbub.v1",
    ],
  ),
  header(
    "Origin",
    [undefined, `http://${HOST}`, `https://${HOST}`, FRIEND],
    [
      "null",
      "https://evil.example",
      `http://${HOST}.evil.example`,
      "http://chat.example",
      `ftp://${HOST}`,
      `HTTP://${HOST}`,
      `${FRIEND}/`,
    ],
  ),
  fc.array(address, { maxLength: 3 }).map((addresses) =>
    addresses.length === 0 ? [] : [["X-Forwarded-For", addresses.join(", ")]] as const
  ),
  header("If-None-Match", [undefined], ["*", '"a"', 'W/"a", *', '"', ","]),
  header("Accept-Encoding", [undefined, "gzip, deflate, br, zstd"], [
    "br;q=0",
    "BR;q=0.5",
    ";",
    "gzip;gzip",
    "*",
    "br;q",
  ]),
  mostly(
    fc.constant<(readonly [string, string])[]>([]),
    fc.array(
      fc.tuple(
        fc.oneof(
          token,
          fc.constantFrom(
            "Upgrade",
            "Connection",
            "Origin",
            "Sec-WebSocket-Key",
            "sec-websocket-protocol",
            "Content-Length",
            "Expect",
          ),
        ),
        garbage,
      ),
      { maxLength: 3 },
    ),
  ),
).map((parts) => parts.flat());

/** Requests, of which about a third ask for a WebSocket as one should. */
export const writtenRequest: fc.Arbitrary<WrittenRequest> = fc.record({
  method,
  base: mostly(fc.constant(`http://${HOST}`), fc.constantFrom("http://", "x://a", "http://[::1]")),
  path,
  query,
  headers,
});
