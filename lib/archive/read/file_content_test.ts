/** Parts of files, from wherever an image has its content. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { noise } from "../../../tests/fakes/pulling.ts";
import {
  imageOf,
  type LayerSpec,
  type LooseRow,
  type MadeLayer,
  stargz,
  type TarItem,
  tarOf,
} from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import type { BlobberError } from "../../errors.ts";
import { ANNOTATION } from "../../types.ts";
import { openImage } from "../../verbs/image.ts";

const MiB = 1024 * 1024;
const CHUNK = 10_000;
const data = noise(95_000);
const items: TarItem[] = [
  { name: "a", data: "before" },
  { name: "f", data },
  { name: "hard", type: "1", link: "f" },
  { name: "link", type: "2", link: "f" },
  { name: "z", data: "behind" },
];

/** An image of which only the table comes when it is opened, without any of the content before it. */
function apart(layer: MadeLayer) {
  const made = imageOf(layer);
  made.manifest.value.layers[0]!.annotations![ANNOTATION.tocOffset] = String(layer.tocStart);
  return made;
}

/** An image whose layer is the file itself. */
function fileImage(content: Uint8Array<ArrayBuffer> = data as Uint8Array<ArrayBuffer>) {
  const made = imageOf(content);
  const [layer] = made.manifest.value.layers;
  Object.assign(layer!, { mediaType: "text/plain", annotations: { [ANNOTATION.title]: "f" } });
  made.manifest.value.config.mediaType = "application/vnd.acme.config";
  return made;
}

/** The row of the large file, in chunks that stay in its member. */
function inChunks(row: LooseRow): LooseRow[] {
  if (row.name !== "f") return [row];
  return Array.from({ length: Math.ceil(data.length / CHUNK) }, (_, i) => {
    const part = data.subarray(i * CHUNK, (i + 1) * CHUNK);
    return {
      ...i === 0 ? row : { name: "f", type: "chunk", offset: row.offset },
      innerOffset: Number(row.innerOffset) + i * CHUNK,
      chunkOffset: i * CHUNK,
      chunkSize: part.length,
      chunkDigest: digestOf(part),
    };
  });
}

const zeros = { name: "zeros", data: new Uint8Array(66 * MiB) };
const forms: Record<string, () => ReturnType<typeof imageOf>> = {
  "a table in gzip, a member for each chunk": () => imageOf(stargz(items, { chunkSize: CHUNK })),
  "a table in zstd": () => imageOf(stargz(items, { chunkSize: CHUNK, format: "zstd" })),
  "a table of one chunk": () => imageOf(stargz(items)),
  "a table whose files share a member": () => imageOf(stargz(items, { members: [items] })),
  "a table whose chunks share a member": () =>
    imageOf(stargz(items, { members: [items], rows: (rows) => rows.flatMap(inChunks) })),
  "no table": () => imageOf(gzipSync(tarOf(...items))),
  "no table, in a layer that grows too much to be kept": () =>
    imageOf(gzipSync(tarOf(...items, zeros))),
  "a layer that is the file": () => fileImage(),
};

for (const [form, make] of Object.entries(forms)) {
  test(`range: ${form}: a part of a file is the part that Blob.slice gives`, async () => {
    const made = make();
    const image = await openImage(made.source, made.manifest);
    const size = data.length;
    const places = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 45_000, size - 1, size, size + 1, 2 ** 52];
    for (const start of places) {
      for (const end of [...places, undefined, Infinity]) {
        if (end !== undefined && end < start) continue;
        assert.deepEqual(
          await image.read("f", { start, end }),
          new Uint8Array(data.slice(start, end)),
        );
      }
    }
    await image.close();
  });
}

test("range: a hard link and a symbolic link have the bytes and the size of their file", async () => {
  for (const layer of [stargz(items, { chunkSize: CHUNK }), gzipSync(tarOf(...items))]) {
    const made = imageOf(layer as LayerSpec);
    const image = await openImage(made.source, made.manifest, { maxFileBytes: data.length });
    for (const path of ["hard", "link"]) {
      const part = await image.read(path, { start: CHUNK, end: CHUNK + 3 });
      assert.deepEqual(part, data.slice(CHUNK, CHUNK + 3));
      assert.equal((await image.stat(path)).size, 0);
      const { type, size, linkTarget } = await image.stat(path, { follow: true });
      assert.deepEqual([type, size, linkTarget], ["file", data.length, undefined]);
    }
    await image.close();
    const small = await openImage(made.source, made.manifest, { maxFileBytes: data.length - 1 });
    for (const path of ["f", "hard"]) {
      await assert.rejects(small.open(path), { code: "limit", hint: /maxFileBytes/ });
    }
    await small.close();
  }
});

test("range: only the members of the chunks that it touches are asked for, in one request", async () => {
  const large = noise(3 * MiB);
  const layer = stargz([{ name: "f", data: large }], { chunkSize: 256 * 1024 });
  const { source, manifest } = apart(layer);
  const image = await openImage(source, manifest);
  const asked = async (start: number, end: number) => {
    source.requests.length = 0;
    assert.deepEqual(await image.read("f", { start, end }), large.slice(start, end));
    return source.requests.map((request) => request.end - request.start);
  };
  const member = 256 * 1024 + 200; // noise does not shrink
  for (
    const [start, end, chunks] of [
      [0, 1, 1],
      [256 * 1024 - 1, 256 * 1024 + 1, 2],
      [256 * 1024, 512 * 1024, 1],
      [3 * MiB - 1024, 3 * MiB, 1],
      [MiB, 2 * MiB, 4],
    ] as const
  ) {
    const bytes = await asked(start, end);
    assert.equal(bytes.length, 1);
    const room = chunks * member + 600; // what ends the tar is in the last member
    assert.ok(bytes[0]! > (chunks - 1) * member && bytes[0]! < room, `${start}: ${bytes}`);
  }
  assert.deepEqual(await asked(5, 5), []);
  assert.deepEqual(await asked(4 * MiB, 5 * MiB), []);
  await image.close();
});

test("range: a wrong chunk is refused before a byte of it, and only by who asks for it", async () => {
  const made = imageOf(stargz(items, { chunkSize: CHUNK, format: "zstd" }));
  const { digest } = made.manifest.value.layers[0]!;
  const blob = made.blobs.get(digest)!.slice();
  const at = Buffer.from(blob).indexOf(Buffer.from(data.slice(3 * CHUNK + 50, 3 * CHUNK + 80)));
  assert.ok(at > 0); // noise is stored as it is
  blob[at]! ^= 1;
  made.blobs.set(digest, blob);
  const image = await openImage(made.source, made.manifest);
  assert.deepEqual(await image.read("f", { end: 3 * CHUNK }), data.slice(0, 3 * CHUNK));
  assert.deepEqual(await image.read("f", { start: 4 * CHUNK }), data.slice(4 * CHUNK));
  const reader = (await image.open("f", { start: 3 * CHUNK - 1 })).getReader();
  assert.deepEqual((await reader.read()).value, data.slice(3 * CHUNK - 1, 3 * CHUNK));
  await assert.rejects(reader.read(), { code: "integrity" });
  await image.close();
});

test("range: what is no range is refused before anything is looked for", async () => {
  const made = imageOf(stargz(items));
  const image = await openImage(made.source, made.manifest);
  for (
    const options of [
      { start: -1 },
      { start: 0.5 },
      { start: NaN },
      { start: Infinity },
      { start: "1" },
      { start: null },
      { end: -1 },
      { end: 1.5 },
      { end: null },
      { start: 5, end: 4 },
    ]
  ) {
    const error = { code: "invalid-option", message: /^invalid (start|end): / };
    await assert.rejects(image.open("missing", options as object), error);
    await assert.rejects(image.read("missing", options as object), error);
  }
  await assert.rejects(image.read("a", { maxBytes: -1 }), { code: "invalid-option" });
  await image.close();
});

test("read takes no more into memory than it may", async () => {
  const made = imageOf(stargz(items, { chunkSize: CHUNK }));
  const image = await openImage(made.source, made.manifest);
  const { requests } = made.source;
  const before = requests.length;
  const error = { code: "limit", message: /^95000 bytes of "f" /, hint: /maxBytes/ };
  await assert.rejects(image.read("f", { maxBytes: data.length - 1 }), error);
  assert.equal(requests.length, before);
  assert.equal((await image.read("f", { maxBytes: data.length })).length, data.length);
  assert.equal((await image.read("f", { start: 10, end: 20, maxBytes: 10 })).length, 10);
  await image.close();
});

for (const [form, make] of Object.entries(forms)) {
  test(`signal: ${form}: it stops its stream and no other`, async () => {
    const made = make();
    const image = await openImage(made.source, made.manifest);
    const mine = new AbortController();
    const reason = new Error("enough");
    const { signal } = mine;
    const stopped = (await image.open("f", { start: 5, signal })).getReader();
    const other = (await image.open("f", { start: 5 })).getReader();
    const small = new Uint8Array((await stopped.read()).value!.buffer).length;
    assert.ok(small > 0);
    mine.abort(reason);
    const error = (thrown: BlobberError) =>
      thrown.code === "interrupted" && thrown.cause === reason;
    // What was read ahead may still come.
    const rest = (async () => {
      while (!(await stopped.read()).done);
    })();
    await assert.rejects(rest, error);
    await assert.rejects(image.open("f", { signal }), error);
    await assert.rejects(image.read("f", { signal }), error);
    let length = 0;
    for (let part; !(part = await other.read()).done;) length += part.value.length;
    assert.equal(length, data.length - 5);
    assert.equal((await image.read("f")).length, data.length);
    await image.close();
  });
}

test("signal: what waits for a request that never answers is let go", async () => {
  for (const made of [apart(stargz(items, { chunkSize: CHUNK })), fileImage()]) {
    const image = await openImage(made.source, made.manifest);
    const asked = Promise.withResolvers<AbortSignal | undefined>();
    const { fetch } = made.source;
    made.source.fetch = (target, options) => {
      asked.resolve(options?.signal);
      return fetch.call(made.source, target, options).then(() => new Promise(() => {}));
    };
    const mine = new AbortController();
    const read = image.read("f", { signal: mine.signal });
    const signal = await asked.promise;
    mine.abort();
    await assert.rejects(read, { code: "interrupted" });
    assert.ok(signal!.aborted, "the request too");
    await image.close();
  }
});

test("a layer that is a file is downloaded once, for all that want it at once or later", async () => {
  for (const content of [data, noise(9 * MiB)]) {
    const made = fileImage(content as Uint8Array<ArrayBuffer>);
    const image = await openImage(made.source, made.manifest);
    const { requests } = made.source;
    const mine = new AbortController();
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    made.source.onPiece = async () => {
      begun.resolve();
      await held.promise;
    };
    const given = image.read("f", { signal: mine.signal });
    const parts = [0, 1, 2].map((i) => image.read("f", { start: i * 1000, end: i * 1000 + 10 }));
    await begun.promise;
    mine.abort();
    await assert.rejects(given, { code: "interrupted" });
    held.resolve(); // the others still wait for it
    for (const [i, part] of (await Promise.all(parts)).entries()) {
      assert.deepEqual(part, content.slice(i * 1000, i * 1000 + 10));
    }
    assert.deepEqual(await image.read("f", { start: content.length - 5 }), content.slice(-5));
    assert.equal(requests.length, 1);
    await image.close();
    await assert.rejects(image.read("f"), { code: "closed" });
  }
});

test("a layer that is a file, whose download has no reader left, is asked for again", async () => {
  const large = noise(9 * MiB) as Uint8Array<ArrayBuffer>;
  const made = fileImage(large);
  const image = await openImage(made.source, made.manifest);
  const mine = new AbortController();
  let pieces = 0;
  const begun = Promise.withResolvers<void>();
  made.source.onPiece = async () => {
    pieces++;
    begun.resolve();
    if (!mine.signal.aborted) await new Promise((go) => mine.signal.addEventListener("abort", go));
  };
  const read = image.read("f", { signal: mine.signal });
  await begun.promise;
  mine.abort();
  await assert.rejects(read, { code: "interrupted" });
  assert.ok(pieces < 5, `${pieces} of 36`);
  assert.equal((await image.read("f")).length, large.length);
  assert.equal(made.source.requests.length, 2);
  await image.close();
});
