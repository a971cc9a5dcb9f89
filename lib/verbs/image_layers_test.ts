import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import { openImage } from "./image.ts";

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}
async function open(...layers: LayerSpec[]) {
  const made = imageOf(...layers);
  return { image: await openImage(made.source, made.manifest) };
}

test("layers are applied in order with their whiteouts", async () => {
  const { image } = await open(
    stargz([
      { name: "a", data: "one" },
      { name: "d/", type: "5" },
      { name: "d/x", data: "x" },
      { name: "d/y", data: "y" },
      { name: "gone", data: "g" },
      { name: "o/", type: "5" },
      { name: "o/low", data: "low" },
    ]),
    gzipSync(tarOf(
      { name: "a", data: "two" },
      { name: "d/.wh.x" },
      { name: ".wh.gone" },
      { name: "o/high", data: "high" },
      { name: "o/.wh..wh..opq" },
    )),
  );
  assert.deepEqual((await image.entries()).map(({ path }) => path), [
    "a",
    "d",
    "d/y",
    "o",
    "o/high",
  ]);
  assert.equal(await readText(await image.open("a")), "two");
  assert.equal(await readText(await image.open("d/y")), "y");
  await image.close();
});

const merged: TarItem[] = [
  { name: "lib", type: "2", link: "usr/lib" },
  { name: "abs", type: "2", link: "/usr/lib" },
  { name: "usr/bin/tool", data: "tool" },
  { name: "usr/lib/gone", data: "gone" },
  { name: "usr/lib/low", data: "low" },
  { name: "usr/lib/old/f", data: "old" },
];
const upper: TarItem[] = [
  { name: "abs/deep/x", data: "deep" },
  { name: "lib/.wh.gone" },
  { name: "lib/hard", type: "1", link: "lib/low" },
  { name: "lib/new", data: "new" },
  { name: "lib/old/.wh..wh..opq" },
  { name: "lib/old/g", data: "g" },
  { name: "lib/same", type: "1", link: "lib/new" },
];

test("an upper layer reaches through the links of a lower one", async () => {
  for (const layers of [[stargz(merged), stargz(upper)], [tarOf(...merged), tarOf(...upper)]]) {
    const { image } = await open(...layers);
    assert.deepEqual((await image.entries()).map(({ path }) => path), [
      "abs",
      "lib",
      "usr/bin/tool",
      "usr/lib/deep/x",
      "usr/lib/hard",
      "usr/lib/low",
      "usr/lib/new",
      "usr/lib/old/g",
      "usr/lib/same",
    ]);
    for (const path of ["lib/new", "usr/lib/new", "abs/same"]) {
      assert.equal(await readText(await image.open(path)), "new");
    }
    assert.equal(await readText(await image.open("lib/hard")), "low");
    await image.close();
  }
});

test("an upper layer below links that lead out or in circles is refused", async () => {
  const chains: TarItem[][] = [
    [{ name: "l", type: "2", link: "../x" }],
    [{ name: "l", type: "2", link: "/../x" }],
    [{ name: "l", type: "2", link: "l" }],
    [{ name: "l", type: "2", link: "m" }, { name: "m", type: "2", link: "l" }],
    [{ name: "d/up", type: "2", link: ".." }, { name: "l", type: "2", link: "d/up/.." }],
  ];
  for (const chain of chains) {
    for (const name of ["l/f", "l/.wh.f"]) {
      await assert.rejects(open(stargz(chain), stargz([{ name }])), { code: "path-traversal" });
      await assert.rejects(open(tarOf(...chain), tarOf({ name })), { code: "path-traversal" });
    }
  }
  const own: TarItem[] = [{ name: "d", type: "2", link: "e" }, { name: "l/f" }];
  const low: TarItem[] = [{ name: "l", type: "2", link: "d" }];
  await assert.rejects(open(stargz(low), stargz(own)), { code: "path-traversal" });
});

test("a directory takes the place of a link, and a link that of a directory", async () => {
  const low: TarItem[] = [{ name: "a", type: "2", link: "b" }, { name: "b/f", data: "f" }];
  const { image } = await open(
    stargz(low),
    stargz([{ name: "a/", type: "5" }, { name: "a/f", data: "own" }]),
    tarOf({ name: "b", type: "2", link: "a" }),
  );
  assert.deepEqual((await image.entries()).map(({ path }) => path), ["a", "a/f", "b"]);
  assert.equal(await readText(await image.open("b/f")), "own");
  await image.close();
});

test("a whiteout that names a path outside is refused", async () => {
  for (const name of [".wh...", ".wh.", ".wh..", "d/.wh..wh.plnk"]) {
    await assert.rejects(
      open(gzipSync(tarOf({ name }))),
      (error: { code: string }) => ["path-traversal", "invalid-archive"].includes(error.code),
    );
  }
});
