import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { gemoji } from "gemoji";
import { EMOJI as LINES } from "../static/emoji.ts";
import { readEmoji } from "../static/emoji_names.ts";
import { EMOJI, emojiModule } from "./emoji.ts";

/** What somebody downloads for the first `:`, in bytes. */
const GZIPPED_BYTES_MAX = 13_000;

Deno.test("static/emoji.ts is what the tool makes of the pinned package, and small enough to be fetched while typing", async () => {
  const written = await Deno.readTextFile(EMOJI);
  assert.equal(written, emojiModule(), "run deno task emoji");
  const bytes = gzipSync(written).byteLength;
  assert(bytes <= GZIPPED_BYTES_MAX, `it has ${bytes} bytes`);
});

Deno.test("Every emoji but the flags of countries can be found under all of its names", () => {
  const read = new Map(readEmoji(LINES).map(({ emoji, names }) => [emoji, names]));
  const missing = gemoji.filter(({ emoji }) => !read.has(emoji));
  assert(missing.length > 250 && missing.every(({ category }) => category === "Flags"));
  assert.equal(read.size + missing.length, gemoji.length);
  for (const { emoji, names } of gemoji) if (read.has(emoji)) assert.deepEqual(read.get(emoji), names);
  assert(read.has("🏳️‍🌈") && read.has("👩‍🔧") && read.has("8️⃣"));
});
