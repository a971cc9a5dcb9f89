import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CountingStore, type Files, treeOn, withTrial } from "../../tests/fakes/onto_base.ts";
import { lacks } from "../../tests/fakes/only_on.ts";
import { digestOf } from "../digest.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import type { Manifest } from "../types.ts";

const FILLER = "x".repeat(40_000);
const OLD: Files = {
  "same": "same",
  "large": Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join(""),
  "changed": "before",
  "longer": "a",
  "gone": "gone",
  "dir/gone/deep/file": "gone",
  "dir/stays": "stays",
  "dir/script": { script: "#!/bin/sh\n" },
  "file-to-dir": "file",
  "dir-to-file/a": "a",
  "link": { to: "same" },
  "link-to-file": { to: "same" },
  "emptied/a": "a",
  "emptied/b": "b",
  "empty": null,
  "filler/0": FILLER,
};
const NEW: Files = {
  "same": "same",
  "large": OLD["large"]!,
  "changed": "after!",
  "longer": "ab",
  "dir/stays": "stays",
  "dir/script": "#!/bin/sh\n",
  "dir/new/file": "new",
  "file-to-dir/below": "below",
  "dir-to-file": "file now",
  "link": { to: "changed" },
  "link-to-file": "file",
  "emptied": null,
  "filler/0": FILLER,
};

test("a push onto a base puts what differs on top, and its tree is that of a whole push", () =>
  withTrial(async (trial) => {
    const { client, store } = trial;
    for (const options of [{}, { compression: "zstd" }, { reproducible: true }] as const) {
      trial.fill(OLD);
      const old = await trial.push(options);
      store.layers = store.whole = 0;
      trial.fill(NEW);
      const { base, tree, layer, digest, ...now } = await trial.push({ ...options, base: "auto" });
      assert.deepEqual(trial.codes, []);
      const { tree: expected, files, bytes } = await trial.fresh(options);
      assert.deepEqual({ tree, files: now.files, bytes: now.bytes }, {
        tree: expected,
        files,
        bytes,
      });
      assert.deepEqual(base, {
        ...{ digest: old.digest, kept: 1, absorbed: 0, sent: layer.size },
        layers: [old.layer, layer].map(({ digest, size }) => ({ digest, size })),
      });
      assert.deepEqual([store.layers, store.whole], [1, 0]);
      assert.ok(layer.size < old.layer.size / 10, `${layer.size}`);
      const wanted = treeOn(trial.directory);
      assert.deepEqual(await trial.pulled(), wanted);
      // The layer holds what changed, the directories on the way, and what takes the rest away.
      const table = await client.raw({ store, reference: digest }, "table", { layer: 2 });
      const { entries } = JSON.parse(new TextDecoder().decode(table.bytes));
      assert.deepEqual(entries.map(({ name }: { name: string }) => name), [
        ...[".wh.empty", ".wh.gone", "changed", "dir-to-file", "dir/", "dir/.wh.gone"],
        ...["dir/new/", "dir/new/file", "dir/script", "emptied/", "emptied/.wh.a", "emptied/.wh.b"],
        ...["file-to-dir/", "file-to-dir/below", "link", "link-to-file", "longer"],
      ]);
      await readsAs(trial.directory, wanted);

      // The same again is the same, whoever asks: nothing is made.
      store.layers = 0;
      const again = await trial.push({ ...options, base: "auto" });
      assert.equal(again.digest, digest);
      assert.deepEqual([again.base?.kept, again.base?.sent, again.layer], [2, 0, layer]);
      assert.equal(store.layers, 0);
      const named = { store, reference: old.digest };
      assert.equal((await trial.push({ ...options, base: named })).digest, digest);
      assert.equal((await trial.fresh({ ...options, base: named })).digest, digest);

      // What was before is before: the layer on top goes.
      trial.fill(OLD);
      const back = await trial.push({ ...options, base: "auto" });
      assert.deepEqual([back.digest, back.base?.absorbed, back.base?.kept], [old.digest, 1, 1]);
    }

    /** All that reads artifacts finds the tree in several layers. */
    async function readsAs(directory: string, wanted: Record<string, string>) {
      const ref = { store, reference: "t" };
      const { names } = await namesOf(await client.list(ref));
      const all = Object.keys(wanted);
      assert.deepEqual(names.toSorted(), all.toSorted());
      const image = await client.openImage(ref);
      assert.equal(await textOf(await image.open("changed")), "after!");
      assert.equal(await textOf(await image.open("same")), "same");
      await assert.rejects(image.open("gone"), { code: "not-found" });
      await assert.rejects(image.open("dir/gone/deep/file"), { code: "not-found" });
      await image.close();
      const diff = await client.diff(ref, { directory });
      assert.deepEqual([...diff.changes], []);
      await diff.close();
      const { tree } = await client.treeDigest(ref);
      assert.equal(tree, (await client.treeDigest({ directory })).tree);
      const copy = { store: new MemoryStore(), reference: "c" };
      await client.copy(ref, copy);
      assert.equal((await client.treeDigest(copy)).tree, tree);
      const { layers } = (await client.inspect(ref)) as unknown as { layers: unknown[] };
      assert.equal(layers.length, 2);
    }
  }));

async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return await new Response(stream).text();
}

async function namesOf(list: Awaited<ReturnType<import("../client.ts").Client["list"]>>) {
  const names: string[] = [];
  for await (const entry of list.entries()) names.push(entry.path);
  return { names };
}

test("layers on top are absorbed, and one whole layer is made when there is too much", () =>
  withTrial(async (trial) => {
    // Content that does not compress, so that sizes are what they seem.
    const noise = (seed: number) => {
      let [text, at] = ["", seed];
      for (let i = 0; i < 1500; i++) {
        text += String.fromCharCode(33 + (at = (at * 75 + 74) % 65537) % 90);
      }
      return text;
    };
    const files: Files = {};
    for (let i = 0; i < 200; i++) files[`d${i % 20}/f${i}`] = noise(i);
    trial.fill(files);
    const { layer: { size: whole } } = await trial.push();
    const shapes: string[] = [];
    let sent = 0;
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 2; i++) {
        const path = `d${(turn * 2 + i) % 20}/f${turn * 2 + i}`;
        writeFileSync(join(trial.directory, path), noise(1000 + turn * 2 + i));
      }
      const { base } = await trial.push({ base: "auto" });
      sent += base!.sent / whole;
      const stored = base!.layers.reduce((sum, { size }) => sum + size, 0) / whole;
      assert.ok(base!.layers.length <= 5 && stored <= 1.3, `${base!.layers.length} ${stored}`);
      shapes.push(`${base!.layers.length}${base!.whole ?? ""}`);
    }
    assert.ok(sent / 20 <= 0.05, `${sent / 20}`);
    assert.equal(shapes.slice(0, 8).join(" "), "2 2 3 2 3 3 4 2");
    assert.deepEqual(await trial.pulled(), treeOn(trial.directory));
    for (let i = 0; i < 100; i++) {
      writeFileSync(join(trial.directory, `d${i % 20}/f${i}`), noise(i + 5000));
    }
    const { base, digest } = await trial.push({ base: "auto" });
    assert.deepEqual([base?.whole, base?.kept, base?.layers.length], ["size", 0, 1]);
    assert.deepEqual(trial.codes, ["whole-layer"]);
    assert.equal(digest, (await trial.fresh()).digest);
  }));

test("a base that does not fit is left aside, and that is said", () =>
  withTrial(async (trial) => {
    const { client, store } = trial;
    const why = async (options: Parameters<typeof trial.push>[0]) => {
      const { base, digest } = await trial.push(options);
      const { base: _, ...plain } = options!;
      assert.equal(digest, (await trial.fresh(plain)).digest);
      assert.deepEqual(trial.codes, ["whole-layer"]);
      return base?.whole;
    };
    trial.fill({ a: "a", b: FILLER });
    assert.equal(await why({ base: "auto" }), "no-base");
    await assert.rejects(trial.push({ base: { store, reference: "none" } }), { code: "not-found" });
    writeFileSync(join(trial.directory, "a"), "b");
    const on = (reference: string) => ({ base: { store, reference } });
    await trial.push({}, "plain");
    assert.equal(await why({ ...on("plain"), compression: "zstd" }), "other-options");
    assert.equal(await why({ ...on("plain"), reproducible: true }), "other-options");
    assert.equal(
      await why({ ...on("plain"), platform: { os: "linux", architecture: "arm64" } }),
      "other-platform",
    );
    assert.equal(await why({ ...on("plain"), mtime: 5 }), "size");
    await client.push({ files: [{ content: new Uint8Array(3), title: "f" }] }, {
      store,
      reference: "files",
    });
    assert.equal(await why(on("files")), "foreign");
    const plain = await store.resolve("plain");
    const index = new TextEncoder().encode(JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{ ...plain, platform: { os: "linux", architecture: "amd64" } }],
    }));
    const root = {
      mediaType: "application/vnd.oci.image.index.v1+json",
      digest: digestOf(index),
      size: index.length,
    };
    await store.put(root, index);
    await store.tag("index", root);
    assert.equal(await why(on("index")), "other-platform");
    // A table is what comparing takes: an archive without one is foreign.
    const document = await readDocument(store, plain, {}) as { value: Manifest };
    const { layers: [layer], ...rest } = document.value;
    const without = new TextEncoder().encode(JSON.stringify({
      ...rest,
      layers: [{ ...layer, annotations: {} }],
    }));
    const bare = { ...plain, digest: digestOf(without), size: without.length };
    await store.put(bare, without);
    await store.tag("bare", bare);
    assert.equal(await why(on("bare")), "foreign");
    for (
      const input of [{ entries: [] }, { tar: new ReadableStream() }, { files: [] }] as never[]
    ) {
      await assert.rejects(
        client.push(input, { store, reference: "t" }, { base: "auto" }),
        { code: "invalid-option", message: /option base does not apply/ },
      );
    }
    await assert.rejects(client.digest({ directory: trial.directory }, { base: "auto" }), {
      code: "invalid-option",
    });
  }));

test("nothing is sent of layers that can be mounted, and a base elsewhere is copied", () =>
  withTrial(async (trial) => {
    const { client, directory } = trial;
    trial.fill({ a: "a", b: FILLER });
    const first = await trial.push();
    writeFileSync(join(directory, "a"), "b");
    const base = { store: trial.store, reference: "t" };
    const mounts = { store: new CountingStore(), reference: "t" };
    const mounted = await client.push({ directory }, mounts, { base });
    assert.equal(mounted.base?.sent, mounted.layer.size);
    class Strange extends MemoryStore {
      override mount = () => Promise.resolve(false);
    }
    const strange = { store: new Strange(), reference: "t" };
    const copied = await client.push({ directory }, strange, { base });
    assert.equal(copied.base?.sent, first.layer.size + copied.layer.size);
    assert.equal(copied.digest, mounted.digest);
    const { tree } = await client.treeDigest({ directory });
    for (const ref of [mounts, strange]) assert.equal((await client.treeDigest(ref)).tree, tree);
  }));

test("a tag that may not move names what would be made, or is left alone", () =>
  withTrial(async (trial) => {
    const { store, directory } = trial;
    trial.fill({ a: "a", b: FILLER });
    await trial.push({}, "base");
    const base = { store, reference: "base" };
    writeFileSync(join(directory, "a"), "b");
    const { digest } = await trial.push({ base, ifAbsent: true });
    store.layers = 0;
    assert.equal((await trial.push({ base, ifAbsent: true })).digest, digest);
    assert.equal(store.layers, 0);
    writeFileSync(join(directory, "a"), "c");
    await assert.rejects(trial.push({ base, ifAbsent: true }), { code: "conflict" });
    assert.equal((await store.resolve("t")).digest, digest);
    assert.equal(store.layers, 0);
  }));

test("private keys in files that the base has are refused as in any push", () =>
  withTrial(async (trial) => {
    const { generateKeyPairSync } = await import("node:crypto");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    trial.fill({ a: "a", key: pem, b: FILLER });
    const { digest } = await trial.push({ allowSecrets: true });
    writeFileSync(join(trial.directory, "a"), "b");
    await assert.rejects(trial.push({ base: "auto" }), { code: "private-key" });
    assert.equal((await trial.store.resolve("t")).digest, digest);
    const { base } = await trial.push({ base: "auto", allowSecrets: true });
    assert.equal(base?.kept, 1);
    assert.deepEqual(trial.codes, ["likely-secrets"]);
  }));

test("times are kept as the push says", { skip: lacks("modes") }, () =>
  withTrial(async (trial) => {
    trial.fill({ "a": "a", "d/b": "b", "filler": FILLER });
    const set = (path: string, at: number) => utimesSync(join(trial.directory, path), at, at);
    for (const path of ["a", "d/b", "d", "filler"]) set(path, 1000);
    const keepMtime = true;
    await trial.push({ keepMtime });
    set("a", 2000);
    mkdirSync(join(trial.directory, "d/new"));
    set("d/new", 3000);
    set("d", 4000);
    const { base, digest } = await trial.push({ keepMtime, base: "auto" });
    assert.equal(base?.kept, 1);
    const out = join(trial.root, "times");
    await trial.client.pull({ store: trial.store, reference: digest }, out);
    const times = ["a", "d", "d/b", "d/new", "filler"].map((path) =>
      statSync(join(out, path)).mtimeMs
    );
    assert.deepEqual(times, [2000, 4000, 1000, 3000, 1000].map((at) => at * 1000));
    assert.deepEqual(readdirSync(join(out, "d")).sort(), ["b", "new"]);
  }));

test("whatever changes, the layers make the tree", () =>
  withTrial(async (trial) => {
    let seed = 4711;
    const next = (below: number) => (seed = (seed * 75 + 74) % 65537) % below;
    const name = () => ["a", "b", "c", "d.x", "e e"][next(5)]!;
    const path = () => Array.from({ length: 1 + next(4) }, name).join("/");
    const files = new Map<string, Files[string]>([["filler", FILLER]]);
    const whole = new Set<unknown>();
    const depths = new Set<number>();
    for (let round = 0; round < 60; round++) {
      for (let i = next(6); i >= 0; i--) {
        const at = path();
        for (const other of [...files.keys()]) {
          const clash = other === at || other.startsWith(`${at}/`) || at.startsWith(`${other}/`);
          if (clash) files.delete(other);
        }
        const kind = next(6);
        if (kind > 1) files.set(at, kind === 2 ? null : kind === 3 ? { to: name() } : `${next(9)}`);
      }
      trial.fill(Object.fromEntries(files));
      const { tree, base } = await trial.push({ base: "auto" });
      assert.equal(tree, (await trial.fresh()).tree);
      assert.equal(
        (await trial.client.treeDigest({ store: trial.store, reference: "t" })).tree,
        tree,
      );
      whole.add(base!.whole);
      depths.add(base!.layers.length);
      if (round % 10 === 9) assert.deepEqual(await trial.pulled(), treeOn(trial.directory));
    }
    assert.ok(depths.size > 2, [...depths].join());
    assert.ok(whole.has("size") && whole.has(undefined));
  }));
