import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withThreads } from "../../tests/fakes/threads.ts";
import type { Notice } from "../events.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { push, type PushSettings } from "./push.ts";
import type { PushResult } from "../results.ts";
import type { BlobWriter } from "../store.ts";
import type { Descriptor } from "../types.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-again-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A store that counts the layers it is sent. */
class Counting extends MemoryStore {
  layers = 0;
  onHas: () => void = () => {};

  override begin(mediaType: string): Promise<BlobWriter> {
    if (mediaType.includes("layer")) this.layers++;
    return super.begin(mediaType);
  }

  override has(target: Descriptor): Promise<boolean> {
    this.onHas();
    return super.has(target);
  }
}

let made = 0;

/** A tree, a cache and a store, with a first push made. */
async function pushed(options: PushSettings = {}) {
  const root = join(scratch, String(made++));
  const directory = join(root, "tree");
  const cacheDir = join(root, "cache");
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(join(directory, "bin/run"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(directory, "note"), "hello");
  writeFileSync(join(directory, "empty"), "");
  symlinkSync("bin/run", join(directory, "start"));
  const store = new Counting();
  const again = (more: PushSettings = {}, into: Counting = store) =>
    push(into, { directory }, { cacheDir, ...options, ...more });
  const first = await again();
  const fresh = (more: PushSettings = {}) =>
    push(new Counting(), { directory }, { ...options, ...more });
  return { root, directory, cacheDir, store, again, first, fresh };
}

/** Bytes of the code that an index begins with. */
const CODE_BYTES = 32;

/** What an index holds, behind its code. */
function recordsIn(cacheDir: string): string {
  return readFileSync(indexFile(cacheDir)).subarray(CODE_BYTES).toString("utf8");
}

/** The one file of an index. */
function indexFile(cacheDir: string): string {
  const room = join(cacheDir, "push");
  const [name, ...more] = readdirSync(room);
  assert.equal(more.length, 0);
  return join(room, name!);
}

test("a directory that is pushed with other patterns is not taken for the same", async () => {
  const { directory, store, again, first, fresh } = await pushed();
  const ignore = ["note"];
  const without = await again({ ignore });
  assert.notEqual(without.digest, first.digest);
  assert.equal(without.files, first.files - 1);
  assert.equal(without.digest, (await fresh({ ignore })).digest);
  assert.equal(store.layers, 2);
  // Known by now, and by other patterns that leave out the same.
  assert.equal((await again({ ignore })).digest, without.digest);
  assert.equal((await again({ ignore: ["no*"] })).digest, without.digest);
  assert.equal((await again()).digest, first.digest);
  assert.equal(store.layers, 2);
  writeFileSync(join(directory, ".blobberignore"), "note\n");
  assert.equal((await again()).digest, without.digest);
  writeFileSync(join(directory, ".blobberignore"), "note\n!note\n");
  assert.equal((await again()).digest, first.digest);
  assert.equal(store.layers, 2);
  // What is left out may change as it likes.
  writeFileSync(join(directory, "note"), "other");
  assert.equal((await again({ ignore })).digest, without.digest);
  assert.equal(store.layers, 2);
  assert.notEqual((await again()).digest, first.digest);
});

for (const compression of ["gzip", "zstd"] as const) {
  test(`what is there already is not packed again: ${compression}`, async () => {
    const { store, again, first } = await pushed({ compression });
    assert.equal(store.layers, 1);
    const second = await again({ tags: ["v2"] });
    assert.equal(store.layers, 1);
    assert.deepEqual(second, { ...first, tags: ["v2"] });
    assert.deepEqual([second.files, second.bytes], [3, 15]);
    assert.equal((await store.resolve("v2")).digest, first.digest);
  });
}

test("annotations, platform and media type are of the manifest: the layer is known all the same", async () => {
  const { store, again, fresh } = await pushed();
  const options: PushSettings = {
    annotations: { a: "1" },
    platform: { os: "linux", architecture: "arm64" },
    layerMediaType: "application/vnd.acme.layer+gzip",
  };
  assert.deepEqual(await again(options), await fresh(options));
  assert.equal(store.layers, 1);
});

const changes: Record<string, (directory: string) => void> = {
  "content of the same size": (directory) => writeFileSync(join(directory, "note"), "world"),
  "content with the time put back": (directory) => {
    writeFileSync(join(directory, "note"), "world");
    utimesSync(join(directory, "note"), 1, 1);
  },
  "a mode": (directory) => chmodSync(join(directory, "note"), 0o600),
  "a link's target": (directory) => {
    rmSync(join(directory, "start"));
    symlinkSync("bin/rum", join(directory, "start"));
  },
  "a size": (directory) => truncateSync(join(directory, "note"), 3),
  "a name": (directory) => cpSync(join(directory, "note"), join(directory, "note2")),
};
for (const [what, change] of Object.entries(changes)) {
  const skip = what === "a mode" && lacks("modes");
  test(`${what} makes another layer`, { skip }, async () => {
    const { directory, store, again, first, fresh } = await pushed();
    change(directory);
    const second = await again();
    assert.deepEqual(second, await fresh());
    assert.notEqual(second.digest, first.digest);
    assert.equal(store.layers, 2);
    assert.deepEqual(await again(), second);
    assert.equal(store.layers, 2);
  });
}

test("going back to what was pushed before is recognized too", async () => {
  const { directory, store, again, first } = await pushed();
  writeFileSync(join(directory, "note"), "world");
  await again();
  writeFileSync(join(directory, "note"), "hello");
  assert.equal((await again()).digest, first.digest);
  assert.equal(store.layers, 2);
});

test("options that change the layer's bytes make another layer", async () => {
  const { directory, store, again, fresh } = await pushed();
  utimesSync(join(directory, "note"), 5, 5);
  for (const more of [{ mtime: 7 }, { compression: "zstd" as const }, { keepMtime: true }]) {
    const sent = store.layers;
    assert.deepEqual(await again(more), await fresh(more));
    assert.equal(store.layers, sent + 1);
  }
  utimesSync(join(directory, "note"), 6, 6);
  assert.deepEqual(await again({ keepMtime: true }), await fresh({ keepMtime: true }));
  assert.equal(store.layers, 5);
});

test("a reproducible push is not answered with what the runtime's compressor made, nor the other way round", async () => {
  const reproducible = true;
  const { directory, store, again, fresh, first } = await pushed();
  writeFileSync(
    join(directory, "text"),
    "words that can be compressed, words and words\n".repeat(99),
  );
  const usual = await again();
  const pinned = await again({ reproducible });
  assert.notEqual(pinned.layer.digest, usual.layer.digest);
  assert.deepEqual(pinned, await fresh({ reproducible }));
  assert.equal(pinned.tree, usual.tree);
  assert.notEqual(pinned.tree, first.tree);
  assert.equal(store.layers, 3);
  assert.deepEqual(await again({ reproducible }), pinned);
  assert.deepEqual(await again(), usual);
  assert.equal(store.layers, 3);
});

test("a layer that the store no longer has is packed and sent", async () => {
  const { again, first } = await pushed();
  const other = new Counting();
  assert.deepEqual(await again({}, other), first);
  assert.equal(other.layers, 1);
});

test(
  "no cache, or none that can be used, is a push like any other",
  { skip: lacks("modes") },
  async () => {
    const { directory, cacheDir, store, again, first } = await pushed();
    assert.deepEqual(await again({ cacheDir: undefined }), first);
    assert.deepEqual(await again({ cacheDir: join(directory, "note") }), first);
    chmodSync(cacheDir, 0o777);
    assert.deepEqual(await again(), first);
    assert.equal(store.layers, 4);
  },
);

test("an index that is damaged, forged or from elsewhere never makes a wrong artifact", async () => {
  const { root, cacheDir, store, again, first } = await pushed();
  const wrong = await push(store, { entries: [{ path: "evil", type: "directory" }] }, {});
  const path = indexFile(cacheDir);
  const whole = readFileSync(path);
  const code = whole.subarray(0, CODE_BYTES);
  const records = JSON.parse(recordsIn(cacheDir));
  const forge = (value: unknown) => Buffer.concat([code, Buffer.from(JSON.stringify(value))]);
  const { digest, size } = wrong.layer;
  const named = records.map((one: { layer: object }) => ({
    ...one,
    layer: { ...one.layer, digest, size },
  }));
  const hostile = [
    Buffer.from(""),
    code,
    whole.subarray(0, -20),
    Buffer.from(whole.toString("latin1").replace(first.layer.digest, digest), "latin1"),
    forge(named),
    forge({ length: 1 }),
    forge(null),
    forge(7),
    Buffer.from("[".repeat(100_000)),
  ];
  for (const bytes of hostile) {
    writeFileSync(path, bytes);
    const sent = store.layers;
    assert.deepEqual(await again(), first, bytes.toString("latin1").slice(0, 300));
    assert.equal(store.layers, sent + 1);
  }

  // What another directory vouched for, whole and right as it is, is nothing here.
  const moved = join(root, "moved");
  cpSync(cacheDir, moved, { recursive: true });
  chmodSync(moved, 0o700);
  const sent = store.layers;
  assert.deepEqual(await again({ cacheDir: moved }), first);
  assert.equal(store.layers, sent + 1);
});

test("a file that changes before it was hashed is refused, and no tag is set", async () => {
  const { directory, store, again } = await pushed();
  store.onHas = () => {
    store.onHas = () => {};
    writeFileSync(join(directory, "note"), "longer than before");
  };
  await assert.rejects(again({ tags: ["v2"] }), { code: "source-changed", message: /note/ });
  await assert.rejects(store.resolve("v2"), { code: "not-found" });
});

test("a tree that is worth threads is recognized, and walked anew when it is another", {
  skip: lacks("modes"),
}, async () => {
  const { directory, store, again, fresh } = await pushed();
  writeFileSync(join(directory, "a-large"), "");
  truncateSync(join(directory, "a-large"), 25 << 20);
  mkdirSync(join(directory, "z"));
  for (let i = 0; i < 300; i++) writeFileSync(join(directory, `z/${i}`), String(i % 10));
  const withTwo = (run: (options: PushSettings) => Promise<PushResult>) =>
    withThreads(2, (threads) => run({ threads }));
  const large = await withTwo(again);
  assert.equal(store.layers, 2);
  assert.deepEqual(await withTwo(again), large);
  assert.deepEqual(await again(), large);
  assert.equal(store.layers, 2);
  writeFileSync(join(directory, "z/299"), "x");
  const changed = await withTwo(again);
  assert.equal(store.layers, 3);
  assert.deepEqual(changed, await withTwo(fresh));
  assert.notEqual(changed.digest, large.digest);
  chmodSync(join(directory, "z/299"), 0o600);
  assert.deepEqual(await withTwo(again), await withTwo(fresh));
  assert.equal(store.layers, 4);
});

test("warnings are given each time, and once", async () => {
  const { directory, again } = await pushed();
  writeFileSync(join(directory, ".env"), "TOKEN=hunter2");
  const warned = async () => {
    const notices: Notice[] = [];
    await again({ onNotice: (notice) => notices.push(notice) });
    return notices.map((notice) => notice.code);
  };
  assert.deepEqual(await warned(), ["likely-secrets"]);
  assert.deepEqual(await warned(), ["likely-secrets"]);
  writeFileSync(join(directory, ".env"), "TOKEN=hunter3");
  assert.deepEqual(await warned(), ["likely-secrets"]);
  writeFileSync(join(directory, ".env"), "TOKEN=");
  assert.deepEqual(await warned(), []);
});

/** Runs with a clock that is so far ahead that what was just written is old. */
async function hourLater<T>(run: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
  try {
    return await run();
  } finally {
    Date.now = now;
  }
}

/** Whether the latest record says how the files lay on the disk. */
function remembersStamps(cacheDir: string): boolean {
  return "stamps" in JSON.parse(recordsIn(cacheDir))[0];
}

test("how files lie is remembered once they are old, and a change of one shows in its ctime", async () => {
  const { directory, cacheDir, store, again, first, fresh } = await pushed();
  assert.ok(!remembersStamps(cacheDir), "all of it was written a moment ago");
  assert.deepEqual(await hourLater(again), first);
  assert.ok(remembersStamps(cacheDir));
  assert.deepEqual(await hourLater(again), first);
  assert.equal(store.layers, 1);

  const note = join(directory, "note");
  const { mtime, ctimeMs } = statSync(note);
  do {
    writeFileSync(note, "world");
    utimesSync(note, mtime, mtime);
  } while (statSync(note).ctimeMs === ctimeMs); // a clock that has not ticked
  const second = await hourLater(again);
  assert.deepEqual(second, await fresh());
  assert.notEqual(second.digest, first.digest);
  assert.ok(remembersStamps(cacheDir));
  // What was put back lies otherwise, and is known by its contents.
  writeFileSync(note, "hello");
  assert.deepEqual(await hourLater(again), first);
  assert.equal(store.layers, 2);
});

test("a second push is signed like the first", async () => {
  const { store, again, first } = await pushed();
  const signed: string[] = [];
  const result = await again({
    signer: {
      sign(manifest) {
        signed.push(manifest.digest);
        const bytes = new Uint8Array([1]);
        return Promise.resolve({ mediaType: "application/vnd.acme.signature", bytes });
      },
    },
  });
  assert.deepEqual(signed, [first.digest]);
  assert.match(result.signature!, /^sha256:/);
  assert.equal(store.layers, 1);
});

test("an interrupted look stops", async () => {
  const { store, again } = await pushed();
  const stop = new AbortController();
  store.onHas = () => stop.abort();
  await assert.rejects(again({ signal: stop.signal }), { code: "interrupted" });
});
