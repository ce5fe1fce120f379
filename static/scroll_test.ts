import assert from "node:assert/strict";
import test from "node:test";
import { isAtEnd, ScrollKeeper } from "./scroll.ts";

/** A scroll container 100 px high, which holds scrollTop within its bounds as a browser does. */
class FakeViewport {
  clientHeight = 100;
  scrollHeight = 100;
  #scrollTop = 0;

  get scrollTop(): number {
    return this.#scrollTop;
  }

  set scrollTop(value: number) {
    this.#scrollTop = Math.max(0, Math.min(value, this.scrollHeight - this.clientHeight));
  }
}

function setUp() {
  const viewport = new FakeViewport();
  const counts: number[] = [];
  const keeper = new ScrollKeeper(viewport, (unseen) => counts.push(unseen));
  const append = (count: number) => keeper.append(count, () => viewport.scrollHeight += 20 * count);
  append(50);
  return { viewport, counts, keeper, append };
}

test("At the end the log follows what is new", () => {
  const { viewport, counts, append } = setUp();
  append(3);
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
  assert.deepEqual(counts, []);
});

test("Away from the end nothing moves, and what is new is counted", () => {
  const { viewport, counts, append } = setUp();
  viewport.scrollTop = 300;
  append(3);
  append(2);
  assert.equal(viewport.scrollTop, 300);
  assert.deepEqual(counts, [3, 5]);
});

test("Scrolling counts at once, even before the browser's scroll event", () => {
  const { viewport, append } = setUp();
  viewport.scrollTop -= 40;
  append(1);
  assert.equal(viewport.scrollTop, 1_100 - 100 - 40);
});

test("Coming back to the end, by hand or by the button, forgets the count and follows again", () => {
  for (const way of ["hand", "button"]) {
    const { viewport, counts, keeper, append } = setUp();
    viewport.scrollTop = 0;
    append(7);
    if (way === "button") {
      keeper.toEnd();
    } else {
      viewport.scrollTop = Infinity;
      keeper.scrolled();
    }
    append(1);
    assert.deepEqual(counts, [7, 0]);
    assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
  }
});

test("When the viewport shrinks, who was at the end stays there, who was not stays where they were", () => {
  for (const [scrollTop, expected] of [[1_000, 1_060], [200, 200]] as const) {
    const { viewport, keeper } = setUp();
    viewport.scrollTop = scrollTop;
    keeper.scrolled();
    viewport.clientHeight = 40;
    keeper.resized();
    assert.equal(viewport.scrollTop, expected);
  }
});

test("A message that comes before the page is told of its new size does not stop the following", () => {
  const { viewport, counts, keeper, append } = setUp();
  viewport.clientHeight = 40;
  keeper.scrolled(); // The event of the scrolling that came before.
  append(1);
  keeper.resized();
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 40);
  assert.deepEqual(counts, []);
});

test("A reader who scrolls up in the moment in which the size changes is not taken back to the end", () => {
  const { viewport, keeper, append } = setUp();
  viewport.scrollTop = 500;
  viewport.clientHeight = 40;
  append(1);
  keeper.resized();
  assert.equal(viewport.scrollTop, 500);
});

test("When the viewport grows until the end is in sight, nothing is called new any more", () => {
  const { viewport, counts, keeper, append } = setUp();
  viewport.scrollTop = 0;
  append(1);
  viewport.clientHeight = 2_000;
  keeper.resized();
  assert.deepEqual(counts, [1, 0]);
});

test("The end is where less than two px are left, for browsers round", () => {
  assert.equal(isAtEnd({ scrollTop: 898.5, scrollHeight: 1_000, clientHeight: 100 }), true);
  assert.equal(isAtEnd({ scrollTop: 898, scrollHeight: 1_000, clientHeight: 100 }), false);
  assert.equal(isAtEnd({ scrollTop: 0, scrollHeight: 50, clientHeight: 100 }), true);
});

test("When older ones are put before, what is being read stays where it is on the screen", () => {
  for (const anchors of [true, false]) {
    const { viewport, keeper, append, counts } = setUp();
    viewport.scrollTop = 40;
    let above = 0;
    keeper.prepend(() => {
      above += 700;
      viewport.scrollHeight += 700;
      // What Chromium and Firefox do by themselves, and others don't.
      if (anchors) viewport.scrollTop += 700;
    }, () => 60 + above - viewport.scrollTop);
    assert.equal(viewport.scrollTop, 740, anchors ? "moved twice" : "not moved");
    append(1);
    assert.equal(viewport.scrollTop, 740);
    assert.deepEqual(counts, [1]);
  }
});

test("When older ones are put before, who is at the end stays there", () => {
  const { viewport, keeper, append } = setUp();
  keeper.prepend(() => viewport.scrollHeight += 700, () => 0);
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
  append(1);
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
});

test("When everything is replaced and what was being read is gone, the end is shown", () => {
  const { viewport, keeper } = setUp();
  viewport.scrollTop = 300;
  let here: number | undefined = 10;
  keeper.prepend(() => {
    viewport.scrollHeight = 600;
    here = undefined;
  }, () => here);
  assert.equal(viewport.scrollTop, 500);
});

test("The end of an older part is not followed: what comes after it is there to scroll to", () => {
  const { viewport, counts, keeper, append } = setUp();
  keeper.mayFollow = false;
  append(0);
  viewport.scrollHeight += 400;
  keeper.resized();
  assert.equal(viewport.scrollTop, 1_000);
  assert.equal(keeper.following, false);
  keeper.mayFollow = true;
  keeper.toEnd();
  append(1);
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
  assert.deepEqual(counts, []);
});

test("Who is taken to a message stays there, but for one at the end", () => {
  const { viewport, counts, keeper, append } = setUp();
  keeper.goTo(500);
  append(2);
  assert.equal(viewport.scrollTop, 500);
  keeper.goTo(Infinity);
  append(1);
  assert.equal(viewport.scrollTop, viewport.scrollHeight - 100);
  assert.deepEqual(counts, [2, 0]);
  keeper.goTo(500, 7);
  assert.deepEqual(counts, [2, 0, 7]);
  keeper.toEnd();
  assert.deepEqual(counts, [2, 0, 7, 0]);
});

test("What was not seen and is gone is not counted any more", () => {
  const { viewport, counts, keeper, append } = setUp();
  viewport.scrollTop = 300;
  append(3);
  keeper.left(1);
  keeper.left(2);
  assert.deepEqual([counts, keeper.unseen], [[3, 1], 1]);
});
