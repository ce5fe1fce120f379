import assert from "node:assert/strict";
import fc from "fast-check";
import type { Act, Deed } from "./journal/journal.ts";
import { Moderation } from "./moderation.ts";

let ids = 0;

function act(deed: Deed): Act {
  return { id: ++ids, deed, by: "u-admin", name: "Admin", at: 1 };
}

Deno.test("A mute and a ban hold until they end, or are ended", () => {
  const ban = act({ type: "ban", user: "u-eve", name: "Eve", network: "1.2.3.4", until: 100 });
  const moderation = new Moderation([act({ type: "mute", user: "u-bob", name: "Bob", until: 100 }), ban]);
  assert(moderation.muteOf("u-bob", 99));
  assert.equal(moderation.muteOf("u-bob", 100), undefined);
  assert.equal(moderation.muteOf("u-eve", 99), undefined);
  for (const [user, network] of [["u-eve", "5.6.7.8"], ["u-new", "1.2.3.4"]] as const) {
    assert.equal(moderation.banOf(user, network, 99)?.id, ban.id);
    assert.equal(moderation.banOf(user, network, 100), undefined);
  }
  assert.equal(moderation.banOf("u-new", "5.6.7.8", 99), undefined);
  moderation.apply(act({ type: "unban", ban: ban.id }));
  moderation.apply(act({ type: "unmute", user: "u-bob", name: "Bob" }));
  assert.deepEqual([moderation.bans(1), moderation.mutes(1)], [[], []]);
});

Deno.test("A ban of somebody whose address is not known is of nobody else", () => {
  const moderation = new Moderation([act({ type: "ban", user: "u-eve", name: "Eve" })]);
  assert.equal(moderation.banOf("u-bob", "", 1), undefined);
  assert.equal(moderation.banOf(undefined, "1.2.3.4", 1), undefined);
});

Deno.test("A room has its own rules, which end apart", () => {
  const moderation = new Moderation([
    act({ type: "lock", room: "den" }),
    act({ type: "slow", room: "den", seconds: 9 }),
  ]);
  assert.deepEqual(moderation.rulesOf("den"), { locked: true, slow: 9 });
  assert.deepEqual(moderation.rulesOf("lobby"), { locked: false, slow: 0 });
  moderation.apply(act({ type: "unlock", room: "den" }));
  assert.deepEqual(moderation.ruled, [{ room: "den", locked: false, slow: 9 }]);
  moderation.apply(act({ type: "slow", room: "den", seconds: 0 }));
  assert.deepEqual(moderation.ruled, []);
});

Deno.test("A link is known by its digest until it ends, a token until it is ended", () => {
  const link = act({ type: "link", room: "den", digest: "d1", until: 100 });
  const token = act({ type: "token", name: "CI", digest: "d2" });
  const moderation = new Moderation([link, token]);
  assert.deepEqual([moderation.linkOf("d1", 99)?.id, moderation.linkOf("d1", 100)], [link.id, undefined]);
  assert.deepEqual([moderation.tokenOf("d2")?.id, moderation.tokenOf("d1")], [token.id, undefined]);
  moderation.apply(act({ type: "unlink", link: link.id }));
  moderation.apply(act({ type: "untoken", token: token.id }));
  assert.deepEqual([moderation.linkOf("d1", 99), moderation.tokenOf("d2")], [undefined, undefined]);
});

Deno.test("What holds follows from the acts alone, however they are cut in two", () => {
  const user = fc.constantFrom("u-ann", "u-bob");
  const room = fc.constantFrom("lobby", "den");
  const name = fc.constant("N");
  const until = fc.option(fc.nat(10), { nil: undefined });
  const id = fc.nat(20);
  const deed = fc.oneof<fc.Arbitrary<Deed>[]>(
    fc.record({ type: fc.constant("mute"), user, name, until }),
    fc.record({ type: fc.constant("unmute"), user, name }),
    fc.record({ type: fc.constant("ban"), user, name, until }),
    fc.record({ type: fc.constant("unban"), ban: id }),
    fc.record({ type: fc.constantFrom("lock", "unlock"), room }),
    fc.record({ type: fc.constant("slow"), room, seconds: fc.nat(2) }),
    fc.record({ type: fc.constant("link"), room, digest: fc.string(), until }),
    fc.record({ type: fc.constant("unlink"), link: id }),
    fc.record({ type: fc.constant("hook"), url: fc.webUrl(), secret: fc.string() }),
    fc.record({ type: fc.constant("unhook"), hook: id }),
  );
  const stateOf = (moderation: Moderation, now: number) => [
    moderation.mutes(now),
    moderation.bans(now),
    moderation.links(now),
    moderation.hooks,
    ["lobby", "den"].map((room) => moderation.rulesOf(room)),
  ];
  fc.assert(fc.property(fc.array(deed, { maxLength: 20 }), fc.nat(20), fc.nat(11), (deeds, cut, now) => {
    const acts = deeds.map((deed, index): Act => ({ id: index, deed, by: "u", name: "N", at: 0 }));
    const moderation = new Moderation(acts.slice(0, cut));
    for (const act of acts.slice(cut)) moderation.apply(act);
    assert.deepEqual(stateOf(moderation, now), stateOf(new Moderation(acts), now));
    for (const { deed: { until } } of moderation.bans(now)) assert(until === undefined || until > now);
  }));
});
