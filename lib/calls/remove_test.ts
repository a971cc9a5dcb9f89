import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bench, closeAfter } from "../../tests/fakes/registry/registry_bench.ts";
import { rich } from "../../tests/fakes/rich_artifact.ts";
import { all, blobOf, documentOf, sample, writeBlob } from "../../tests/fakes/store_suite.ts";
import { Client } from "../client.ts";
import { LayoutStore } from "../stores/layout/layout_store.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { MEDIA_TYPE } from "../types.ts";

const credentials = () => Promise.resolve(undefined);

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "blobber-remove-"));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("a removal names what it is about, in one place", async () => {
  const client = closeAfter(new Client());
  const [store, other] = [new MemoryStore("one"), new MemoryStore("two")];
  await sample(store, "content", { tag: "latest" });
  await assert.rejects(client.remove({ store }), {
    code: "invalid-reference",
    message: /names neither a tag nor a digest/,
  });
  await assert.rejects(client.remove([]), { code: "invalid-reference" });
  const both = [{ store, reference: "latest" }, { store: other, reference: "latest" }];
  await assert.rejects(client.remove(both), {
    code: "invalid-reference",
    message: /is in another place/,
  });
  const confirm = () => {
    throw new RangeError("mine");
  };
  await assert.rejects(client.remove(both[0]!, { confirm }), RangeError);
  assert.deepEqual(await client.tags({ store }), ["latest"]);
  const progress: unknown[] = [];
  const onProgress = (one: unknown) => void progress.push(one);
  const found = await client.remove(both[0]!, { onProgress });
  assert.deepEqual([found.name, found.removed, found.goes.length], ["one", true, 2]);
  assert.deepEqual(progress.at(-1), {
    phase: "remove",
    done: 2,
    total: 2,
    unit: "entries",
    finished: true,
  });
});

test("a cache answers no more for what was removed through it", () =>
  inDirectory(async (cacheDir) => {
    const { registry, store } = await bench();
    const { artifact } = await rich(store);
    const client = closeAfter(new Client({ credentials, cacheDir, cacheTtl: 60_000 }));
    const ref = `${registry.host}/a/b:v1`;
    const verifier = { accepts: () => false, verify: () => Promise.reject(new Error("none")) };
    const read = (ref: string) => client.verify(ref, { verifier });
    for (let n = 0; n < 2; n++) await assert.rejects(read(ref), { code: "no-signature" });
    registry.clear();
    await assert.rejects(read(ref), { code: "no-signature" });
    assert.ok(!registry.log().some((line) => line.includes("/manifests/v1")), "it is cached");
    await client.remove(ref);
    await assert.rejects(read(ref), { code: "not-found" });
    await assert.rejects(read(`${registry.host}/a/b@${artifact.digest}`), { code: "not-found" });
  }));

test("a layout lets go of blobs that nothing names any more, and of no other", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const client = closeAfter(new Client());
    await rich(store);
    const before = readdirSync(join(directory, "blobs/sha256"));
    const shared = await sample(store, "content", { tag: "v2", annotations: { "org.x": "y" } });
    const loose = blobOf("loose");
    await writeBlob(store, loose, "loose");
    const found = await client.remove(`oci:${directory}:v1`);
    assert.equal(found.freed.kept, undefined);
    const left = readdirSync(join(directory, "blobs/sha256")).map((hex) => `sha256:${hex}`);
    const named = [blobOf("content"), blobOf("{}", MEDIA_TYPE.empty), shared, loose];
    assert.deepEqual(left.sort(), named.map(({ digest }) => digest).sort());
    assert.equal(found.freed.blobs, before.length - 2);
    assert.deepEqual(await all(store.tags()), ["v2"]);
    assert.deepEqual(readdirSync(directory).sort(), ["blobs", "index.json", "oci-layout"]);
  }));

test("a push and a removal of the same content leave nothing without its blobs", () =>
  inDirectory(async (directory) => {
    const [pushing, removing] = [new LayoutStore(directory), new LayoutStore(directory)];
    const [layer, config] = [blobOf("content"), blobOf("{}", MEDIA_TYPE.empty)];
    const manifest = (n: number) =>
      documentOf(MEDIA_TYPE.manifest, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.manifest,
        config,
        layers: [layer],
        annotations: { "org.x": `${n}` },
      });
    const [old] = [await sample(removing, "content")];
    // What was written again since stays.
    await writeBlob(pushing, layer, "content");
    await writeBlob(pushing, config, "{}");
    const freed = await removing.remove(old);
    assert.match(freed.kept!, /was written again since/);
    await pushing.put(...manifest(1));
    assert.equal(await pushing.has(layer), true);
    // What was only found, and is gone, is told.
    const [next] = manifest(1);
    assert.equal(await pushing.has(layer), true);
    await removing.remove(next);
    await assert.rejects(pushing.put(...manifest(2)), {
      code: "conflict",
      message: /was removed from oci:.* before a manifest with it was written/,
    });
    await assert.rejects(pushing.resolve(manifest(2)[0].digest), { code: "not-found" });
    await writeBlob(pushing, layer, "content");
    await pushing.put(...manifest(2));
  }));

test("where a manifest cannot be read, its layout keeps all blobs, and says why", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const [one, two] = [await sample(store, "one"), await sample(store, "two")];
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(directory, "blobs/sha256", two.digest.slice(7)), "damaged");
    const freed = await new LayoutStore(directory).remove(one);
    assert.deepEqual([freed.blobs, freed.bytes], [0, 0]);
    assert.match(freed.kept!, /cannot be read, so that what it names is not known/);
    assert.equal(await store.has(blobOf("one")), true);
  }));

test("a layout that lists what is no manifest known here keeps all blobs: it may name some", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const one = await sample(store, "one");
    const { readFileSync, writeFileSync } = await import("node:fs");
    const file = join(directory, "index.json");
    const index = JSON.parse(readFileSync(file, "utf8"));
    const mediaType = "application/vnd.oci.artifact.manifest.v1+json";
    index.manifests.push({ mediaType, digest: `sha256:${"0".repeat(64)}`, size: 2 });
    writeFileSync(file, JSON.stringify(index));
    const freed = await new LayoutStore(directory).remove(one);
    assert.equal(freed.blobs, 0);
    assert.match(freed.kept!, /what it names is not known/);
    assert.equal(await store.has(blobOf("one")), true);
  }));
