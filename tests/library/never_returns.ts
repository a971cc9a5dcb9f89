/**
 * A caller's code that never comes back: a source, a store, a function for credentials or stores, a signer, a
 * verifier. Whoever waits for it hears the signal, and closes the client, all the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client,
  type ClientOptions,
  type InputEntry,
  MemoryStore,
  type Store,
} from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const SEAL = "application/vnd.example.seal";
const bytes = new Uint8Array(3);
const dir = mkdtempSync(join(tmpdir(), "blobber-never-"));
const registry = await startRegistry({
  authorize: () => ({ status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }),
});

/** What never comes back, and when it was called. */
let entered = () => {};
const never = (): Promise<never> => {
  entered();
  return new Promise(() => {});
};
const stuck = () => new ReadableStream<Uint8Array>({ pull: never }, { highWaterMark: 0 });

async function* oneEntry(): AsyncGenerator<InputEntry> {
  yield { path: "a", type: "file", content: bytes };
  await never();
}

/** Entries of which the first is none, and that do not let go of what they hold. */
function badEntries(): AsyncIterable<InputEntry> {
  const bad = { path: "../a", type: "file", content: bytes } as const;
  const next = () => Promise.resolve({ done: false, value: bad });
  return { [Symbol.asyncIterator]: () => ({ next, return: never }) };
}

/** A stream that gives what is no bytes, and does not let go of what it holds. */
const badStream = () =>
  new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue("no bytes" as unknown as Uint8Array),
    cancel: never,
  }, { highWaterMark: 0 });

/** As {@linkcode badStream}, with bytes that nobody wants. */
const wrongStream = () =>
  new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(4096)),
    cancel: never,
  }, { highWaterMark: 0 });

const fails = () => Promise.reject(new Error("disk full"));
/** Where nothing can be written, and what was begun is not let go of. */
function fullStore(): Store {
  const begin = () => Promise.resolve({ write: fails, commit: fails, abort: never });
  return storeThat({ begin }, new MemoryStore());
}

/** Memory, of which one method does not come back. */
function storeThat(methods: Partial<Store>, inner = memory): Store {
  return {
    name: "mine",
    resolve: (...args) => inner.resolve(...args),
    fetch: (...args) => inner.fetch(...args),
    tags: (...args) => inner.tags(...args),
    referrers: (...args) => inner.referrers(...args),
    has: (...args) => inner.has(...args),
    begin: (...args) => inner.begin(...args),
    put: (...args) => inner.put(...args),
    tag: (...args) => inner.tag(...args),
    ...methods,
  };
}

const memory = new MemoryStore();
const signed = { store: memory, reference: "signed" };
await new Client().push({ entries: [{ path: "a", type: "file", content: bytes }] }, signed, {
  signer: { sign: () => Promise.resolve({ mediaType: SEAL, bytes }) },
});

const to = { store: memory, reference: "v1" };
const entries: InputEntry[] = [{ path: "b", type: "file", content: crypto.getRandomValues(bytes) }];
type Call = (client: Client, options: { signal: AbortSignal }) => Promise<unknown>;
const list = async (tags: AsyncIterable<string>) => {
  for await (const _ of tags);
};
const CALLS: [name: string, call: Call, options?: ClientOptions][] = [
  ["entries", (client, o) => client.push({ entries: oneEntry() }, to, o)],
  ["a stream of content", (client, o) => {
    const file: InputEntry = { path: "a", type: "file", size: 5, content: stuck() };
    return client.push({ entries: [file] }, to, o);
  }],
  ["a tar", (client, o) => client.push({ tar: stuck() }, to, o)],
  ["open", (client, o) => client.resolve("mine.example/a", o), { open: never }],
  ["credentials", (client, o) => client.resolve(`${registry.host}/a`, o), { credentials: never }],
  ["a signer", (client, o) => client.sign(signed, o), { signer: { sign: never } }],
  [
    "a verifier",
    (client, o) => client.pull(signed, join(dir, "out"), o),
    { verifier: { accepts: () => true, verify: never } },
  ],
  ["resolve", (client, o) => client.resolve({ store: storeThat({ resolve: never }) }, o)],
  ["fetch", (client, o) => {
    const store = storeThat({ fetch: never });
    return client.pull({ store, reference: "signed" }, join(dir, "out"), o);
  }],
  ["a stream of a store", (client, o) => {
    const store = storeThat({ fetch: () => Promise.resolve(stuck()) });
    return client.pull({ store, reference: "signed" }, join(dir, "out"), o);
  }],
  ["referrers", (client, o) => {
    const referrers = async function* () {
      yield await never();
    };
    return client.tree({ store: storeThat({ referrers }), reference: "signed" }, o);
  }],
  ["a reader of claims", (client, o) => {
    const claims = { accepts: () => true, read: never };
    return client.tree(signed, { ...o, claims });
  }],
  ["tags", (client, o) => {
    const tags = async function* () {
      yield await never();
    };
    return list(client.listTags({ store: storeThat({ tags }) }, o));
  }],
  ["begin", (client, o) => client.push({ entries }, { store: storeThat({ begin: never }) }, o)],
  ["write", (client, o) => {
    const begin = () => Promise.resolve({ write: never, commit: never, abort: never });
    return client.push({ entries }, { store: storeThat({ begin }) }, o);
  }],
  [
    "return of entries after a bad one",
    (client, o) => client.push({ entries: badEntries() }, to, o),
  ],
  ["cancel of a tar after a bad piece", (client, o) => client.push({ tar: badStream() }, to, o)],
  ["cancel of content after a bad piece", (client, o) => {
    const file: InputEntry = { path: "a", type: "file", size: 5, content: badStream() };
    return client.push({ entries: [file] }, to, o);
  }],
  ...[badStream, wrongStream].map((stream): [string, Call] => [
    `cancel of a ${stream.name} of a store`,
    (client, o) => {
      const store = storeThat({ fetch: () => Promise.resolve(stream()) });
      return client.pull({ store, reference: "signed" }, join(dir, "out"), o);
    },
  ]),
  [
    "abort after a write that failed",
    (client, o) => client.push({ entries }, { store: fullStore() }, o),
  ],
  [
    "abort in a copy",
    (client, o) => client.copy(signed, { store: fullStore(), reference: "c" }, o),
  ],
  ["put", (client, o) => client.push({ entries }, { store: storeThat({ put: never }) }, o)],
  ["tag", (client, o) =>
    client.tag({ store: storeThat({ tag: never }), reference: "signed" }, [
      "v2",
    ], o)],
];

try {
  for (const [name, call, options] of CALLS) {
    for (const how of ["interrupted", "closed"] as const) {
      const client = new Client({ jobs: 0, ...options });
      const stop = new AbortController();
      const reached = new Promise<void>((done) => entered = done);
      const calling = call(client, { signal: stop.signal });
      calling.catch(() => {}); // looked at below
      await reached;
      if (how === "interrupted") stop.abort(new Error("enough"));
      const closing = how === "closed" ? client.close() : undefined;
      await assert.rejects(calling, { code: how }, `${name}: ${how}`);
      await closing;
    }
  }
  assert.deepEqual(readdirSync(dir), []);
} finally {
  await registry.close();
  rmSync(dir, { recursive: true });
}
