import assert from "node:assert/strict";
import test from "node:test";
import { hrefOf, passOf, type Place, placeOf } from "./place.ts";

const at = (path: string) => placeOf(new URL(path, "http://chat.example"));

test("Every place has an address, and the address leads to the place", () => {
  const places: [Place, string][] = [
    [{ room: "lobby" }, "/"],
    [{ room: "lobby", message: 123 }, "/#m123"],
    [{ room: "kitchen" }, "/?room=kitchen"],
    [{ room: "a-1_b", message: 7 }, "/?room=a-1_b#m7"],
  ];
  for (const [place, href] of places) {
    assert.equal(hrefOf(place), href);
    assert.deepEqual(at(href), place);
  }
});

test("What is not a message's id in an address is no message", () => {
  for (const hash of ["#", "#m", "#m-1", "#m1.5", "#mx", "#key=abc", "#m1234567890123456"]) {
    assert.deepEqual(at(`/${hash}`), { room: "lobby" }, hash);
  }
});

test("An address with a room that there can't be leads nowhere", () => {
  for (const room of ["", "Kitchen", "..", "a b", "%2F", "x".repeat(65)]) {
    assert.equal(at(`/?room=${room}`), undefined, room);
  }
});

test("A pass is in what comes after the # of an address, and only there", () => {
  const passAt = (path: string) => passOf(new URL(path, "http://chat.example"));
  for (const kind of ["key", "guest", "admin"]) {
    assert.equal(passAt(`/?room=dev#${kind}=a-b_c.d~e+f/g`), "a-b_c.d~e+f/g");
  }
  assert.equal(passAt("/#key=caf%C3%A9%2F1"), "café/1");
  assert.equal(passAt("/#key=100%"), "100%");
  assert.equal(passAt("/#key="), "");
  assert.equal(passAt(`/#key=${"x".repeat(500)}`)!.length, 128);
  for (const path of ["/?key=sesame", "/", "/#m12", "/#monkey=1", "/#key"]) assert.equal(passAt(path), undefined, path);
  assert.deepEqual(placeOf(new URL("http://chat.example/?room=dev#guest=abc")), { room: "dev" });
});
