import assert from "node:assert/strict";
import test from "node:test";
import { visiblePart } from "./visible.ts";

test("Where the layout is as high as what can be seen, the page is left alone", () => {
  assert.equal(visiblePart({ height: 700, offsetTop: 0, scale: 1 }, 700), undefined);
  assert.equal(visiblePart({ height: 699.4, offsetTop: 0, scale: 1 }, 700), undefined);
});

test("Above a keyboard that lies over the page, it has the rest, wherever the browser has moved to", () => {
  assert.deepEqual(visiblePart({ height: 400, offsetTop: 0, scale: 1 }, 700), { top: 0, height: 400 });
  assert.deepEqual(visiblePart({ height: 400, offsetTop: 210, scale: 1 }, 700), { top: 210, height: 400 });
});

test("Who enlarges the page with two fingers may look at any part of it", () => {
  assert.equal(visiblePart({ height: 350, offsetTop: 120, scale: 2 }, 700), undefined);
  assert.deepEqual(visiblePart({ height: 200, offsetTop: 120, scale: 2 }, 700), { top: 0, height: 400 });
});
