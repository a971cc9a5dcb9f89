/**
 * Pulls into streams, through a client: how a stream ends, and what is refused.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BlobberError,
  Client,
  MemoryStore,
  type PullOptions,
  type PullTarOptions,
} from "../mod.ts";
import { TarReader } from "../lib/archive/tar/tar_reader.ts";

/** A stream that keeps what it is given, and how it ended. */
function keeping(onWrite: () => unknown = () => {}) {
  const kept: { parts: Uint8Array[]; end: unknown } = { parts: [], end: undefined };
  const stream = new WritableStream<Uint8Array>({
    async write(bytes) {
      await onWrite();
      kept.parts.push(bytes);
    },
    close: () => void (kept.end = "closed"),
    abort: (reason) => void (kept.end = reason),
  });
  return { kept, stream };
}

/** An artifact in memory, and a client. */
async function pushed() {
  const client = new Client({ jobs: 0 });
  const store = new MemoryStore("memory");
  const data = crypto.getRandomValues(new Uint8Array(60_000));
  const file = (path: string) => ({ path, type: "file" as const, content: data });
  const entries = ["a/1", "a/2", "b/1", "c"].map(file);
  await client.push({ entries }, { store, reference: "v1" });
  return { client, ref: { store, reference: "v1" } };
}

function pathsIn(parts: readonly Uint8Array[]): string[] {
  const paths: string[] = [];
  const reader = new TarReader({
    entry: ({ path }) => void paths.push(path),
    data() {},
    fileEnd() {},
  });
  for (const part of parts) reader.write(part);
  assert.ok(reader.end());
  return paths;
}

test("a stream that a tar is in is closed, and the result tells of it", async () => {
  const { client, ref } = await pushed();
  const { kept, stream } = keeping();
  const result = await client.pull(ref, stream, { to: "tar", exclude: ["b"] });
  assert.equal(kept.end, "closed");
  assert.equal(stream.locked, false);
  assert.deepEqual(pathsIn(kept.parts), ["a/1", "a/2", "c"]);
  assert.deepEqual([result.entries, result.bytes], [3, 180_000]);
  assert.ok(result.fetched > 180_000);
  await client.close();
});

test("a stream is aborted with the error that the call ends with", async () => {
  const { client, ref } = await pushed();
  const mine = new Error("mine");
  const stop = new AbortController();
  const never = new Promise(() => {});
  const cases: [string, PullTarOptions, typeof ref, () => unknown][] = [
    ["not-found", { to: "tar", include: ["nothing"] }, ref, () => {}],
    ["not-found", { to: "tar" }, { ...ref, reference: "other" }, () => {}],
    ["invalid-option", { to: "tar", stripComponents: -1 }, ref, () => {}],
    ["interrupted", { to: "tar", signal: AbortSignal.abort() }, ref, () => {}],
    ["interrupted", { to: "tar", signal: stop.signal }, ref, () => (stop.abort(), never)],
  ];
  for (const [code, options, what, onWrite] of cases) {
    const { kept, stream } = keeping(onWrite);
    let thrown: unknown;
    await client.pull(what, stream, options).catch((error) => thrown = error);
    assert.ok(thrown instanceof BlobberError, code);
    assert.equal(thrown.code, code);
    assert.equal(stream.locked, false);
    // Where a write does not end, the stream ends when that does.
    if (onWrite() !== never) assert.equal(kept.end, thrown);
  }
  // What the stream itself throws is the caller's own, and comes back as it is.
  const { stream } = keeping(() => {
    throw mine;
  });
  await assert.rejects(client.pull(ref, stream, { to: "tar" }), (error) => error === mine);
  await client.close();
});

test("a client that is closed ends a pull into a stream that does not take its bytes", async () => {
  const { client, ref } = await pushed();
  const begun = Promise.withResolvers<void>();
  const { stream } = keeping(() => (begun.resolve(), new Promise(() => {})));
  const pulling = client.pull(ref, stream, { to: "tar" });
  await begun.promise;
  await Promise.all([assert.rejects(pulling, { code: "closed" }), client.close()]);
  const { kept, stream: other } = keeping();
  await assert.rejects(client.pull(ref, other, { to: "tar" }), { code: "closed" });
  assert.equal((kept.end as BlobberError).code, "closed");
});

test("a destination that does not fit the options is refused", async () => {
  const { client, ref } = await pushed();
  const locked = keeping().stream;
  locked.getWriter();
  const cases: [unknown, unknown, RegExp][] = [
    [keeping().stream, {}, /invalid option to: undefined, expected "tar"/],
    [keeping().stream, { to: "zip" }, /invalid option to: "zip", expected "tar"/],
    [locked, { to: "tar" }, /invalid destination: a locked stream/],
    [{}, { to: "tar" }, /invalid directory/],
    [null, { to: "tar" }, /invalid directory/],
    ["out", { to: "tar" }, /invalid option to: a directory is the destination/],
    ["out", { include: "*.css" }, /invalid option include: .*, expected a list of patterns/],
    ["out", { exclude: [1] }, /invalid option exclude/],
    ["out", { stripComponents: 0.5 }, /invalid option stripComponents/],
    [7, {}, /invalid directory/],
  ];
  for (const [to, options, message] of cases) {
    const call = client.pull(ref, to as string, options as PullOptions);
    await assert.rejects(call, { code: "invalid-option", message });
  }
  await client.close();
});
