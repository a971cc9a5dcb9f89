import assert from "node:assert/strict";
import { test } from "node:test";
import { eachTheirs, isTheirs, letGo, theirsUntil } from "./caller_errors.ts";

const never = () => new Promise<never>(() => {});

test("code that does not come back is not waited for after the signal", async () => {
  const stop = new AbortController();
  const waiting = theirsUntil(stop.signal, never);
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, { code: "interrupted", cause: new Error("enough") });
  let called = false;
  await assert.rejects(theirsUntil(stop.signal, () => called = true), { code: "interrupted" });
  assert.equal(called, false);
});

test("what comes late is let go of, and what fails late is caught", async () => {
  const stop = new AbortController();
  const [late, failing] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const gone = Promise.withResolvers<string>();
  const waits = [late, failing].map(({ promise }) =>
    theirsUntil(stop.signal, () => promise, gone.resolve)
  );
  stop.abort();
  for (const wait of waits) await assert.rejects(wait, { code: "interrupted" });
  failing.reject(new Error("too late"));
  late.resolve("a stream");
  assert.equal(await gone.promise, "a stream");
});

test("what it answers and throws comes through, and leaves nothing at the signal", async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (listeners--, remove(...args));
  assert.equal(await theirsUntil(signal, () => Promise.resolve(5)), 5);
  assert.equal(await theirsUntil(signal, () => 6), 6);
  assert.equal(await theirsUntil(undefined, () => Promise.resolve(7)), 7);
  const failure = new Error("theirs");
  for (
    const call of [() => Promise.reject(failure), () => {
      throw failure;
    }]
  ) {
    await assert.rejects(theirsUntil(signal, call), (error) => error === failure);
  }
  assert.equal(isTheirs(failure), true);
  assert.equal(listeners, 0);
});

/** A list, and whether it was told that it is not read on. */
function told(items: number[], last: () => Promise<IteratorResult<number>>) {
  const list = {
    returned: false,
    [Symbol.asyncIterator]: () => ({
      next: () =>
        items.length > 0
          ? Promise.resolve({ done: false as const, value: items.shift()! })
          : last(),
      return: () => {
        list.returned = true;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  return list;
}

test("a list is told when it is not read on, and not when it has ended by itself", async () => {
  const whole = told([1, 2], () => Promise.resolve({ done: true, value: undefined }));
  assert.deepEqual(await Array.fromAsync(eachTheirs(whole)), [1, 2]);
  assert.equal(whole.returned, false);
  assert.deepEqual(await Array.fromAsync(eachTheirs([3, 4])), [3, 4]);

  const left = told([1, 2], never);
  for await (const _ of eachTheirs(left)) break;
  assert.equal(left.returned, true);

  const failing = told([], () => Promise.reject(new Error("theirs")));
  await assert.rejects(Array.fromAsync(eachTheirs(failing)), (error) => isTheirs(error));
  assert.equal(failing.returned, false);

  const stop = new AbortController();
  const stuck = told([1], never);
  const reading = Array.fromAsync(eachTheirs(stuck, stop.signal));
  stop.abort();
  await assert.rejects(reading, { code: "interrupted" });
  assert.equal(stuck.returned, true);
});

test("after a signal there is no wait until something is let go of", async () => {
  await letGo(AbortSignal.abort(), never());
  await letGo(AbortSignal.abort(), Promise.reject(new Error("theirs")));
  await assert.rejects(letGo(undefined, Promise.reject(new Error("theirs"))), /theirs/);
});

test("the wait ends when the signal fires while something is let go of", async () => {
  const stop = new AbortController();
  const late = Promise.withResolvers<void>();
  const waits = [never(), late.promise].map((gone) => letGo(stop.signal, gone));
  async function* left(): AsyncGenerator<number> {
    try {
      yield 1;
    } finally {
      await never();
    }
  }
  const leaving = (async () => {
    for await (const _ of eachTheirs(left(), stop.signal)) break;
  })();
  await new Promise((done) => setTimeout(done, 0)); // each of them waits by now
  stop.abort();
  await Promise.all([...waits, leaving]);
  late.reject(new Error("too late")); // is caught
});
