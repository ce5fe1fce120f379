import assert from "node:assert/strict";
import { Admission, networkOf, type Place } from "./admission.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** Places, of which a test says what there is of memory and files. */
function admission(limits: Partial<Limits> = {}) {
  const resources = { share: 0, files: Infinity };
  const places = new Admission({ ...DEFAULT_LIMITS, ...limits }, {
    memoryShare: () => resources.share,
    hasFiles: (connections) => connections < resources.files,
  });
  return { places, resources };
}

function leave(place: ReturnType<Admission["enter"]>): void {
  (place as Place).leave();
}

Deno.test("HOSTILE 16: an address has so many places, all have so many together, and each is free when its connection is gone", () => {
  const { places } = admission({ clients: 5, perAddress: 2 });
  const first = places.enter("192.0.2.1");
  places.enter("192.0.2.1");
  assert.equal(places.enter("192.0.2.1"), "perAddress");
  for (const address of ["192.0.2.2", "192.0.2.3", "192.0.2.4"]) places.enter(address);
  assert.equal(places.enter("192.0.2.5"), "clients");
  assert.equal(places.count, 5);
  leave(first);
  leave(first);
  assert.equal(places.count, 4, "leaving twice is harmless");
  leave(places.enter("192.0.2.1"));
  leave(places.enter("192.0.2.5"));
});

Deno.test("HOSTILE 16: of IPv6 a network of 64 bits counts as one address, and an IPv4 address is one in IPv6, too", () => {
  const { places } = admission({ perAddress: 1 });
  places.enter("2001:db8::1");
  assert.equal(places.enter("2001:db8:0:0:ffff:ffff:ffff:ffff"), "perAddress");
  assert.equal(places.enter("2001:0DB8::2"), "perAddress");
  leave(places.enter("2001:db8:0:1::1"));
  places.enter("::ffff:192.0.2.1");
  for (const same of ["192.0.2.1", "::ffff:c000:201"]) assert.equal(places.enter(same), "perAddress");
  leave(places.enter("192.0.2.2"));
  assert.equal(networkOf("::1"), networkOf("::2"));
  assert.equal(networkOf("fe80::1%eth0"), "fe80:0:0:0::/64");
  assert.equal(networkOf("64:ff9b::192.0.2.1"), "64:ff9b:0:0::/64");
});

Deno.test("HOSTILE 17: when the process may open no more files nobody gets a place, and those who have one keep it", () => {
  const { places, resources } = admission();
  places.enter("192.0.2.1");
  resources.files = 1;
  assert.equal(places.enter("192.0.2.2"), "files");
  assert.equal(places.count, 1);
});

Deno.test("HOSTILE 6: when memory runs short nobody gets a place, until there is enough again", () => {
  const { places, resources } = admission({ memory: 75 });
  resources.share = 0.75;
  assert.equal(places.enter("192.0.2.1"), "memory");
  resources.share = 0.74;
  leave(places.enter("192.0.2.1"));
});

Deno.test("Without limits there is a place for everyone", () => {
  const { places, resources } = admission({ clients: Infinity, perAddress: Infinity, memory: Infinity });
  resources.share = 1;
  for (let i = 0; i < 20_000; i++) assert.equal(typeof places.enter("192.0.2.1"), "object");
});
