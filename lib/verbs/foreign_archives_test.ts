/** Archives as other programs write them, read and pulled in every form of layer. */

import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  pullOf,
  refused,
  removeScratch,
  scratch,
  snapshot,
  withoutModes,
} from "../../tests/fakes/pulling.ts";
import {
  imageOf,
  type LayerSpec,
  type LooseRow,
  stargz,
  type TarItem,
  tarOf,
} from "../../tests/fakes/tar.ts";
import type { Notice } from "../events.ts";
import { openImage } from "./image.ts";
import { readDocument } from "../artifact/manifest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { pull } from "./pull.ts";
import { type InputEntry, push } from "./push.ts";
import type { Document, Manifest } from "../types.ts";

after(removeScratch);

/** The same entries without a table, with one, and with one of the other format. */
function formsOf(items: TarItem[], rows?: (rows: LooseRow[]) => LooseRow[]): LayerSpec[] {
  return [
    gzipSync(tarOf(...items)),
    stargz(items, { rows }),
    stargz(items, { rows, format: "zstd" }),
  ];
}

async function textOf(layer: LayerSpec | LayerSpec[], path: string): Promise<string> {
  const { source, manifest } = imageOf(...Array.isArray(layer) ? layer : [layer]);
  const image = await openImage(source, manifest);
  try {
    const stream = await image.open(path) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return await new Response(stream).text();
  } finally {
    await image.close();
  }
}

async function namesIn(layer: LayerSpec | LayerSpec[]): Promise<string[]> {
  const { source, manifest } = imageOf(...Array.isArray(layer) ? layer : [layer]);
  const image = await openImage(source, manifest);
  try {
    return (await image.entries()).map(({ type, path }) => `${type} ${path}`);
  } finally {
    await image.close();
  }
}

test("end-blocks: such layers are read and pulled, and it is said", async () => {
  const tar = tarOf({ name: "f", data: "hello" });
  for (const length of [1024, 1536]) {
    for (const layer of [gzipSync(tar.subarray(0, length)), tar.subarray(0, length)]) {
      const notices: Notice[] = [];
      const onNotice = (notice: Notice) => void notices.push(notice);
      const dir = join(scratch().path, "out");
      await pullOf(dir, layer, { onNotice });
      assert.deepEqual(snapshot(dir), withoutModes({ f: "644 hello" }));
      assert.equal(await textOf(layer, "f"), "hello");
      const said = notices.filter(({ code }) => code === "no-end-blocks");
      assert.deepEqual(said.map(({ level }) => level), ["debug"]);
    }
  }
});

test("end-blocks: a layer that is cut off is still refused", async () => {
  const tar = tarOf({ name: "f", data: "hello" }, { name: "g", data: "more" });
  await refused(tar.subarray(0, 1024 + 512), { code: "invalid-archive" });
});

test("absolute-names: entries arrive below the destination, in every form", async () => {
  const items: TarItem[] = [
    { name: "/", type: "5", mode: 0o755 },
    { name: "/etc/", type: "5", mode: 0o755 },
    { name: "/etc/f", data: "hello" },
    { name: "/hard", type: "1", link: "/etc/f" },
  ];
  for (const layer of formsOf(items)) {
    const dir = join(scratch().path, "out");
    await pullOf(dir, layer);
    assert.deepEqual(
      snapshot(dir),
      withoutModes({ etc: "dir 755", "etc/f": "644 hello", hard: "644 hello" }),
    );
    assert.equal(lstatSync(join(dir, "hard")).ino, lstatSync(join(dir, "etc/f")).ino);
    assert.equal(await textOf(layer, "/etc/f"), "hello");
    assert.equal(await textOf(layer, "hard"), "hello");
  }
  for (const name of ["/../x", "/etc/../../x"]) {
    for (const layer of formsOf([{ name }])) await refused(layer, { code: "path-traversal" });
  }
});

test("absolute-names: a row a line says the same as any other table", async () => {
  const lines = (json: string) =>
    json.replace('"entries":[', '"entries":[\n').replaceAll("},{", "},\n{").replace("]}", "\n]}\n");
  const items: TarItem[] = [{ name: "/a", type: "5" }, { name: "/b", data: "x" }];
  assert.deepEqual(await namesIn(stargz(items, { json: lines })), ["directory a", "file b"]);
});

test("hard-link-to-link: another name of the link, in every form", async () => {
  const items: TarItem[] = [
    { name: "d/f", data: "hello" },
    { name: "d/link", type: "2", link: "f", mtime: 77 },
    { name: "d/same", type: "1", link: "d/link" },
    { name: "d/third", type: "1", link: "d/same" },
  ];
  for (const layer of formsOf(items)) {
    const dir = join(scratch().path, "out");
    await pullOf(dir, layer);
    for (const name of ["link", "same", "third"]) {
      assert.equal(readlinkSync(join(dir, "d", name)), "f");
      assert.equal(lstatSync(join(dir, "d", name)).mtimeMs, 77_000);
      assert.equal(await textOf(layer, `d/${name}`), "hello");
    }
  }
});

test("hard-link-to-link: it is judged where it stands", async () => {
  const up: TarItem[] = [
    { name: "f", data: "x" },
    { name: "d/e/link", type: "2", link: "../../f" },
    { name: "d/same", type: "1", link: "d/e/link" },
  ];
  const absolute: TarItem[] = [
    { name: "link", type: "2", link: "/etc/passwd" },
    { name: "same", type: "1", link: "link" },
  ];
  for (const layer of [...formsOf(up), ...formsOf(absolute)]) {
    await refused(layer, { code: "path-traversal" });
  }
  // No chain of links leads out of this one; where a backslash separates, its text does.
  const windows = up.map((one) => one.type === "2" ? { ...one, link: "..\\..\\f" } : one);
  for (const layer of formsOf(windows)) await refused(layer, { code: "path-traversal" });
  for (const layer of formsOf(windows.slice(0, 2))) {
    await pullOf(join(scratch().path, "out"), layer);
  }
  // A link of a lower layer too.
  await refused([stargz(up.slice(0, 2)), stargz(up.slice(2))], { code: "path-traversal" });
  const through: TarItem[] = [...absolute, { name: "same/x", data: "no" }];
  for (const layer of formsOf(through)) {
    await refused(layer, { code: "path-traversal" }, { links: "keep" });
  }
});

test("hard-link-with-size: a table that repeats the file's size is read as the tar is", async () => {
  const items: TarItem[] = [{ name: "f", data: "hello" }, { name: "h", type: "1", link: "f" }];
  const rows = (rows: LooseRow[]) => rows.map((row) => ({ ...row, size: 5 }));
  for (const layer of formsOf(items, rows)) {
    const dir = join(scratch().path, "out");
    await pullOf(dir, layer);
    assert.deepEqual(snapshot(dir), withoutModes({ f: "644 hello", h: "644 hello" }));
  }
});

test("old-times: times before 1970 are set, in every form", async () => {
  const items: TarItem[] = [
    { name: "d/", type: "5", mode: 0o755 },
    { name: "d/f", data: "hello" },
    { name: "d/l", type: "2", link: "f" },
  ];
  const patch = (block: Uint8Array) => {
    block.fill(0xff, 136, 148);
    block[147] = 0xf6; // -10
  };
  const rows = (rows: LooseRow[]) =>
    rows.map((row) => ({ ...row, modtime: "1969-12-31T23:59:50Z" }));
  for (const layer of formsOf(items.map((one) => ({ ...one, patch })), rows)) {
    for (const exists of [false, true]) {
      const dir = join(scratch().path, "out");
      if (exists) mkdirSync(dir);
      await pullOf(dir, layer);
      for (const name of ["d", "d/f", "d/l"]) {
        assert.equal(lstatSync(join(dir, name)).mtimeMs, -10_000, name);
      }
    }
  }
});

for (const compression of ["gzip", "zstd"] as const) {
  test(`old-times: ${compression}: a push that keeps times keeps old ones, and clamps those that no table states`, async () => {
    const store = new MemoryStore("memory");
    const times = { a: -315_619_200, b: 2 ** 60, c: -(2 ** 60), d: -1.5 };
    const entries = Object.entries(times).map(([path, mtime]): InputEntry => {
      return { path, type: "file", content: new Uint8Array(3), mtime };
    });
    const { digest } = await push(store, { entries }, { compression, keepMtime: true });
    const manifest = await readDocument(store, await store.resolve(digest)) as Document<Manifest>;
    const dir = join(scratch().path, "out");
    await pull(store, manifest, dir);
    const seconds = Object.keys(times).map((name) => lstatSync(join(dir, name)).mtimeMs / 1000);
    const [first, last] = ["0002-01-01T00:00:00Z", "9999-12-31T23:59:59Z"].map(Date.parse);
    // What the file system here cannot store, it clamps itself.
    writeFileSync(join(dir, "probe"), "");
    const [most, least] = [last!, first!].map((time) => {
      utimesSync(join(dir, "probe"), new Date(time), new Date(time));
      return lstatSync(join(dir, "probe")).mtimeMs / 1000;
    });
    assert.deepEqual(seconds, [-315_619_200, most, least, -2]);
  });
}

test("old-times: what no table can state disagrees with none", async () => {
  const least = [0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]; // -2^63
  const most = [0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0]; // 2^62
  for (const time of [least, most]) {
    const patch = (block: Uint8Array) => block.set(time, 136);
    for (const layer of formsOf([{ name: "f", data: "hello", patch }])) {
      const dir = join(scratch().path, "out");
      await pullOf(dir, layer);
      assert.deepEqual(snapshot(dir), withoutModes({ f: "644 hello" }));
    }
  }
});

test("aufs-names: what the file system keeps for itself is no content", async () => {
  const items: TarItem[] = [
    { name: ".wh..wh.aufs" },
    { name: ".wh..wh.orph/", type: "5" },
    { name: ".wh..wh.plnk/", type: "5" },
    { name: ".wh..wh.plnk/1.2", data: "linked" },
    { name: ".wh.gone", type: "1", link: ".wh..wh.aufs" },
    { name: "f", data: "hello" },
  ];
  const lower = stargz([{ name: "gone", data: "x" }, { name: "kept", data: "y" }]);
  for (const layer of formsOf(items)) {
    const dir = join(scratch().path, "out");
    await pullOf(dir, [lower, layer]);
    assert.deepEqual(snapshot(dir), withoutModes({ f: "644 hello", kept: "644 y" }));
    assert.deepEqual(await namesIn([lower, layer]), ["file f", "file kept"]);
  }
  // Elsewhere, and under other names, they are no metadata.
  for (const name of [".wh..wh.other", "d/.wh..wh.plnk", ".wh..wh.plnkx"]) {
    for (const layer of formsOf([{ name }])) {
      await refused(layer, { code: "invalid-archive" });
    }
  }
});

/** A frame of one raw block. */
function frame(descriptor: number[], content: Uint8Array): Uint8Array {
  const size = content.length << 3 | 1;
  const head = [0x28, 0xb5, 0x2f, 0xfd, ...descriptor, size, size >> 8, size >> 16];
  return new Uint8Array([...head.map((byte) => byte & 0xff), ...content]);
}

test("zstd-window: a window that is too large is named, with the limit", async () => {
  const tar = tarOf({ name: "f", data: "hello" });
  const dir = join(scratch().path, "out");
  await pullOf(dir, frame([0, 17 << 3], tar)); // --long=27
  assert.deepEqual(snapshot(dir), withoutModes({ f: "644 hello" }));
  for (const [log, size] of [[28, 2 ** 28], [31, 2 ** 31]] as const) {
    const message = new RegExp(`window of ${size} bytes.*134217728.*MAX_ZSTD_WINDOW_BYTES`);
    await refused(frame([0, (log - 10) << 3], tar), { code: "limit", message });
  }
  // A frame of one segment is its own window; its content size has eight bytes here.
  const single = frame([0xe0, 0, 0, 0, 0, 1, 0, 0, 0], tar);
  await refused(single, { code: "limit", message: /window of 4294967296 bytes/ });
});

test("zstd-window: in a member that a table names too", async () => {
  const layer = stargz([{ name: "f", data: "hello" }], { format: "zstd" });
  const plain = tarOf({ name: "f", data: "hello" }).subarray(0, 1024);
  const member = frame([0, 18 << 3], plain);
  const old = zstdCompressSync(plain).length;
  // The rest of the layer begins elsewhere then: only its first member is asked for here.
  const blob = new Uint8Array([...member, ...layer.blob.subarray(old)]);
  const { inflateMembers } = await import("../archive/compression/inflate_members.ts");
  const into = new Uint8Array(4096);
  assert.throws(() => inflateMembers("zstd", blob, 0, member.length, into, 0, { most: 4096 }), {
    code: "limit",
    message: /window of 268435456 bytes/,
  });
});

const system: TarItem[] = [
  { name: "dev/console", type: "3", mode: 0o600 },
  { name: "dev/pipe", type: "6", mode: 0o600 },
  { name: "dev/sda", type: "4", mode: 0o600 },
  { name: "dev/tty", type: "1", link: "dev/console" },
  { name: "etc/os-release", data: "NAME=x" },
];
const types: Record<string, string> = { "3": "char", "4": "block", "6": "fifo" };
const typed = (rows: LooseRow[]) =>
  rows.map((row) => ({ ...row, type: types[row.type as string] ?? row.type }));

test("devices: reading shows them with their type and reads all else", async () => {
  for (const layer of formsOf(system, typed)) {
    assert.deepEqual(await namesIn(layer), [
      "char dev/console",
      "fifo dev/pipe",
      "block dev/sda",
      "char dev/tty",
      "file etc/os-release",
    ]);
    assert.equal(await textOf(layer, "etc/os-release"), "NAME=x");
    await assert.rejects(textOf(layer, "dev/console"), {
      code: "usage",
      message: /character device/,
    });
  }
});

test("devices: pull refuses them, or leaves them out by name and number", async () => {
  for (const layer of formsOf(system, typed)) {
    const error = { code: "invalid-archive", message: /"dev\/console" is a character device/ };
    await refused(layer, error);
    for (const exists of [false, true]) {
      const dir = join(scratch().path, "out");
      if (exists) mkdirSync(dir);
      const notices: Notice[] = [];
      const onNotice = (notice: Notice) => void notices.push(notice);
      const { result } = await pullOf(dir, layer, { special: "skip", onNotice });
      const { dev, etc: _, ...rest } = snapshot(dir);
      assert.match(dev!, /^dir /);
      assert.deepEqual(rest, withoutModes({ "etc/os-release": "644 NAME=x" }));
      assert.equal(result.entries, 1);
      const [said, ...more] = notices.filter(({ code }) => code === "special-files");
      assert.deepEqual(more, []);
      assert.match(said!.message, /^4 .*"dev\/console", "dev\/pipe", "dev\/sda", "dev\/tty"$/);
    }
  }
});

test("devices: one that is left out still takes the place of what a lower layer had", async () => {
  const lower = stargz([{ name: "x", data: "old" }, { name: "y", data: "kept" }]);
  for (const upper of formsOf([{ name: "x", type: "3" }], typed)) {
    const dir = join(scratch().path, "out");
    await pullOf(dir, [lower, upper], { special: "skip" });
    assert.deepEqual(snapshot(dir), withoutModes({ y: "644 kept" }));
  }
});

test("not-an-archive: a layer of an unknown type without a title says its type", async () => {
  const { source, manifest } = imageOf(new TextEncoder().encode("no archive at all".repeat(100)));
  manifest.value.layers[0]!.mediaType = "application/wasm";
  const error = { code: "invalid-archive", message: /the media type "application\/wasm"/ };
  await assert.rejects(openImage(source, manifest), error);
  await assert.rejects(pull(source, manifest, join(scratch().path, "out")), error);
});

test("not-an-archive: a large one is not downloaded to say so", async () => {
  const { source, manifest } = imageOf(new Uint8Array(40 << 20).fill(7));
  manifest.value.layers[0]!.mediaType = "application/vnd.acme.weights";
  const error = { code: "invalid-archive", message: /"application\/vnd\.acme\.weights"/ };
  await assert.rejects(openImage(source, manifest), error);
  assert.ok(source.bytes < 2 << 20, `${source.bytes} bytes were read`);
});

test("table-order: a root with an empty name is the root", async () => {
  const items: TarItem[] = [{ name: "./", type: "5", mode: 0o700 }, { name: "f", data: "hello" }];
  const rows = ([root, ...rest]: LooseRow[]) => [{ ...root, name: "" }, ...rest];
  for (const format of ["gzip", "zstd"] as const) {
    const layer = stargz(items, { rows, format });
    const dir = join(scratch().path, "out");
    await pullOf(dir, layer);
    assert.equal(lstatSync(dir).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(dir, "f"), "utf8"), "hello");
    assert.deepEqual(await namesIn(layer), ["file f"]);
  }
});

test("table-order: chunks out of order are refused, before and after a pull of them", async () => {
  const items: TarItem[] = [{ name: "f", data: "abcdefghi" }];
  const rows = ([first, second, third]: LooseRow[]) => [first!, third!, second!];
  const layer = stargz(items, { chunkSize: 3, rows });
  const error = { code: "invalid-archive", message: /chunks that do not cover/ };
  await refused(layer, error);
  await assert.rejects(textOf(layer, "f"), error);
});
