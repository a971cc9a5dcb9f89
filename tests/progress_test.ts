/** Progress of every verb: each phase goes forward, stays within its total, and ends once. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Client, MemoryStore, type Observer, type Phase, type Progress } from "../mod.ts";
import { startRegistry } from "./fakes/registry/fake_registry.ts";
import { noise } from "./fakes/pulling.ts";
import { imageOf, type LayerSpec, stargz, tarOf } from "./fakes/tar.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";

useOwnTemporary();

const MiB = 1024 * 1024;
const content = noise(1.6 * MiB) as Uint8Array<ArrayBuffer>;

/** Checks the reports of one call, and gives the last of each phase. */
function check(what: string, reports: readonly Progress[]): Partial<Record<Phase, Progress>> {
  const last: Partial<Record<Phase, Progress>> = {};
  for (const report of reports) {
    const { phase, done, total, unit } = report;
    const before = last[phase];
    const story = `${what}: ${JSON.stringify([before, report])}`;
    assert.ok(!before?.finished, story);
    assert.ok(done >= (before?.done ?? 0), story);
    assert.ok(total === undefined || done <= total, story);
    assert.ok(before === undefined || before.unit === unit, story);
    if (before?.total !== undefined) assert.ok(total !== undefined && total >= before.total, story);
    assert.deepEqual(Object.keys(report).filter((key) => key === "part"), []);
    last[phase] = report;
  }
  for (const report of Object.values(last)) {
    assert.ok(report.finished, `${what}: ${JSON.stringify(report)} is the last`);
    assert.equal(report.done, report.total, what);
  }
  return last;
}

/** Makes a store with an image of layers. */
async function stored(store: MemoryStore, tag: string, ...layers: LayerSpec[]): Promise<void> {
  const { manifest, blobs } = imageOf(...layers);
  for (const descriptor of [manifest.value.config, ...manifest.value.layers]) {
    const writer = await store.begin(descriptor.mediaType);
    await writer.write(blobs.get(descriptor.digest)!);
    await writer.commit(descriptor);
  }
  await store.put(manifest.descriptor, manifest.bytes);
  await store.tag(tag, manifest.descriptor);
}

test("progress of every verb goes forward, stays within its total and ends once", async () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-progress-"));
  const registry = await startRegistry();
  const store = new MemoryStore();
  await using client = new Client({
    credentials: () => Promise.resolve(undefined),
    jobs: 2,
    cacheDir: join(root, "cache"),
  });
  const run = async (what: string, call: (observer: Observer) => Promise<unknown>) => {
    const reports: Progress[] = [];
    await call({ onProgress: (report) => void reports.push(report) });
    return check(what, reports);
  };
  const phases = (found: object) => Object.keys(found).sort();
  try {
    for (const [name, files] of [["small", 2], ["large", 8]] as const) {
      mkdirSync(join(root, name));
      for (let i = 0; i < files; i++) writeFileSync(join(root, name, `${i}`), content);
    }
    const ref = `${registry.host}/acme/app`;
    const names = { small: 2, large: 8 };
    for (const [name, files] of Object.entries(names)) {
      const directory = join(root, name);
      const pushed = await run(`push ${name}`, (how) => client.push({ directory }, ref, how));
      assert.deepEqual(phases(pushed), ["pack", "upload", "walk"]);
      assert.equal(pushed.walk!.done, files);
      assert.equal(pushed.pack!.done, files * content.length, "bytes of content");
      assert.ok(pushed.upload!.done > pushed.pack!.done, "noise does not shrink");
      const again = await run(`push ${name} again`, (how) => client.push({ directory }, ref, how));
      assert.deepEqual(phases(again), ["walk"]);
      const made = await run(`digest ${name}`, (how) => client.digest({ directory }, how));
      assert.deepEqual(phases(made), ["pack", "walk"]);
      writeFileSync(join(directory, "0"), content.slice(1)); // known in part
      await run(`push ${name} changed`, (how) => client.push({ directory }, ref, how));
      const taken = await run(
        `push ${name} to a tag that is taken`,
        (how) => client.push({ directory }, ref, { ...how, ifAbsent: true, keepMtime: false }),
      );
      assert.ok(!phases(taken).includes("upload"));
    }
    const first: Progress[] = [];
    const onProgress = (report: Progress) => void first.push(report);
    await client.push({ directory: join(root, "small") }, { store }, {
      onProgress,
      compression: "zstd",
    });
    const packs = first.filter(({ phase }) => phase === "pack");
    assert.ok(packs.length > 3 && packs.every(({ total }) => total === 2 * content.length - 1));

    const tar = tarOf({ name: "a", data: content }, { name: "b", data: "b" });
    const tarred = await run(
      "push a tar",
      (how) => client.push({ tar: new Blob([tar]).stream() }, { store }, how),
    );
    assert.equal(tarred.pack!.done, content.length + 1);
    const entries = [{ path: "a", type: "file" as const, content }];
    await run("push entries", (how) => client.push({ entries }, { store }, how));
    await run("push nothing", (how) => client.push({ entries: [] }, { store }, how));

    const pulled = await run("pull", (how) => client.pull(ref, join(root, "out"), how));
    assert.deepEqual(phases(pulled), ["download", "unpack"]);
    const noTable = gzipSync(tar);
    const table = stargz([{ name: "c", data: content }]);
    const other = gzipSync(tarOf({ name: "d", data: content }));
    await stored(store, "layers", noTable, table, other);
    const of = { store, reference: "layers" };
    await run("pull layers", (how) => client.pull(of, join(root, "layers"), how));

    const opened = await run("open", async (how) => {
      const image = await client.openImage(of, how);
      await image.close();
    });
    assert.equal(opened.download!.total, noTable.length + other.length, "of both at once");
    await run("list", (how) => client.list(of, how));
    await run("list entries", async (how) => {
      const listed = await client.list({ store, reference: "latest" }, how);
      for await (const _ of listed.entries());
    });
    await run("tree digest", (how) => client.treeDigest(of, how));
    const compared = await run("diff", async (how) => {
      const diff = await client.diff({ directory: join(root, "layers") }, of, how);
      assert.equal(diff.same, true);
      await diff.close();
    });
    assert.equal(compared.download!.total, noTable.length + other.length);
    assert.ok(compared.pack!.done > 3 * MiB, "files of one size are read");
    const copied = await run(
      "copy",
      (how) => client.copy(of, { store: new MemoryStore(), reference: "v1" }, how),
    );
    assert.ok(copied.copy!.done > 3 * MiB);
    const there = await run(
      "copy what is there",
      (how) => client.copy(of, { store, reference: "other" }, how),
    );
    assert.equal(there.copy!.done, copied.copy!.done);
    assert.deepEqual(await run("resolve", (how) => client.verify(of, how).catch(() => {})), {});
  } finally {
    await registry.close();
    rmSync(root, { recursive: true });
  }
});

test("progress of a download that an image makes later is a phase of its own each time", async () => {
  const large = noise(9 * MiB) as Uint8Array<ArrayBuffer>;
  const store = new MemoryStore();
  const { manifest, blobs } = imageOf(large);
  const [layer] = manifest.value.layers;
  const value = {
    ...manifest.value,
    config: { ...manifest.value.config, mediaType: "application/vnd.acme.config" },
    layers: [{
      ...layer!,
      mediaType: "application/octet-stream",
      annotations: { "org.opencontainers.image.title": "model" },
    }],
  };
  for (const descriptor of [value.config, ...value.layers]) {
    const writer = await store.begin(descriptor.mediaType);
    await writer.write(blobs.get(descriptor.digest)!);
    await writer.commit(descriptor);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const { digestOf } = await import("../lib/digest.ts");
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await store.put(descriptor, bytes);
  const reports: Progress[] = [];
  await using client = new Client();
  for (let i = 0; i < 2; i++) {
    await using image = await client.openImage({ store, reference: descriptor.digest }, {
      onProgress: (report) => void reports.push(report),
    });
    const both = [image.read("model", { start: 5, end: 6 }), image.read("model", { end: 6 })];
    assert.deepEqual((await Promise.all(both)).map(({ length }) => length), [1, 6]);
    const { download } = check("read", reports.splice(0));
    assert.equal(download!.done, large.length);
  }
});

test("a download that broke off leaves nothing in the progress of the next", async () => {
  const store = new MemoryStore();
  const { digestOf } = await import("../lib/digest.ts");
  const layers = [];
  for (const [title, seed] of [["one", 1], ["other", 2]] as const) {
    const content = noise(9 * MiB) as Uint8Array<ArrayBuffer>;
    content[0] = seed;
    const mediaType = "application/octet-stream";
    const layer = { mediaType, digest: digestOf(content), size: content.length };
    const writer = await store.begin(mediaType);
    await writer.write(content);
    await writer.commit(layer);
    layers.push({ ...layer, annotations: { "org.opencontainers.image.title": title } });
  }
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const config = { ...layers[0]!, annotations: {}, mediaType: "application/vnd.acme.config" };
  const value = { schemaVersion: 2, mediaType, config, layers };
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest = digestOf(bytes);
  await store.put({ mediaType, digest, size: bytes.length }, bytes);
  const reports: Progress[] = [];
  const stop = new AbortController();
  await using client = new Client();
  await using image = await client.openImage({ store, reference: digest }, {
    onProgress: (report) => {
      reports.push(report);
      if (report.done > 0) stop.abort();
    },
  });
  const broken = image.read("one", { signal: stop.signal });
  await assert.rejects(broken, { code: "interrupted" });
  reports.length = 0;
  await image.read("other", { end: 1 });
  // The download that broke off may end while the other runs, or before: its bytes count no more then.
  assert.deepEqual(reports.filter(({ finished }) => finished), [reports.at(-1)]);
  for (const { done, total } of reports) assert.ok(done <= total!, `${done} of ${total}`);
});
