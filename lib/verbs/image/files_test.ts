import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "../../../tests/fakes/tar.ts";
import { MAX_JOINED_BYTES } from "../../limits.ts";
import type { OpenedFile } from "./files.ts";
import { openImage } from "../image.ts";

/** Bytes that no compression makes fewer. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

/** Larger than the end of a layer that is read with its table. */
const LARGE = noise(1_500_000);
const ITEMS: TarItem[] = [
  { name: "a", data: "first" },
  { name: "b", data: noise(200) },
  { name: "c/", type: "5", mode: 0o755 },
  { name: "c/d", data: noise(30_000), mode: 0o755 },
  { name: "c/empty" },
  { name: "gap", data: noise(200_000) },
  { name: "h", type: "1", link: "a" },
  { name: "l", type: "2", link: "c/d" },
  { name: "to", type: "2", link: "c" },
  { name: "x", data: "last" },
  { name: "z", data: LARGE },
];

function dataOf(name: string): Uint8Array {
  const { data = "" } = ITEMS.find((item) => item.name === name)!;
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

async function open(...layers: LayerSpec[]) {
  const made = imageOf(...layers);
  const image = await openImage(made.source, made.manifest);
  const asked = made.source.requests.length;
  return { ...made, image, requests: () => made.source.requests.length - asked };
}

async function bytesOf(files: AsyncIterable<OpenedFile>): Promise<[string, Uint8Array][]> {
  const found: [string, Uint8Array][] = [];
  for await (const { path, stream } of files) {
    found.push([path, await new Response(stream).bytes()]);
  }
  return found;
}

for (const format of ["gzip", "zstd"] as const) {
  test(`${format}: neighbours are fetched with one Range, in whatever order they are asked for`, async () => {
    const { image, requests } = await open(stargz(ITEMS, { format }));
    const expected = (names: string[]) => names.map((name) => [name, dataOf(name)]);
    for (
      const [names, most] of [
        [["a", "b", "c/d", "c/empty"], 1],
        [["b", "c/d", "c/empty", "gap", "x"], 1],
        [["b", "a"], 2],
        [["a", "a", "a"], 1],
        [["a", "x"], 2],
        [["c/empty"], 0],
        [["a", "b", "z"], 2],
      ] as [string[], number][]
    ) {
      const before = requests();
      assert.deepEqual(await bytesOf(image.files(names)), expected(names));
      assert.equal(requests() - before, most, names.join(" "));
    }
  });
}

test("an image without a table, and one of several layers, give the same", async () => {
  const names = ["x", "c/d", "a", "b"];
  const expected = names.map((name) => [name, dataOf(name)]);
  const upper = ITEMS.slice(5).filter(({ type }) => type !== "1");
  const archives: LayerSpec[][] = [
    [gzipSync(tarOf(...ITEMS))],
    [stargz(ITEMS.slice(0, 4)), stargz(upper)],
  ];
  for (const layers of archives) {
    const { image } = await open(...layers);
    assert.deepEqual(await bytesOf(image.files(names)), expected);
  }
});

test("globs stand for files in sorted order, and links for what they lead to", async () => {
  const { image } = await open(stargz(ITEMS));
  const found = await Array.fromAsync(
    image.files(["x", "[a-c]*", "l", "h", "to/d", "c/*"]),
    ({ path, entry }) => [path, entry.path, entry.type, entry.mode],
  );
  assert.deepEqual(found, [
    ["x", "x", "file", 0o644],
    ["a", "a", "file", 0o644],
    ["b", "b", "file", 0o644],
    ["l", "c/d", "file", 0o755],
    ["h", "h", "file", 0o644],
    ["to/d", "c/d", "file", 0o755],
    ["c/d", "c/d", "file", 0o755],
    ["c/empty", "c/empty", "file", 0o644],
  ]);
  await assert.rejects(bytesOf(image.files(["t*"])), {
    code: "usage",
    message: /directories alone/,
  });
  await assert.rejects(bytesOf(image.files(["c"])), { code: "usage", message: /is a directory/ });
});

test("all are found before the first is opened", async () => {
  const { image, requests } = await open(stargz(ITEMS));
  for (const wrong of ["nothing", "n*", "c", "c/*/"]) {
    await assert.rejects(image.files(["a", "z", wrong]).next());
  }
  assert.equal(requests(), 0);
});

test("files are joined up to a limit, and a larger one is read as it comes", async () => {
  const half = noise(MAX_JOINED_BYTES / 2 - 5000);
  const items = [
    ...["a", "b", "c", "d"].map((name) => ({ name, data: half })),
    { name: "e", data: noise(MAX_JOINED_BYTES + 1) },
    ...ITEMS.slice(-1),
  ];
  const { image, source, requests } = await open(stargz(items, { chunkSize: 1 << 20 }));
  await bytesOf(image.files(["a", "b", "c", "d", "e"]));
  assert.equal(requests(), 3);
  for (const { start, end } of source.requests.slice(1, 3)) {
    assert.ok(end! - start! <= MAX_JOINED_BYTES);
  }
});

test("a flipped byte is refused, and what stands before it was handed out", async () => {
  const made = imageOf(stargz(ITEMS));
  const { digest } = made.manifest.value.layers[0]!;
  const flipped = made.blobs.get(digest)!.slice();
  flipped[2000]! ^= 1; // in c/d
  made.blobs.set(digest, flipped);
  const image = await openImage(made.source, made.manifest);
  const files = image.files(["a", "b", "c/d"]);
  const read = async () => {
    const { value } = await files.next();
    return await new Response(value!.stream).bytes();
  };
  assert.deepEqual(await read(), dataOf("a"));
  assert.deepEqual(await read(), dataOf("b"));
  await assert.rejects(read(), { code: "integrity" });
});

test("a stream that is not read stops nothing, and leaving the loop ends the call", async () => {
  const { image } = await open(stargz(ITEMS));
  for await (const { path, stream } of image.files(["a", "b", "x"])) {
    if (path === "a") continue; // not read
    assert.deepEqual(await new Response(stream).bytes(), dataOf(path));
    break;
  }
  const stop = new AbortController();
  for await (const { stream } of image.files(["z"], { signal: stop.signal })) {
    stop.abort(new Error("enough"));
    await assert.rejects(new Response(stream).bytes(), { code: "interrupted" });
    break;
  }
});
