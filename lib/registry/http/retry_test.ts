import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../tests/fakes/clock.ts";
import { backoff, type Ending, type OutcomeClass, withRetries } from "./retry.ts";

/** Runs one request after the other, each of which comes to what the list says. */
async function run(
  list: (OutcomeClass | Error)[],
  rules: { maxTries?: number; maxPauseMs?: number } = {},
): Promise<{ ending: Ending<number>; pauses: number[]; tries: number }> {
  const clock = new FakeClock();
  let tries = 0;
  const ending = await withRetries((): Promise<number> => {
    const next = list[tries++];
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(tries);
  }, {
    clock,
    maxTries: 5,
    maxPauseMs: 60_000,
    classify: (outcome) =>
      "error" in outcome ? { mayPass: "an error" } : list[outcome.answer - 1] as OutcomeClass,
    ...rules,
  });
  return { ending, pauses: clock.pauses, tries };
}

test("an outcome that stands ends the tries", async () => {
  assert.deepEqual(await run(["stands"]), {
    ending: { kind: "answered", answer: 1 },
    pauses: [],
    tries: 1,
  });
});

test("what may pass is tried again, after pauses that double", async () => {
  const busy = { mayPass: "busy" };
  const { ending, pauses } = await run([busy, new Error("x"), busy, "stands"]);
  assert.deepEqual(ending, { kind: "answered", answer: 4 });
  assert.deepEqual(pauses, [188, 375, 750]);
});

test("a pause that is asked for is kept, one of nothing is a short one", async () => {
  const { pauses } = await run([
    { mayPass: "a", pauseMs: 0 },
    { mayPass: "b", pauseMs: 700 },
    "stands",
  ]);
  assert.deepEqual(pauses, [100, 700]);
});

test("given up is a result: it has the last outcome, and the pause that was asked for", async () => {
  const error = new Error("gone");
  assert.deepEqual(await run([error, error], { maxTries: 2 }), {
    ending: { kind: "given-up", last: { error }, pauseMs: undefined },
    pauses: [188],
    tries: 2,
  });
  assert.deepEqual(await run([{ mayPass: "later", pauseMs: 61_000 }]), {
    ending: { kind: "given-up", last: { answer: 1 }, pauseMs: 61_000 },
    pauses: [],
    tries: 1,
  });
});

test("pauses begin and grow as the caller says", () => {
  const clock = new FakeClock();
  const growth = { firstMs: 400, factor: 4 };
  assert.deepEqual([1, 2, 3, 4].map((tries) => backoff(tries, clock, growth)), [
    300,
    1200,
    4800,
    6000,
  ]);
});

test("pauses stop growing", () => {
  const clock = new FakeClock();
  assert.equal(backoff(6, clock), 6000);
  assert.equal(backoff(60, clock), 6000);
});
