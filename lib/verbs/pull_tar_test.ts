import { after, test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { layers, noise, removeScratch } from "../../tests/fakes/pulling.ts";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import type { Entry } from "../archive/entry.ts";
import { TarReader } from "../archive/tar/tar_reader.ts";
import type { Progress } from "../events.ts";
import { pullTar } from "./pull_tar.ts";
import type { PullSettings } from "./pull.ts";

after(removeScratch);

/** What is in a tar. */
function entriesOf(tar: Uint8Array): (Entry & { text: string })[] {
  const found: (Entry & { text: string })[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ ...entry, text: "" }),
    data: (bytes) => void (found.at(-1)!.text += new TextDecoder("latin1").decode(bytes)),
    fileEnd() {},
  });
  reader.write(tar);
  assert.ok(reader.end());
  return found;
}

/** Pulls into memory. */
async function tarred(layer: LayerSpec | LayerSpec[], options: PullSettings = {}) {
  const made = imageOf(...(Array.isArray(layer) ? layer : [layer]));
  const parts: Uint8Array[] = [];
  const take = (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes));
  const result = await pullTar(made.source, made.manifest, take, options);
  const tar = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return { ...made, result, tar, parts };
}

const lines = (tar: Uint8Array) =>
  entriesOf(tar).map(({ path, type, mode, mtime, linkTarget, text }) =>
    [path, type, mode.toString(8), mtime, linkTarget ?? text].join(" ")
  );

const EXPECTED = [
  "a.txt file 640 0 hello",
  "bin directory 755 0 ",
  "bin/run file 755 1000000 #!/bin/sh",
  "bin/same hardlink 640 0 a.txt",
  "empty directory 700 0 ",
  "implied/deep/f file 600 0 deep",
  "link symlink 644 0 bin/run",
  "ro directory 555 0 ",
  "ro/f file 444 0 read only",
  "zero file 666 0 ",
];

test("every form of layer gives the same tar, byte for byte", async () => {
  let first: Uint8Array | undefined;
  for (const [name, layer] of Object.entries(layers)) {
    const { tar, result } = await tarred(layer);
    assert.deepEqual([name, lines(tar)], [name, EXPECTED]);
    first ??= tar;
    assert.deepEqual([name, tar], [name, first]);
    assert.deepEqual([result.entries, result.bytes], [10, 27]);
  }
});

test("patterns and stripped components choose what is in it", async () => {
  const { tar } = await tarred(layers["eStargz"]!, {
    include: ["bin/", "deep"],
    exclude: ["run"],
    stripComponents: 1,
  });
  assert.deepEqual(lines(tar), ["deep/f file 600 0 deep", "same file 640 0 hello"]);
});

test("a tar that cannot be had is not begun", async () => {
  const escaping = stargz([{ name: "f", data: "f" }, { name: "l", type: "2", link: "../x" }]);
  const special = gzipSync(tarOf({ name: "f", data: "f" }, { name: "p", type: "6" }));
  for (
    const [layer, code, options] of [
      [escaping, "path-traversal", {}],
      [special, "invalid-archive", {}],
      [layers["eStargz"]!, "not-found", { include: ["nothing"] }],
      [layers["gzip"]!, "limit", { maxBytes: 10 }],
    ] as [LayerSpec, string, PullSettings][]
  ) {
    const { source, manifest } = imageOf(layer);
    const take = () => assert.fail("it is begun");
    await assert.rejects(pullTar(source, manifest, take, options), { code });
  }
});

const bytes = noise(60 * 20_000);
const many: TarItem[] = Array.from({ length: 60 }, (_, i) => ({
  name: `f${String(i).padStart(2, "0")}`,
  data: bytes.subarray(i * 20_000, (i + 1) * 20_000),
}));
/** In an order that is far from that of the paths. */
const mixed = many.map((_, i) => many[(i * 23) % 60]!);

test("a wrong chunk ends the tar before a byte of it, whatever the order of the layer", async () => {
  for (const order of [many, mixed]) {
    const change = (rows: Record<string, unknown>[]) =>
      rows.map((row) =>
        row.name === "f40"
          ? { ...row, digest: undefined, chunkDigest: "sha256:" + "0".repeat(64) }
          : row
      );
    const { source, manifest } = imageOf(stargz(order, { rows: change }));
    const parts: Uint8Array[] = [];
    const take = (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes));
    await assert.rejects(pullTar(source, manifest, take), { code: "integrity", message: /f40/ });
    const written = joined(parts);
    const wrong = many[40]!.data as Uint8Array;
    assert.equal(indexOf(written, wrong.subarray(0, 64)), -1);
  }
  const { blobs, source, manifest } = imageOf(gzipSync(tarOf(...many)));
  const blob = blobs.get(manifest.value.layers[0]!.digest)!;
  blob[blob.length - 5]! ^= 1;
  const take = () => assert.fail("it is begun");
  await assert.rejects(pullTar(source, manifest, take), { code: "integrity" });
});

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  return new TextDecoder("latin1").decode(bytes).indexOf(new TextDecoder("latin1").decode(wanted));
}

test("a layer in another order is asked for once, and the tar is sorted all the same", async () => {
  const sorted = await tarred(stargz(many));
  const other = await tarred(stargz(mixed));
  assert.deepEqual(other.tar, sorted.tar);
  for (const { source, manifest } of [sorted, other]) {
    const layer = manifest.value.layers[0]!.digest;
    assert.equal(source.requests.filter(({ digest }) => digest === layer).length, 2);
  }
  assert.deepEqual([other.result.reused, sorted.result.reused], [0, 0]);
  assert.equal(other.result.fetched, other.source.bytes - configOf(other));
});

function configOf({ manifest }: ReturnType<typeof imageOf>): number {
  return manifest.value.config.size;
}

test("layers over each other give the tree that they make together", async () => {
  const lower: TarItem[] = [{ name: "a/gone", data: "x" }, { name: "a/new", data: "old" }, {
    name: "c",
    data: "c",
  }];
  const upper: TarItem[] = [{ name: "a/.wh.gone" }, { name: "a/new", data: "new" }, {
    name: "b",
    type: "1",
    link: "c",
  }];
  for (
    const pack of [(one: TarItem[]) => stargz(one), (one: TarItem[]) => gzipSync(tarOf(...one))]
  ) {
    const { tar } = await tarred([pack(lower), pack(upper)]);
    assert.deepEqual(lines(tar), [
      "a/new file 644 0 new",
      "b file 644 0 c",
      "c hardlink 644 0 b",
    ]);
  }
});

test("memory is bounded: what takes the bytes is waited for", async () => {
  const { source, manifest } = imageOf(stargz(many));
  let taken = 0;
  let waiting = 0;
  const seen: Progress[] = [];
  await pullTar(source, manifest, async (bytes) => {
    assert.equal(waiting++, 0);
    taken += bytes.length;
    await Promise.resolve();
    waiting--;
  }, { onProgress: (progress) => void seen.push(progress) });
  assert.ok(taken > 60 * 20_000);
  const last = seen.filter(({ finished }) => finished);
  assert.deepEqual(last.map(({ phase, done, unit }) => [phase, done > 0, unit]), [
    ["download", true, "bytes"],
    ["unpack", true, "entries"],
  ]);
});

test("what takes the bytes may fail, and a signal stops it", async () => {
  const { source, manifest } = imageOf(stargz(many));
  const mine = new Error("mine");
  await assert.rejects(pullTar(source, manifest, () => Promise.reject(mine)), mine);
  const stop = new AbortController();
  const take = () => Promise.resolve(stop.abort());
  await assert.rejects(pullTar(source, manifest, take, { signal: stop.signal }), {
    code: "interrupted",
  });
});
