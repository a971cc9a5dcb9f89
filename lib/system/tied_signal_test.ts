import { test } from "node:test";
import assert from "node:assert/strict";
import { tieSignal } from "./tied_signal.ts";

/** A signal that knows how many listen to it. */
function counted() {
  const control = new AbortController();
  const { signal } = control;
  const seen = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    seen.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    seen.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  return { signal, abort: (reason: unknown) => control.abort(reason), seen };
}

test("a tied signal fires with the first of the others, and lets go of all", () => {
  for (const which of [0, 1]) {
    const others = [counted(), counted()];
    const { signal } = tieSignal(others[0]!.signal, undefined, others[1]!.signal);
    assert.equal(signal.aborted, false);
    others[which]!.abort("why");
    assert.equal(signal.reason, "why");
    others[1 - which]!.abort("late");
    assert.equal(signal.reason, "why");
    assert.deepEqual(others.map(({ seen }) => seen.size), [0, 0]);
  }
});

test("a tied signal has fired where one of the others had", () => {
  const [open, aborted] = [counted(), counted()];
  aborted.abort("before");
  const { signal } = tieSignal(open.signal, aborted.signal);
  assert.equal(signal.reason, "before");
  assert.deepEqual([open.seen.size, aborted.seen.size], [0, 0]);
});

test("a tied signal that was released stays as it is, and nothing stays at the others", () => {
  const other = counted();
  const { signal, release } = tieSignal(other.signal);
  assert.equal(other.seen.size, 1);
  release();
  release();
  other.abort("why");
  assert.equal(signal.aborted, false);
  assert.equal(other.seen.size, 0);
});
