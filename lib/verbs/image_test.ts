import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { openLayoutForTest } from "../../tests/fakes/layout_source.ts";
import { concat } from "../bytes.ts";
import {
  imageOf,
  type LayerSpec,
  type MadeLayer,
  pax,
  stargz,
  type TarItem,
  tarOf,
} from "../../tests/fakes/tar.ts";
import { digestOf } from "../digest.ts";
import type { Notice } from "../events.ts";
import { openImage } from "./image.ts";

let seed = 1;
const noise = Uint8Array.from({ length: 3_000_000 }, () => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed;
});
const items: TarItem[] = [
  { name: "a.txt", data: "hello" },
  { name: "big", data: noise },
  { name: "dir/", type: "5", mode: 0o755 },
  { name: "dir/empty" },
  { name: "dir/link", type: "2", link: "../a.txt" },
  { name: "dir/up", type: "2", link: ".." },
  { name: "hard", type: "1", link: "a.txt" },
  { name: "loop", type: "2", link: "loop" },
  { name: "out", type: "2", link: "../../etc/passwd" },
  { name: "root", type: "2", link: "/dir/link" },
];

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}
async function open(...layers: LayerSpec[]) {
  const made = imageOf(...layers);
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => void notices.push(notice);
  return { ...made, notices, image: await openImage(made.source, made.manifest, { onNotice }) };
}

for (const format of ["gzip", "zstd"] as const) {
  test(`${format}: ls is one request, cat of a file at most two, and moves only its members`, async () => {
    const layer = stargz(items, { format });
    const { image, source } = await open(layer);
    const entries = await image.entries();
    assert.deepEqual(
      entries.map(({ path }) => path),
      items.map(({ name }) => name.replace(/\/$/, "")),
    );
    assert.equal(source.requests.length, 1);
    assert.equal(source.bytes, 1024 * 1024);
    assert.equal(await readText(await image.open("a.txt")), "hello");
    assert.equal(source.requests.length, 2);
    assert.ok(source.bytes < 1024 * 1024 + 1024);
    await image.close();
  });

  test(`${format}: chunks of one file are fetched with one Range`, async () => {
    const layer = stargz(items, { format, chunkSize: 500_000 });
    const { image, source } = await open(layer);
    const bytes = await new Response(await image.open("big") as ReadableStream).bytes();
    assert.equal(digestOf(bytes), digestOf(noise));
    assert.equal(source.requests.length, 2);
    await image.close();
  });

  test(`${format}: several files in one member are found by innerOffset`, async () => {
    const { image } = await open(stargz(items, {
      format,
      members: [items.slice(0, 2), items.slice(2)],
    }));
    assert.equal(await readText(await image.open("a.txt")), "hello");
    assert.equal((await readText(await image.open("dir/empty"))).length, 0);
    await image.close();
  });

  test(`${format}: one flipped byte is refused before the first byte`, async () => {
    const layer = stargz(items, { format });
    const made = imageOf(layer);
    const blob = made.blobs.get(made.manifest.value.layers[0]!.digest)!;
    // The layer is not read whole, so only its chunks' digests can show this.
    for (const at of [2000, 200_000, 2_000_000]) {
      const flipped = blob.slice();
      flipped[at]! ^= 1;
      made.blobs.set(made.manifest.value.layers[0]!.digest, flipped);
      const image = await openImage(made.source, made.manifest);
      const reader = (await image.open("big")).getReader();
      await assert.rejects(
        reader.read(),
        (error: { code: string }) => ["integrity", "invalid-archive"].includes(error.code),
      );
      await image.close();
    }
  });

  test(`${format}: a table that is not the one of the annotation is refused`, async () => {
    const layer = { ...stargz(items, { format }), toc: digestOf("another") };
    await assert.rejects(open(layer), { code: "integrity" });
    // Nor is it parsed first: an error of the parser would be about unchecked bytes.
    const broken = stargz(items, { format, json: (text) => text.slice(1) });
    await assert.rejects(open({ ...broken, toc: digestOf("another") }), { code: "integrity" });
    await assert.rejects(open(broken), { code: "invalid-archive" });
  });

  test(`${format}: a whole file whose chunks are right and whose digest is not`, async () => {
    const rows = (all: Record<string, unknown>[]) =>
      all.map((row) =>
        row.name === "big" && row.type === "reg" ? { ...row, digest: digestOf("x") } : row
      );
    const { image } = await open(stargz(items, { format, chunkSize: 1_000_000, rows }));
    await assert.rejects(readText(await image.open("big")), { code: "integrity" });
    await image.close();
  });
}

test("the offset of the table in an annotation makes one exact Range, a lie costs only bytes", async () => {
  const layer = stargz(items);
  const { length } = layer.blob;
  const cases = { [layer.tocStart]: length - layer.tocStart, 999: length - 999 };
  for (const [offset, bytes] of [...Object.entries(cases), ["", 2 ** 20], ["9e9", 2 ** 20]]) {
    const made = imageOf(layer);
    const [descriptor] = made.manifest.value.layers;
    descriptor!.annotations!["dev.blobber.toc.offset"] = String(offset);
    const image = await openImage(made.source, made.manifest);
    assert.equal(made.source.requests.length, 1);
    assert.equal(made.source.bytes, bytes);
    assert.equal(await readText(await image.open("a.txt")), "hello");
    await image.close();
  }
});

test("a table larger than the first Range takes a second one", async () => {
  const many = Array.from({ length: 40_000 }, (_, i): TarItem => ({
    name: `d/${digestOf(String(i)).slice(7)}`,
  }));
  const { image, source } = await open(stargz(many, { members: [many] }));
  assert.equal((await image.entries()).length, 40_000);
  assert.equal(source.requests.length, 2);
  const [first, second] = source.requests;
  assert.equal(second!.end, first!.start);
  await image.close();
});

test("links are followed within the image, missing files and directories are told apart", async () => {
  const { image } = await open(stargz(items));
  for (const path of ["dir/link", "root", "hard", "/a.txt", "./a.txt", "dir/up/dir/link"]) {
    assert.equal(await readText(await image.open(path)), "hello", path);
  }
  await assert.rejects(image.open("dir"), { code: "usage" });
  await assert.rejects(image.open("dir/up"), { code: "usage" });
  for (const path of ["loop", "out", "nothing", "a.txt/x"]) {
    await assert.rejects(image.open(path), { code: "not-found", message: /not found/ }, path);
  }
  await assert.rejects(image.open("dir/a.txt"), { hint: 'did you mean "a.txt"?' });
  await assert.rejects(image.open("a.tx"), { hint: 'did you mean "a.txt"?' });
  assert.equal((await image.stat("dir/link")).type, "symlink");
  assert.equal((await image.stat("dir/link", { follow: true })).type, "file");
  assert.equal((await image.stat("dir/up/a.txt")).type, "file");
  await assert.rejects(image.stat("x"), { code: "not-found" });
  const below = [];
  for await (const { path } of image.walk("dir")) below.push(path);
  assert.deepEqual(below, ["dir", "dir/empty", "dir/link", "dir/up"]);
  await image.close();
});

test("files may be read concurrently, and nothing after close", async () => {
  const { image } = await open(stargz(items, { chunkSize: 500_000 }));
  const all = await Promise.all(
    Array.from(
      { length: 8 },
      async (_, i) => await readText(await image.open(i % 2 ? "big" : "a.txt")),
    ),
  );
  assert.equal(new Set(all).size, 2);
  const stream = await image.open("big");
  await image.close();
  await assert.rejects(stream.getReader().read(), { code: "closed" });
  await assert.rejects(image.open("a.txt"), { code: "closed" });
  await assert.rejects(image.entries(), { code: "closed" });
});

const plain = tarOf(...items);
for (
  const [name, layer] of Object.entries({
    "gzip without a table": gzipSync(plain),
    "a plain tar": plain,
    "eStargz without the annotation": stargz(items).blob,
  })
) {
  test(`${name} is downloaded whole, checked, with a notice`, async () => {
    const { image, source, notices } = await open(layer);
    assert.deepEqual((await image.entries()).map(({ path }) => path).length, items.length);
    assert.equal(await readText(await image.open("dir/link")), "hello");
    assert.equal(source.bytes, layer.length);
    assert.ok(notices.some(({ code, level }) => code === "whole-download" && level === "debug"));
    await image.close();
    await assert.rejects(image.open("a.txt"), { code: "closed" });
  });
}

test("a layer that is downloaded whole is checked against its digest before anything is shown", async () => {
  const made = imageOf(gzipSync(plain));
  const { digest } = made.manifest.value.layers[0]!;
  made.blobs.set(digest, gzipSync(tarOf({ name: "x" })));
  await assert.rejects(openImage(made.source, made.manifest), { code: "integrity" });
});

test("range-refused: a layer of a source without ranges is read whole, once, and it is said", async () => {
  const made = imageOf(stargz(items));
  made.source.ranges = false;
  const notices: Notice[] = [];
  const image = await openImage(made.source, made.manifest, {
    onNotice: (notice) => void notices.push(notice),
  });
  assert.equal(await readText(await image.open("a.txt")), "hello");
  assert.equal(await readText(await image.open("dir/link")), "hello");
  await image.close();
  const [layer] = made.manifest.value.layers;
  assert.deepEqual(made.source.requests, [{ digest: layer!.digest, start: 0, end: layer!.size }]);
  assert.deepEqual(notices.map(({ code, level }) => [code, level]), [["whole-download", "debug"]]);
});

test("a manifest without layers is refused", async () => {
  await assert.rejects(open(), { code: "invalid-manifest" });
});

const refusals: Record<string, [TarItem[], string]> = {
  "a file below a link": [
    [{ name: "l", type: "2", link: "d" }, { name: "l/f" }],
    "path-traversal",
  ],
  "a file, then a directory of that name": [
    [{ name: "f" }, { name: "f/", type: "5" }],
    "invalid-archive",
  ],
  "a directory, then a file of that name": [
    [{ name: "d/", type: "5" }, { name: "d" }],
    "invalid-archive",
  ],
  "a file below a file": [[{ name: "f" }, { name: "f/g" }], "invalid-archive"],
  "a directory by its entries, then a file": [
    [{ name: "d/f" }, { name: "d" }],
    "invalid-archive",
  ],
  "a hard link to something missing": [
    [{ name: "h", type: "1", link: "no" }],
    "invalid-archive",
  ],
  "a hard link to something later": [
    [{ name: "h", type: "1", link: "f" }, { name: "f" }],
    "invalid-archive",
  ],
  "a hard link to a directory": [[{ name: "d/", type: "5" }, {
    name: "h",
    type: "1",
    link: "d",
  }], "invalid-archive"],
  "a hard link to itself": [[{ name: "h", type: "1", link: "h" }], "invalid-archive"],
  "a name twice": [[{ name: "f" }, { name: "./f" }], "invalid-archive"],
  "a directory twice": [
    [{ name: "d/", type: "5" }, { name: "d/", type: "5" }],
    "invalid-archive",
  ],
};
for (const [name, [bad, code]] of Object.entries(refusals)) {
  test(`${name} is refused, in a tar and in a table`, async () => {
    await assert.rejects(open(gzipSync(tarOf(...bad))), { code });
    await assert.rejects(
      open(stargz(bad.map((one) => ({ ...one, name: one.name.replace("./", "") })))),
      { code },
    );
  });
}

test("footers that are not true are no footers: the layer is read whole", async () => {
  const layer = stargz(items);
  const change = (patch: (footer: Uint8Array) => void): MadeLayer => {
    const blob = layer.blob.slice();
    patch(blob.subarray(-51));
    return { ...layer, blob };
  };
  const digits = (offset: number) => (footer: Uint8Array) =>
    footer.set(new TextEncoder().encode(offset.toString(16).padStart(16, "0")), 16);
  const texts: Record<string, MadeLayer> = {
    "offset beyond the blob": change(digits(2 ** 40)),
    "wrong magic": change((footer) => footer[32] = 0x54),
  };
  for (const [name, one] of Object.entries(texts)) {
    const { image, notices } = await open(one);
    assert.equal(notices[0]?.code, "whole-download", name);
    assert.equal(await readText(await image.open("a.txt")), "hello");
    await image.close();
  }
  // An offset into data finds no table there.
  await assert.rejects(open(change(digits(0))), { code: "invalid-archive" });
});

test("the 47-byte footer of old writers is read", async () => {
  const layer = stargz(items);
  const footer = layer.blob.slice(-51);
  // Without the header of the extra field: its length is that of the text alone.
  const legacy = concat(footer.subarray(0, 10), new Uint8Array([22, 0]), footer.subarray(16));
  const { image, notices } = await open({
    ...layer,
    blob: concat(layer.blob.slice(0, -51), legacy),
  });
  assert.deepEqual(notices, []);
  assert.equal(await readText(await image.open("a.txt")), "hello");
  await image.close();
});

test("a bomb of headers is a limit, not memory", async () => {
  const big = tarOf(pax({ comment: "x".repeat(100) }), {
    name: "f",
    data: new Uint8Array(50_000_000),
  });
  const { image, source } = await open(gzipSync(big));
  assert.equal((await image.entries())[0]!.size, 50_000_000);
  assert.ok(source.bytes < 100_000);
  await image.close();
});

const fixtures = new URL("../../../shared/fixtures/interop/layout/", import.meta.url);
for (const tag of ["blobber-gzip", "blobber-zstd", "blobber-keysigned", "cosign-rekor1"]) {
  test(`fixtures of the Go tool: ${tag} is listed and read lazily`, async (context) => {
    const found = openLayoutForTest(fixtures, tag);
    if (found === undefined) return context.skip("the shared fixtures are not here");
    const image = await openImage(found.source, found.manifest);
    assert.equal(await readText(await image.open("config/app.yaml")), "name: demo\nreplicas: 3\n");
    assert.ok(found.source.requests.length <= 2);
    if (tag === "blobber-gzip" || tag === "blobber-zstd") {
      assert.equal((await image.entries()).length, 17);
      const bytes = await new Response(await image.open("big.txt") as ReadableStream).bytes();
      assert.equal(
        digestOf(bytes),
        "sha256:b5faee0e152a9d30cc547032ee0afdb131cf552a77aaeac485a8954b4b4feea2",
      );
    }
    await image.close();
  });
}
