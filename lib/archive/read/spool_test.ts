import { test } from "node:test";
import assert from "node:assert/strict";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { imageOf, tarOf } from "../../../tests/fakes/tar.ts";
import { openImage } from "../../verbs/image.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const MiB = 1024 * 1024;
const items = [{ name: "a", data: "hello" }, { name: "b/c", data: "there" }];
const text = async (image: Awaited<ReturnType<typeof openImage>>, path: string) =>
  await new Response(await image.open(path) as ReadableStream<Uint8Array<ArrayBuffer>>).text();

/** Runs something where no temporary file can be made. */
async function withoutTemporaryFiles(what: () => Promise<void>): Promise<void> {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = "/nowhere/at/all";
  try {
    await what();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

const skip = lacks("TMPDIR");

test("zeros: a layer without a table is listed without a file of its own", { skip }, async () => {
  const made = imageOf(gzipSync(tarOf(...items)));
  await withoutTemporaryFiles(async () => {
    const image = await openImage(made.source, made.manifest, { namesOnly: true });
    assert.deepEqual(await image.paths(), ["a", "b/c"]);
    await image.close();
    await assert.rejects(openImage(made.source, made.manifest), { code: "file-system" });
  });
});

test("zeros: of a layer that grows much, what is read is kept and nothing else", async () => {
  const zeros = { name: "zeros", data: new Uint8Array(70 * MiB) };
  const layer = gzipSync(tarOf(items[0]!, zeros, items[1]!));
  const made = imageOf(layer);
  const { source } = made;
  const image = await openImage(source, made.manifest);
  assert.equal(source.requests.length, 1);
  for (let i = 0; i < 2; i++) assert.equal(await text(image, "a"), "hello");
  assert.equal(source.requests.length, 2, "the layer again, for the first reader of a file");
  const reader = (await image.open("zeros")).getReader();
  assert.ok((await reader.read()).value!.length > 0);
  await reader.cancel();
  assert.deepEqual(await image.read("zeros", { start: 70 * MiB - 2 }), new Uint8Array(2));
  assert.equal(source.requests.length, 3);
  // What comes later is checked like the first, before a byte of it is handed out.
  const { digest } = made.manifest.value.layers[0]!;
  made.blobs.set(digest, gzipSync(tarOf(items[0]!, zeros, { name: "b/c", data: "other" })));
  await assert.rejects(image.open("b/c"), { code: "integrity" });
  made.blobs.set(digest, layer);
  assert.equal(await text(image, "b/c"), "there", "nothing of it was kept");
  await image.close();
  await assert.rejects(text(image, "a"), { code: "closed" });
});

test("a layer that grows little is downloaded once, however much of it is read", async () => {
  const made = imageOf(gzipSync(tarOf(...items)));
  const image = await openImage(made.source, made.manifest);
  for (let i = 0; i < 3; i++) assert.equal(await text(image, "b/c"), "there");
  assert.equal(made.source.requests.length, 1);
  await image.close();
});

test("limits of a caller hold for layers that are unpacked to be read, and for what is opened", async () => {
  const made = imageOf(gzipSync(tarOf(...items)));
  for (const limits of [{ maxEntries: 2 }, { maxBytes: 9 }]) { // b is implied
    await assert.rejects(openImage(made.source, made.manifest, limits), { code: "limit" });
  }
  const limits = { maxEntries: 3, maxBytes: 10, maxFileBytes: 4 };
  const image = await openImage(made.source, made.manifest, limits);
  await assert.rejects(image.open("a"), { code: "limit" });
  await image.close();
});
