import assert from "node:assert/strict";
import test from "node:test";
import { Memory } from "./chat_memory.ts";
import { PASS_KEY } from "./identity.ts";
import { administratorsSecret, Pass } from "./pass.ts";

const SECRET = "rirHQd1R5MSO563wyxBiw89rPZkmfQOIEhFNO2x2EHY";

test("A secret is taken out of a link, of its end, or as it is, and out of nothing else", () => {
  for (const link of [`http://chat.example/admin#admin=${SECRET}`, `#admin=${SECRET}`, SECRET, ` ${SECRET}\n`]) {
    assert.equal(administratorsSecret(link), SECRET);
  }
  for (
    const link of ["", "secret", `#guest=${SECRET}`, `/admin?admin=${SECRET}`, `#admin=${SECRET}&x`, `${SECRET} !`]
  ) {
    assert.equal(administratorsSecret(link), undefined, link);
  }
});

test("What is brought is kept when it was accepted, and what was kept before stays when it was not", () => {
  const memory = new Memory(() => undefined);
  memory.set(PASS_KEY, "the-servers-key");
  const pass = new Pass(memory);
  assert(!pass.bring("nonsense") && !pass.isNew);
  assert(pass.bring(`#admin=${SECRET}`) && pass.isNew);
  assert.equal(pass.secret, SECRET);
  pass.refused();
  assert.equal(pass.secret, "the-servers-key");
  pass.bring(SECRET);
  pass.accepted();
  assert.deepEqual([pass.isNew, memory.get(PASS_KEY)], [false, SECRET]);
});
