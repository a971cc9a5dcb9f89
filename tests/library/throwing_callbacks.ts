/**
 * Throws in every callback of every call, the first time that it is called, and the second, and so on. The call
 * ends with that very error, and leaves nothing behind: no file, no lock, no request, no rejection that nobody
 * handles. So it does where the callback returns a promise that rejects.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BlobberError, isBlobberError, type Observer } from "@blobber/core";
import {
  all,
  type Bench,
  bytesOf,
  CALLS,
  caught,
  clientOf,
  closeClients,
  IMAGE_CALLS,
  SIGNER,
  startBench,
  unhandled,
  VERIFIER,
} from "./kit/calls.ts";

/** What is thrown: the caller's own in every shape, and an error of the library's that they throw themselves. */
const THROWN: unknown[] = [
  new Error("theirs"),
  new BlobberError("not-found", "theirs"),
  "a string",
  undefined,
];

/** A callback that fails the so-many-th time, and how often it was called. */
function failing(number: number, thrown: unknown, later: boolean) {
  const told = {
    calls: 0,
    callback: (): void => {
      if (++told.calls !== number) return;
      if (!later) throw thrown;
      const promise = Promise.resolve().then(() => Promise.reject(thrown));
      return promise as unknown as void;
    },
  };
  return told;
}

async function tryAll(
  bench: Bench,
  what: string,
  call: (options: Observer) => Promise<unknown>,
): Promise<void> {
  for (const callback of ["onNotice", "onProgress"] as const) {
    for (const later of [false, true]) {
      // The first call of it, the second, and so on; of very many, some.
      for (let number = 1;; number = number < 5 ? number + 1 : 2 * number) {
        const thrown = THROWN[number % THROWN.length];
        const told = failing(number, thrown, later);
        const calling = call({ [callback]: told.callback });
        const ended = await calling.then(() => ({ done: true }), (error) => ({ error }));
        if (told.calls < number) {
          bench.leftovers(); // it is done, and what it made is meant to be there
          break;
        }
        const where = `${what}: ${callback} ${number}${later ? ", later" : ""}`;
        assert.deepEqual(Object.keys(ended), ["error"], where);
        assert.ok((ended as { error: unknown }).error === thrown, `${where}: another error`);
        assert.deepEqual(bench.leftovers(), [], where);
        if (!what.startsWith("push")) continue;
        const tag = await caught(clientOf().resolve(bench.last()));
        assert.ok(isBlobberError(tag, "not-found"), `${where}: a tag was set`);
      }
    }
  }
}

const early = new Error("theirs");

async function* entries() {
  yield { path: "a", type: "file" as const, content: new Uint8Array(10) };
  await Promise.resolve();
  throw early;
}

async function* content() {
  yield new Uint8Array(10);
  await Promise.reject("a string");
}

const lost = unhandled();
const bench = await startBench();
try {
  for (const at of ["registry", "layout"] as const) {
    for (const [name, call] of Object.entries(CALLS)) {
      await tryAll(
        bench,
        `${name} (${at})`,
        (options) => call({ client: clientOf(), options, bench, at }),
      );
      bench.leftovers();
    }
    await closeClients();
  }
  // An image that has to be downloaded whole: what is told while it is opened, and while it is read.
  const client = clientOf();
  const blob = new Blob([new Uint8Array(5_000_000)]);
  await client.push(
    { entries: [{ path: "a", type: "file", content: blob.stream(), size: blob.size }] },
    bench.fresh("registry"),
  );
  const failed = clientOf({
    onNotice: () => {
      throw early;
    },
  });
  for (const [name, call] of Object.entries(CALLS)) {
    if (name === "digest" || name === "the store's begin") continue; // they ask for nothing
    const given = { client: failed, options: {}, bench, at: "registry" as const };
    assert.equal(await caught(call(given)), early, `${name}, the client's onNotice`);
    assert.deepEqual(bench.leftovers(), [], name);
  }
  const later = clientOf({ onNotice: (() => Promise.reject(early)) as () => void });
  for (const [name, call] of Object.entries(CALLS)) {
    if (name === "digest" || name.startsWith("the store's")) continue;
    const given = { client: later, options: {}, bench, at: "registry" as const };
    assert.equal(await caught(call(given)), early, `${name}, the client's onNotice, later`);
    assert.deepEqual(bench.leftovers(), [], name);
  }
  // The caller's other code: what it throws comes back as it is.
  const signer = { sign: () => Promise.reject(early) };
  assert.equal(await caught(client.sign(bench.refs.registry, { signer })), early);
  const pushing = client.push({ entries: [] }, bench.fresh("layout"), { signer });
  assert.equal(await caught(pushing), early);
  const accepts = () => {
    throw early;
  };
  const tree = { directory: `${bench.root}/tree` };
  for (const onEntry of [accepts, (() => Promise.reject(early)) as () => void]) {
    assert.equal(await caught(client.digest(tree, { onEntry })), early);
  }
  assert.equal(
    await caught(client.verify(bench.refs.registry, { verifier: { ...VERIFIER, accepts } })),
    early,
  );
  bench.registry.options.authorize = () => ({
    status: 401,
    headers: { "www-authenticate": 'Basic realm="x"' },
  });
  const asked = clientOf({ credentials: () => Promise.reject(early) });
  assert.equal(await caught(asked.resolve(bench.refs.registry)), early);
  delete bench.registry.options.authorize;
  const opening = clientOf({
    open: () => {
      throw early;
    },
  });
  assert.equal(await caught(opening.resolve(bench.refs.registry)), early);
  const source = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(early) });
  for (const at of ["registry", "layout"] as const) {
    const ref = () => bench.fresh(at);
    assert.equal(await caught(client.push({ entries: entries() }, ref())), early);
    assert.equal(await caught(client.push({ tar: content() }, ref())), "a string");
    const file = { path: "a", type: "file" as const, size: 20 };
    const torn = [{ ...file, content: content() }];
    assert.equal(await caught(client.push({ entries: torn }, ref())), "a string");
    if (at === "layout") continue;
    assert.equal(await caught(client.push({ tar: source }, ref())), early);
  }
  assert.deepEqual(bench.leftovers(), []);
  // The image's callbacks are the caller's for as long as it is open.
  let armed = false;
  const image = await client.openImage(bench.refs.registry, {
    onNotice: () => {
      if (armed) throw early;
    },
  });
  armed = true;
  for (const call of Object.values(IMAGE_CALLS)) await call(image, {});
  await image.close();
  // What failed left its client whole.
  assert.deepEqual(await all(failed.listTags(bench.refs.layout)), ["v1", "v2"]);
  const again = await client.openImage(bench.refs.registry);
  assert.equal(await bytesOf(await again.open("large")), 3_000_000);
  assert.equal((await client.sign(bench.refs.layout, { signer: SIGNER })).added, false);
} finally {
  await bench.close();
}
await new Promise((done) => setTimeout(done, 0));
assert.deepEqual(lost, []);
