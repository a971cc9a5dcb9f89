import { test } from "node:test";
import assert from "node:assert/strict";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { imageOf, tarOf } from "../../../tests/fakes/tar.ts";
import { openImage } from "../../verbs/image.ts";

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

const skip = process.platform === "win32"; // temporary files are elsewhere there

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
  assert.equal(await text(image, "a"), "hello");
  assert.equal(await text(image, "b/c"), "there");
  assert.equal(source.requests.length, 3, "the layer again for each");
  const reader = (await image.open("zeros")).getReader();
  assert.ok((await reader.read()).value!.length > 0);
  await reader.cancel();
  // What comes the second time is checked like the first, before a byte of it is handed out.
  const { digest } = made.manifest.value.layers[0]!;
  made.blobs.set(digest, gzipSync(tarOf({ name: "a", data: "other" }, zeros, items[1]!)));
  const second = (await image.open("a")).getReader();
  await assert.rejects(second.read(), { code: "integrity" });
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
  await assert.rejects(openImage(made.source, made.manifest, { maxEntries: -1 }), {
    code: "invalid-option",
  });
});
