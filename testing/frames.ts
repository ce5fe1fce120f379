import fc from "fast-check";
import { jsonBytesMax } from "../client.ts";
import type { ClientMessage, Order } from "../protocol.ts";
import { userIdOf } from "../text.ts";
import { mostly } from "./fuzz.ts";
import { secretOf } from "./harness.ts";

/** The longest text, in bytes: short, but a message may be long enough for 10,000-deep nesting. */
export const TEXT_BYTES_MAX = 4_000;
/** Rooms of which much of it is. */
export const ROOMS = ["lobby", "kitchen"];

/** Any character that there is, halves of one among them. */
const string = fc.string({
  unit: fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)).map((code) => String.fromCodePoint(code)),
  maxLength: 20,
});
const room = mostly(
  fc.constantFrom(...ROOMS, "attic", "constructor", "tostring", "0", "x".repeat(64)),
  fc.constantFrom("", "Lobby", "__proto__", "../a", "a\nb", "é", "x".repeat(65)),
);
const text = fc.oneof(
  string,
  fc.constantFrom("hello", "", " \t\n", "\0", "\u202eevil", "Guest 1", "Witness", "Wіtness", '"', "from:witness* (a"),
  fc.constantFrom("e" + "\u0301".repeat(1_000), "x".repeat(TEXT_BYTES_MAX), "好".repeat(TEXT_BYTES_MAX / 3 + 1)),
);
const id = mostly(fc.nat(20), fc.constant(Number.MAX_SAFE_INTEGER));
const cursor = fc.record({ room, after: mostly(id, fc.double()) }, { requiredKeys: ["room"] });
const secret = fc.constantFrom(secretOf("a fuzzer"), secretOf("another"), "s".repeat(64));
const nonce = fc.constantFrom("a", "b", "c", "-_A9", "n".repeat(64));

const user = fc.constantFrom("u".repeat(22), userIdOf(secretOf("another")));
const ORDERS: { readonly [type in Order["type"]]: fc.Arbitrary<object> } = {
  mute: fc.record({ user, until: id }, { requiredKeys: ["user"] }),
  unmute: fc.record({ user }),
  ban: fc.record({ user, until: id, address: fc.boolean() }, { requiredKeys: ["user"] }),
  unban: fc.record({ ban: id }),
  lock: fc.record({ room }),
  unlock: fc.record({ room }),
  slow: fc.record({ room, seconds: fc.nat(4_000) }),
  link: fc.record({ room, until: id }, { requiredKeys: ["room"] }),
  unlink: fc.record({ link: id }),
  token: fc.record({ name: text, room }, { requiredKeys: ["name"] }),
  untoken: fc.record({ token: id }),
  hook: fc.record({ url: fc.webUrl(), room, token: id }, { requiredKeys: ["url"] }),
  unhook: fc.record({ hook: id }),
};
const order = fc.oneof(
  ...Object.entries(ORDERS).map(([type, fields]) => fields.map((fields) => ({ type, ...fields }))),
);

const GOOD: { readonly [type in ClientMessage["type"]]: fc.Arbitrary<object> } = {
  hello: fc.record(
    { secret, name: text, epoch: text, rooms: fc.array(cursor, { maxLength: 6 }) },
    { requiredKeys: ["secret", "rooms"] },
  ),
  join: fc.record({ room }),
  leave: fc.record({ room }),
  say: fc.record({ room, nonce, text }),
  delete: fc.record({ room, id }),
  order: fc.record({ ref: id, order }),
  typing: fc.record({ room }),
  rename: fc.record({ name: text }),
  history: fc.record({ ref: id, room, before: id, after: id }, { requiredKeys: ["ref", "room"] }),
  search: fc.record({ ref: id, query: text, before: id }, { requiredKeys: ["ref", "query"] }),
  watch: fc.constant({}),
  audit: fc.record({ ref: id, before: id }, { requiredKeys: ["ref"] }),
  ping: fc.constant({}),
};

/** A message as its fields are written: so one can be there twice, or be what no value is written as. */
type Written = (readonly [name: string, json: string])[];

const good: fc.Arbitrary<Written> = fc.oneof(
  ...Object.entries(GOOD).map(([type, fields]) => ({
    weight: type === "hello" || type === "say" ? 3 : 1,
    arbitrary: fields.map((fields): Written =>
      Object.entries({ type, ...fields }).map(([name, value]) => [name, JSON.stringify(value)])
    ),
  })),
);

const FIELD_NAMES = "type room rooms ref secret name nonce text query before after epoch extra __proto__ constructor";
const JSONS = [
  "null true 0 -0 -1 1.5 1e400 -1e400 1e-400 9007199254740991 9007199254740992 1e21 NaN Infinity undefined 01",
  String.raw`"" "1" "\ud800" "\udc00a" "\u0000" "__proto__" "constructor" "toString" "hello" "say" "said"`,
  '{} {"length":1} {"room":"lobby"} {"__proto__":{"room":"lobby"}} [] [[]] [null] ["lobby"] [{"room":"lobby"}]',
  String.raw`[{"room":"lobby","after":"1"}] [{"room":"lobby","after":1e400}] [{"room":"\ud800"}] [{"room":null}]`,
].flatMap((line) => line.split(" "));
const HUGE_JSONS = [
  `[${Array(100).fill('{"room":"lobby"}')}]`,
  `[${Array(101).fill('{"room":"lobby"}')}]`,
  "[".repeat(10_000),
  "[".repeat(10_000) + "]".repeat(10_000),
  '{"a":'.repeat(4_000) + "1" + "}".repeat(4_000),
  `"${"x".repeat(65)}"`,
  `"${"x".repeat(jsonBytesMax(TEXT_BYTES_MAX))}"`,
];

const field = fc.tuple(
  fc.constantFrom(...FIELD_NAMES.split(" ")),
  mostly(mostly(fc.constantFrom(...JSONS), fc.json({ maxDepth: 2 })), fc.constantFrom(...HUGE_JSONS)),
);
/** Where in a message something is changed. */
const place = fc.nat(200);

/** Changes the fields of a message. */
const fieldChange = fc.tuple(fc.constantFrom("spoil", "add", "drop"), field, place).map(
  ([how, [name, json], place]) => (written: Written): Written => {
    if (how === "spoil") return written.map((field, i) => i === place % written.length ? [field[0], json] : field);
    return written.toSpliced(
      place % (written.length + 1),
      how === "drop" ? 1 : 0,
      ...how === "add" ? [[name, json] as const] : [],
    );
  },
);
/** Changes the text of a message. */
const textChange = fc.tuple(
  fc.constantFrom("cut", "drop", "insert"),
  fc.constantFrom(...'{}[]",:\\\n\r\0\u2028\ufeff\ud800\udc00-0e. '.split("")),
  place,
).map(([how, character, place]) => (text: string): string => {
  const at = place % (text.length + 1);
  if (how === "cut") return text.slice(0, at);
  return text.slice(0, at) + (how === "insert" ? character : "") + text.slice(at + (how === "drop" ? 1 : 0));
});

const line = fc.tuple(
  good,
  fc.array(fieldChange, { maxLength: 2 }),
  mostly(fc.array(textChange, { maxLength: 0 }), fc.array(textChange, { maxLength: 2 })),
).map(([written, fieldChanges, textChanges]) => {
  const fields = fieldChanges.reduce((written, change) => change(written), written);
  const text = `{${fields.map(([name, json]) => `"${name}":${json}`)}}`;
  return textChanges.reduce((text, change) => change(text), text);
});
/**
 * What a client may send in one message, in the long run: good lines and such that were spoilt, alone or several, other
 * JSON and other text, and what is no text at all.
 */
export const anyFrame: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 30, arbitrary: line },
  { weight: 2, arbitrary: fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n")) },
  { weight: 2, arbitrary: string },
  { weight: 2, arbitrary: mostly(fc.json(), fc.constantFrom(...JSONS, ...HUGE_JSONS)) },
  { weight: 2, arbitrary: fc.constantFrom(new ArrayBuffer(3), new Uint8Array(2), new Blob(["a"]), null, {}) },
);
