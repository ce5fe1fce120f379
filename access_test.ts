import assert from "node:assert/strict";
import { Access, bearerOf, digestOf, GUESSES_MAX, GUESSES_MS, makeSecret } from "./access.ts";
import { ADMINISTRATOR_FILE, AdministratorError, FolderAdministrator, MemoryAdministrator } from "./administrator.ts";
import { JOURNAL_FILE } from "./journal/sqlite.ts";
import { Moderation } from "./moderation.ts";

const HERE = "192.0.2.1";

/** An access on a clock that the test moves. */
function open(options: { key?: string; moderation?: Moderation } = {}) {
  const time = { ms: 0 };
  const administrator = new MemoryAdministrator();
  const moderation = options.moderation ?? new Moderation();
  const access = new Access({ ...options, moderation, administrator, date: () => time.ms, now: () => time.ms });
  return { access, administrator, time };
}

Deno.test("Without a key everybody may come in; with one whoever knows it", () => {
  assert.deepEqual(open().access.enter(undefined, HERE), { role: "member" });
  const { access } = open({ key: "open-sesame" });
  assert.equal(access.enter(undefined, HERE), "keyNeeded");
  assert.equal(access.enter("", HERE), "keyWrong");
  assert.equal(access.enter("open-sesam", HERE), "keyWrong");
  assert.deepEqual(access.enter("open-sesame", HERE), { role: "member" });
});

Deno.test("The administrator's secret opens a server with and without a key, until it is renewed", () => {
  for (const key of [undefined, "open-sesame"]) {
    const { access, administrator } = open({ key });
    assert.equal(access.enter("", HERE), "keyWrong", "no administrator has no secret");
    const secret = administrator.renew();
    assert.deepEqual(access.enter(secret, HERE), { role: "admin", digest: digestOf(secret) });
    administrator.renew();
    assert.equal(access.enter(secret, HERE), "keyWrong");
  }
});

Deno.test("A guest's link opens one room, until it ends", () => {
  const secret = makeSecret();
  const deed = { type: "link", room: "den", digest: digestOf(secret), until: 1_000 } as const;
  const act = { id: 7, deed, by: "u", name: "N", at: 0 };
  const { access, time } = open({ key: "open-sesame", moderation: new Moderation([act]) });
  assert.deepEqual(access.enter(secret, HERE), { role: "guest", link: act });
  time.ms = 1_000;
  assert.equal(access.enter(secret, HERE), "keyWrong");
});

Deno.test("HOSTILE 23: after five wrong secrets from an address in a minute none is looked at for a minute", () => {
  const { access, time } = open({ key: "open-sesame" });
  for (let guess = 0; guess < GUESSES_MAX; guess++) {
    time.ms = guess * 10_000;
    assert(!access.isShutOut(HERE));
    assert.equal(access.enter(`guess-${guess}`, HERE), "keyWrong");
  }
  assert(access.isShutOut(HERE));
  assert.equal(access.enter("open-sesame", HERE), "tooManyTries", "the right one would say that it was right");
  assert.deepEqual(access.enter("open-sesame", "192.0.2.2"), { role: "member" }, "others are not to blame");
  time.ms += GUESSES_MS - 1;
  assert.equal(access.enter("open-sesame", HERE), "tooManyTries");
  time.ms += 1;
  assert.deepEqual(access.enter("open-sesame", HERE), { role: "member" });
});

Deno.test("Who has a secret that nobody can guess comes in, whatever others have tried from the same address", () => {
  const secret = makeSecret();
  const deed = { type: "link", room: "den", digest: digestOf(secret) } as const;
  const moderation = new Moderation([{ id: 7, deed, by: "u", name: "N", at: 0 }]);
  const { access, administrator } = open({ key: "open-sesame", moderation });
  for (let guess = 0; guess < GUESSES_MAX; guess++) access.enter("wrong", HERE);
  const [guest, admin] = [secret, administrator.renew()].map((pass) => access.enter(pass, HERE));
  assert.deepEqual([guest, admin].map((grant) => typeof grant === "string" ? grant : grant!.role), ["guest", "admin"]);
});

Deno.test("HOSTILE 23: an IPv6 network guesses as one, and many networks cost a bounded memory of them", () => {
  const { access } = open({ key: "open-sesame" });
  for (let guess = 0; guess < GUESSES_MAX; guess++) access.enter("wrong", `2001:db8:0:1::${guess}`);
  assert(access.isShutOut("2001:db8:0:1:ffff::1") && !access.isShutOut("2001:db8:0:2::1"));
  for (let network = 0; network < 20_000; network++) access.enter("wrong", `10.${network >> 8}.${network & 255}.1`);
  assert(!access.isShutOut("2001:db8:0:1::1"), "whoever has 20,000 networks guesses as they like");
});

Deno.test("A secret is read from the Authorization header as RFC 6750 has it, and from nothing else", () => {
  const bearer = (authorization: string) => bearerOf(new Headers({ authorization }));
  assert.equal(bearer("Bearer open-sesame"), "open-sesame");
  assert.equal(bearer("bearer  a.b~c+d/e_f-g=="), "a.b~c+d/e_f-g==");
  for (const other of ["open-sesame", "Basic abc", "Bearer", "Bearer a b", "Bearer ä"]) {
    assert.equal(bearer(other), undefined);
  }
  assert.equal(bearerOf(new Headers()), undefined);
});

Deno.test("An administrator who came in holds until their secret is replaced", () => {
  const { access, administrator } = open();
  const grant = access.enter(administrator.renew(), HERE);
  assert(typeof grant === "object" && grant.role === "admin");
  assert(access.holds(grant));
  administrator.renew();
  assert(!access.holds(grant));
});

Deno.test("While the administrator's file can't be read, what was read last holds", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const administrator = new FolderAdministrator(folder);
    Deno.writeTextFileSync(`${folder}/${JOURNAL_FILE}`, "");
    const digest = digestOf(administrator.renew());
    assert.equal(administrator.digest(), digest);
    const file = `${folder}/${ADMINISTRATOR_FILE}`;
    Deno.removeSync(file);
    Deno.mkdirSync(file);
    assert.equal(administrator.digest(), digest);
    Deno.removeSync(file);
    assert.equal(administrator.digest(), undefined);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("Of the administrator's secret the folder has only the digest, for its owner alone", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const administrator = new FolderAdministrator(folder);
    assert.throws(() => administrator.renew(), AdministratorError, "no server was here");
    Deno.writeTextFileSync(`${folder}/${JOURNAL_FILE}`, "");
    assert.equal(administrator.digest(), undefined);
    const first = administrator.renew();
    const second = administrator.renew();
    assert.notEqual(first, second);
    assert.equal(new FolderAdministrator(folder).digest(), digestOf(second));
    const [file, ...others] = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`)
      .filter((path) => !path.endsWith(JOURNAL_FILE));
    assert.deepEqual(others, []);
    assert(!Deno.readTextFileSync(file!).includes(second));
    if (Deno.build.os !== "windows") assert.equal(Deno.statSync(file!).mode! & 0o777, 0o600);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test({
  name: "When root makes the link for a server that is somebody else, that one can read it" +
    (Deno.uid() === 0 ? "" : " (skipped: this is not root)"),
  ignore: Deno.uid() !== 0,
  fn() {
    const folder = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(`${folder}/${JOURNAL_FILE}`, "");
      Deno.chownSync(folder, 1234, 1234);
      // Who serves there must not lead root elsewhere.
      Deno.writeTextFileSync(`${folder}/victim`, "mine");
      Deno.symlinkSync(`${folder}/victim`, `${folder}/${ADMINISTRATOR_FILE}.new`);
      new FolderAdministrator(folder).renew();
      const { uid, gid } = Deno.statSync(`${folder}/${ADMINISTRATOR_FILE}`);
      assert.deepEqual([uid, gid], [1234, 1234]);
      assert.equal(Deno.readTextFileSync(`${folder}/victim`), "mine");
      assert.equal(Deno.statSync(`${folder}/victim`).uid, 0);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
