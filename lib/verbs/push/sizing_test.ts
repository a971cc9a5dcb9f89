import { test } from "node:test";
import assert from "node:assert/strict";
import { Sizing } from "./sizing.ts";

/** A directory of so many files of 10 bytes, each of which takes a millisecond to look at. */
function make(files: number, fail = Infinity) {
  const clock = { ms: 0 };
  const seen = { files: 0 };
  function* walk() {
    for (; seen.files < files; seen.files++) {
      if (seen.files === fail) throw new Error("gone");
      clock.ms++;
      yield { size: 10 };
    }
  }
  return { clock, seen, sizing: new Sizing(walk, () => clock.ms) };
}

test("nothing is walked before it is worth to know", () => {
  const { clock, seen, sizing } = make(10);
  assert.equal(sizing.total(), undefined);
  clock.ms = 1999;
  assert.equal(sizing.total(), undefined);
  assert.equal(seen.files, 0);
  clock.ms = 2000;
  assert.equal(sizing.total(), 100);
});

test("a walk takes a small part of the time, and the sum is known when it has ended", () => {
  const { clock, seen, sizing } = make(1000);
  clock.ms = 2000;
  let [own, steps] = [0, 0];
  for (; sizing.total() === undefined; steps++) {
    const before = clock.ms;
    const files = seen.files;
    clock.ms += 5; // other work
    own += seen.files - files + (clock.ms - before - 5);
  }
  assert.equal(sizing.total(), 10_000);
  assert.ok(clock.ms >= 2000 + 14 * 1000, `${clock.ms} ms after ${steps} steps`);
});

test("what cannot be read leaves the sum unknown, and is no error here", () => {
  const { clock, sizing } = make(10, 5);
  clock.ms = 2000;
  assert.equal(sizing.total(), undefined);
  clock.ms = 9000;
  assert.equal(sizing.total(), undefined);
});
