import assert from "node:assert/strict";
import { test } from "node:test";
import { tieSignal } from "../../system/tied_signal.ts";
import { partStream } from "./part_stream.ts";

const reading = (stream: ReadableStream<Uint8Array>) => stream.getReader().read();

test("an error of no kind of ours leaves a stream as one of ours, with its cause", async () => {
  const thrown = new Error("a fault");
  // deno-lint-ignore require-yield -- it fails at once
  async function* failing(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    await Promise.reject(thrown);
  }
  await assert.rejects(reading(partStream(failing(), tieSignal())), {
    code: "unexpected",
    cause: thrown,
  });
});

test("a stream that is stopped lets go of what its parts are made of", async () => {
  const stop = new AbortController();
  let released = false;
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    try {
      for (;;) yield await Promise.resolve(new Uint8Array(1));
    } finally {
      released = true;
    }
  }
  const stream = partStream(endless(), tieSignal(stop.signal));
  const reader = stream.getReader();
  await reader.read();
  stop.abort("enough");
  await assert.rejects(reader.read(), { code: "interrupted", cause: "enough" });
  assert.ok(released);
});
