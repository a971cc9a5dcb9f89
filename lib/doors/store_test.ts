import assert from "node:assert/strict";
import { Readable } from "node:stream";
import process from "node:process";
import { test } from "node:test";
import { documentOf, sample } from "../../tests/fakes/store_suite.ts";
import { Client } from "../client.ts";
import { digestOf } from "../digest.ts";
import type { Descriptor } from "../types.ts";
import { MEDIA_TYPE } from "../types.ts";
import type { BlobWriter, Source, Store } from "../store.ts";
import { putBlob } from "../artifact/small_blob.ts";
import type { InputEntry } from "../archive/input/input.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { checkedStore } from "./store.ts";

const HELLO = new TextEncoder().encode("hello");
const BLOB: Descriptor = {
  mediaType: MEDIA_TYPE.layerTar,
  digest: digestOf(HELLO),
  size: HELLO.length,
};

/** A store of another's, with answers of its own in place of the right ones. */
function careless(
  answers: Partial<Record<keyof Store, unknown>>,
  memory = new MemoryStore(),
): Store {
  const methods: Record<string, unknown> = { name: "mine" };
  for (
    const name of ["resolve", "fetch", "tags", "referrers", "has", "begin", "put", "tag"] as const
  ) {
    methods[name] = (...args: unknown[]) =>
      (memory[name] as (...args: unknown[]) => unknown)(...args);
  }
  return { ...methods, ...answers } as unknown as Store;
}

const gives = (answer: unknown) => () => Promise.resolve(answer);
const lists = (...items: unknown[]) =>
  async function* () {
    yield* items;
  };
const streamOf = (...items: unknown[]) =>
  gives(
    new ReadableStream({
      start(controller) {
        for (const item of items) controller.enqueue(item);
        controller.close();
      },
    }),
  );

function call(store: Store): Record<string, () => Promise<unknown>> {
  return {
    resolve: () => store.resolve("v1"),
    fetch: () => store.fetch(BLOB),
    "the stream of fetch": async () => await Array.fromAsync(await store.fetch(BLOB)),
    held: async () => await store.held!(BLOB),
    forget: async () => await store.forget!(BLOB, { start: 0, end: 1 }),
    tags: () => Array.fromAsync(store.tags()),
    referrers: () => Array.fromAsync(store.referrers(BLOB)),
    has: () => store.has(BLOB),
    begin: () => store.begin(BLOB.mediaType),
    mount: () => store.mount!(BLOB, new MemoryStore()),
  };
}

const writer: BlobWriter = {
  write: () => Promise.resolve(),
  commit: () => Promise.resolve(),
  abort: () => Promise.resolve(),
};

/** A stream that has a reader. */
function locked(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  return stream;
}

/** The method, what it answers, and what is said of it. */
const WRONG: [string, unknown, string][] = [
  ["resolve", gives(undefined), "gave undefined, expected a descriptor"],
  ["resolve", gives(null), "gave null, expected a descriptor"],
  ["resolve", gives(BLOB.digest), `gave "${BLOB.digest}", expected a descriptor`],
  ["resolve", gives({ ...BLOB, digest: "sha256:AB" }), 'gave digest "sha256:AB", expected "sha'],
  ["resolve", gives({ ...BLOB, digest: undefined }), "gave digest undefined, expected"],
  ["resolve", gives({ ...BLOB, size: -1 }), "gave size -1, expected a whole number"],
  ["resolve", gives({ ...BLOB, size: "5" }), 'gave size "5", expected a whole number'],
  ["resolve", gives({ ...BLOB, size: 5n }), "gave size 5n, expected a whole number"],
  ["resolve", gives({ ...BLOB, size: 2 ** 53 }), "gave size 9007199254740992, expected"],
  ["resolve", gives({ ...BLOB, mediaType: undefined }), "gave mediaType undefined, expected"],
  ["resolve", gives({ ...BLOB, annotations: { a: 1 } }), 'gave annotations["a"] 1, expected'],
  ["resolve", gives({ ...BLOB, platform: {} }), "gave platform.os undefined, expected"],
  ["fetch", gives(undefined), "gave undefined, expected a ReadableStream"],
  ["fetch", gives("hello"), 'gave "hello", expected a ReadableStream'],
  ["fetch", gives(HELLO), "gave a Uint8Array, expected a ReadableStream"],
  ["fetch", gives(HELLO.buffer), "gave an ArrayBuffer, expected a ReadableStream"],
  ["fetch", gives(new Response("hello")), "gave a Response, expected a ReadableStream"],
  ["fetch", gives(Readable.from([HELLO])), "gave a Readable, expected a ReadableStream"],
  ["fetch", gives(lists(HELLO)()), "expected a ReadableStream of Uint8Array"],
  [
    "fetch",
    gives(locked()),
    "gave a ReadableStream that is being read, expected one of Uint8Array",
  ],
  ["the stream of fetch", streamOf("hello"), 'gave "hello", expected a Uint8Array'],
  ["the stream of fetch", streamOf(HELLO, HELLO.buffer), "gave an ArrayBuffer, expected a Uint8"],
  ["the stream of fetch", streamOf([104]), "gave a list, expected a Uint8Array"],
  ["the stream of fetch", streamOf(5), "gave 5, expected a Uint8Array"],
  ["held", () => "hello", 'gave "hello", expected a Uint8Array'],
  ["held", gives(undefined), "gave a Promise, expected a Uint8Array"],
  ["forget", () => 1, "gave 1, expected true or false"],
  ["forget", gives(true), "gave a Promise, expected true or false"],
  ["tags", () => undefined, "gave undefined, expected an asynchronous iterable"],
  ["tags", () => "v1", 'gave "v1", expected an asynchronous iterable'],
  ["tags", gives(["v1"]), "gave a Promise, expected an asynchronous iterable"],
  ["tags", lists("v1", 2), "gave 2, expected a tag"],
  ["tags", lists("v1", "a/b"), 'gave "a/b", expected a tag'],
  ["tags", lists("v1\n"), 'gave "v1\\x0a", expected a tag'],
  ["referrers", gives([BLOB]), "gave a Promise, expected an asynchronous iterable"],
  ["referrers", lists(BLOB, undefined), "gave undefined, expected a descriptor"],
  ["referrers", lists({ ...BLOB, artifactType: 5 }), "gave artifactType 5, expected a string"],
  ["has", gives(undefined), "gave undefined, expected true or false"],
  ["has", gives(BLOB), "gave an object, expected true or false"],
  ["begin", gives(undefined), "gave undefined, expected a writer"],
  ["begin", gives({ ...writer, abort: undefined }), "gave abort undefined, expected a function"],
  ["begin", gives(new WritableStream()), "gave write undefined, expected a function"],
  ["mount", gives("yes"), 'gave "yes", expected true or false'],
];

for (const [method, answer, message] of WRONG) {
  test(`refuses that ${method} ${message}`, async () => {
    const name = method === "the stream of fetch" ? "fetch" : method;
    const store = checkedStore(careless({ [name]: answer }));
    await assert.rejects(call(store)[method]!, (error: Error & { code: string }) => {
      assert.equal(error.code, "invalid-option", String(error));
      const begin = `the store "mine": ${method} ${message}`;
      assert.ok(error.message.startsWith(begin) || error.message.endsWith(message), error.message);
      return true;
    });
  });
}

test("says how what was returned becomes a stream", async () => {
  for (
    const [answer, hint] of [
      [HELLO, /new Blob/],
      [new Response("x"), /body/],
      [Readable.from([HELLO]), /Readable\.toWeb/],
      [lists(HELLO)(), /ReadableStream\.from/],
    ] as const
  ) {
    await assert.rejects(checkedStore(careless({ fetch: gives(answer) })).fetch(BLOB), { hint });
  }
});

test("what is no store is refused by each verb", async () => {
  const client = new Client();
  for (
    const store of [
      undefined,
      null,
      "mine",
      {},
      { name: "mine" },
      { ...careless({}), name: "" },
      { ...careless({}), fetch: undefined },
      { ...careless({}), held: 5 },
      Promise.resolve(new MemoryStore()),
      MemoryStore,
    ] as unknown[]
  ) {
    const ref = { store: store as Store, reference: "v1" };
    const error = { code: "invalid-option", message: /^invalid store: / };
    await assert.rejects(client.pull(ref, "/nowhere/out"), error);
    await assert.rejects(client.resolve(ref), error);
    await assert.rejects(client.push({ entries: [] }, ref), error);
    // Nothing makes the client open its own, and a promise is waited for.
    if (store === undefined || store instanceof Promise) continue;
    const open = () => store as Store;
    await assert.rejects(new Client({ open }).resolve("oci:/nowhere:v1"), error);
  }
});

test("what only gives is not pushed to", async () => {
  const { has: _has, begin: _begin, ...source } = careless({});
  const store = source as Source as Store;
  await assert.rejects(new Client().push({ entries: [] }, { store }), {
    code: "invalid-option",
    message: "invalid store: begin of mine is undefined, expected a function",
  });
});

test("another digest than the one that was asked for is an error", async () => {
  const other = { ...BLOB, digest: digestOf("other") };
  const store = careless({ resolve: gives(other) });
  const client = new Client();
  await assert.rejects(client.resolve({ store, reference: BLOB.digest }), { code: "integrity" });
  assert.deepEqual(await client.resolve({ store, reference: "v1" }), other);
});

test("memory that a store uses again does not change what was checked", async () => {
  const memory = new Uint8Array(5);
  let left = 3;
  const reusing = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- === 0) return controller.close();
      memory.fill(left);
      controller.enqueue(memory);
    },
  }, { highWaterMark: 0 });
  const stream = await checkedStore(careless({ fetch: gives(reusing) })).fetch(BLOB);
  const pieces = await Array.fromAsync(stream);
  assert.deepEqual(pieces.map((piece) => [...piece]), [2, 1, 0].map((n) => new Array(5).fill(n)));
  assert.equal(memory.length, 5, "it still has its memory");
});

test("a stream that is given up is given up at the store too", async () => {
  let reason: unknown;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(HELLO),
    cancel: (why) => void (reason = why),
  });
  const stream = await checkedStore(careless({ fetch: gives(endless) })).fetch(BLOB);
  const reader = stream.getReader();
  assert.deepEqual((await reader.read()).value, HELLO);
  await reader.cancel("enough");
  assert.equal(reason, "enough");
});

test("names that a store noted are not believed", async () => {
  const memory = new MemoryStore();
  const noted = { names: "\x1b[2Jforged", plain: true };
  const store = careless({ notedNames: gives(noted), noteNames: () => assert.fail() }, memory);
  const client = new Client();
  await client.push({ entries: [{ path: "a", type: "file", content: HELLO }] }, { store });
  assert.deepEqual((await client.list({ store })).names, ["a"]);
});

test("the library's own stores have no door in front of them, and others the same one each time", () => {
  const memory = new MemoryStore();
  assert.equal(checkedStore(memory), memory);
  const mine = careless({});
  const checked = checkedStore(mine);
  assert.notEqual(checked, mine);
  assert.equal(checkedStore(mine), checked);
  assert.equal(checkedStore(checked), checked);
  class Louder extends MemoryStore {
    override has(): Promise<boolean> {
      return Promise.resolve(1 as unknown as boolean);
    }
  }
  const louder = new Louder();
  assert.notEqual(checkedStore(louder), louder);
});

test("a store is given what it knows to mount from", async () => {
  const seen: unknown[] = [];
  const target = checkedStore(careless({
    mount: (_: Descriptor, from: unknown) => {
      seen.push(from);
      return Promise.resolve(true);
    },
  }));
  const mine = careless({});
  assert.equal(await target.mount!(BLOB, checkedStore(mine)), true);
  assert.deepEqual(seen, [mine]);
  assert.equal(await checkedStore(mine).mount!(BLOB, target), false);
});

test("a store that is right is as it was", async () => {
  const memory = new MemoryStore();
  const store = checkedStore(careless({}, memory));
  const root = await sample(store, "subject", { tag: "v1" });
  const { mediaType, digest, size } = root;
  assert.deepEqual(await store.resolve("v1"), { mediaType, digest, size });
  assert.deepEqual(await Array.fromAsync(store.tags()), ["v1"]);
  const [referrer, bytes] = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: "application/vnd.example",
    config: BLOB,
    layers: [BLOB],
    subject: { mediaType, digest, size },
    annotations: { a: "b" },
  });
  await store.put(referrer, bytes);
  const [found] = await Array.fromAsync(store.referrers(root));
  assert.deepEqual(found, {
    ...referrer,
    artifactType: "application/vnd.example",
    annotations: { a: "b" },
  });
  assert.equal(store.held!(root), undefined);
  assert.equal(store.forget!(root, { start: 0, end: 1 }), false);
  await store.close!();
});

test("what a write failed with comes out, and not what giving it up failed with", async () => {
  const full = new Error("disk full");
  const begin = gives({
    write: () => Promise.reject(full),
    commit: () => Promise.resolve(),
    abort: () => {
      throw new Error("no abort either");
    },
  });
  const client = new Client();
  const from = { store: new MemoryStore(), reference: "v1" };
  const entries: InputEntry[] = [{ path: "a", type: "file", content: HELLO }];
  await client.push({ entries }, from);
  const to = { store: careless({ begin }), reference: "v1" };
  const isFull = (error: unknown) => error === full;
  await assert.rejects(client.push({ entries }, to), isFull);
  await assert.rejects(client.copy(from, to), isFull);
  await assert.rejects(putBlob(checkedStore(to.store), BLOB.mediaType, HELLO), isFull);
});

test("a promise that was refused as an answer is caught", async () => {
  const late: unknown[] = [];
  const onLate = (reason: unknown) => void late.push(reason);
  process.on("unhandledRejection", onLate);
  try {
    const fails = () => Promise.reject(new Error("late"));
    for (const method of ["held", "forget", "tags", "referrers"]) {
      const store = checkedStore(careless({ [method]: fails }));
      await assert.rejects(call(store)[method]!, { code: "invalid-option" });
    }
    await new Promise((done) => setTimeout(done, 10));
  } finally {
    process.off("unhandledRejection", onLate);
  }
  assert.deepEqual(late, []);
});
