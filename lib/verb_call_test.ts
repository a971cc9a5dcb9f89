import assert from "node:assert/strict";
import { test } from "node:test";
import { markTheirs } from "./caller_errors.ts";
import { BlobberError, isBlobberError } from "./errors.ts";
import type { Notice, Progress } from "./events.ts";
import { VerbCall } from "./verb_call.ts";

const NOTICE: Notice = { level: "info", code: "x", message: "x" };

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

test("an error of the system, of the runtime or of the language becomes one of ours", async () => {
  for (
    const [thrown, code, message] of [
      [
        Object.assign(new Error("EROFS: read-only, open 'a'"), { code: "EROFS" }),
        "file-system",
        /^the file system is read-only: EROFS/,
      ],
      [
        Object.assign(
          new Error('Requires env access to "HOME", run again with the --allow-env flag'),
          {
            name: "NotCapable",
          },
        ),
        "missing-permission",
        /not allowed to read the variable "HOME": the runtime needs --allow-env/,
      ],
      [new TypeError("Invalid URL"), "unexpected", /^unexpected error: Invalid URL$/],
      [new RangeError("at https://me:secret@host/a?b"), "unexpected", /at https:\/\/host\/a\?…$/],
    ] as [Error, string, RegExp][]
  ) {
    const error = await caught(new VerbCall().run(() => Promise.reject(thrown)));
    assert.ok(isBlobberError(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.equal(error.cause, thrown);
  }
});

test("an error of ours, and one that the caller's code threw, leave as they are", async () => {
  for (const thrown of [new BlobberError("busy", "x"), markTheirs(new TypeError("x")), "x", 7]) {
    assert.equal(await caught(new VerbCall().run(() => Promise.reject(thrown))), thrown);
  }
});

test("a callback's error ends a call that takes no notice of it, and stops its work", async () => {
  const thrown = new Error("theirs");
  const call = new VerbCall();
  let told = 0;
  const { onNotice, signal } = call.observed({
    onNotice: (_: Notice) => {
      told++;
      throw thrown;
    },
  });
  const work = () => {
    onNotice!(NOTICE);
    onNotice!(NOTICE);
    return Promise.resolve("done");
  };
  assert.equal(await caught(call.run(work)), thrown);
  assert.deepEqual([told, signal.aborted], [1, true]);
});

test("a call waits for what its callbacks returned, and is aborted while it waits", async () => {
  const first = Promise.withResolvers<void>();
  const call = new VerbCall();
  const { onProgress } = call.observed({
    onProgress: (_: Progress) => first.promise as unknown as void,
  });
  let ended = false;
  const running = call.run(() => {
    onProgress!({ phase: "walk", done: 1, unit: "entries", finished: true });
    return Promise.resolve("done");
  }).finally(() => void (ended = true));
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(ended, false);
  first.resolve();
  assert.equal(await running, "done");

  const stop = new AbortController();
  const other = new VerbCall(stop.signal);
  const { onNotice } = other.observed({ onNotice: (_: Notice) => new Promise(() => {}) as never });
  const waiting = other.run(() => {
    onNotice!(NOTICE);
    return Promise.resolve("done");
  });
  await new Promise((done) => setTimeout(done, 0));
  stop.abort("enough");
  await assert.rejects(waiting, { code: "interrupted", cause: "enough" });
});

test("what a failed call has opened is closed, where the call says how", async () => {
  const thrown = new Error("theirs");
  let closed = 0;
  for (const release of [() => Promise.resolve(void closed++), undefined]) {
    const call = new VerbCall();
    const { onNotice } = call.observed({
      onNotice: (_: Notice) => Promise.reject(thrown) as never,
    });
    const running = call.run(() => {
      onNotice!(NOTICE);
      return Promise.resolve({ close: () => assert.fail("it is its owner's") });
    }, release);
    assert.equal(await caught(running), thrown);
  }
  assert.equal(closed, 1);
});

test("a call lets go of its signals", async () => {
  const listeners = new Set<unknown>();
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: unknown) => listeners.add(listener),
    removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
  } as unknown as AbortSignal;
  const call = new VerbCall(signal);
  assert.equal(listeners.size, 1);
  await call.run(() => Promise.resolve());
  assert.equal(listeners.size, 0);
});
