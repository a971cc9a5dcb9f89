import { test } from "node:test";
import assert from "node:assert/strict";
import { itemsOf, matchAll, type Meter } from "./wildcards.ts";

const WILDCARDS = { "*": (c: string) => c !== "/", "**": () => true };

/** The same by a regular expression, for small inputs. */
function byExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\*\*|\*|[^*]/gu,
    (part) => part === "**" ? "[^]*" : part === "*" ? "[^/]*" : part.replace(/[.?/\\]/, "\\$&"),
  );
  return new RegExp(`^${source}$`, "u");
}

/** Small numbers in an order that is always the same. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 16;
  }
}

test("pattern-stars: says what a regular expression says", () => {
  const random = numbers(7);
  const text = (alphabet: string[], most: number) =>
    Array.from(
      { length: random.next().value % most },
      () => alphabet[random.next().value % alphabet.length],
    ).join("");
  let fitting = 0;
  for (let n = 0; n < 30_000; n++) {
    const pattern = text(["a", "b", "/", ".", "😀", "*", "**"], 8).replaceAll(/\*{3,}/g, "**");
    const name = text(["a", "b", "/", "x", "😀"], 10);
    const expected = byExpression(pattern).test(name);
    assert.equal(matchAll(itemsOf(pattern, WILDCARDS), name), expected, `${pattern} ${name}`);
    if (expected) fitting++;
  }
  assert.ok(fitting > 1000, `only ${fitting} of the random inputs fit`);
});

test("pattern-stars: twice the name takes at most twice the steps", () => {
  for (const pattern of ["**/a".repeat(8), "*-".repeat(7) + "x", "*a".repeat(20) + "b"]) {
    const items = itemsOf(pattern, WILDCARDS);
    const stepsOf = (name: string) => {
      const meter: Meter = { steps: 0 };
      assert.equal(matchAll(items, name, meter), false);
      return meter.steps;
    };
    for (const unit of ["a/", "-", "a"]) {
      const [once, twice] = [stepsOf(unit.repeat(500)), stepsOf(unit.repeat(1000))];
      assert.ok(twice <= 2.1 * once + items.length, `${pattern}: ${once}, then ${twice} steps`);
      assert.ok(twice <= items.length * unit.length * 1000, `${twice} steps`);
    }
  }
});
