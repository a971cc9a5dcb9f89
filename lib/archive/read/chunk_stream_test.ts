import { test } from "node:test";
import assert from "node:assert/strict";
import { noise } from "../../../tests/fakes/pulling.ts";
import { imageOf, type LooseRow, stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import { openImage } from "../../verbs/image.ts";

const MiB = 1024 * 1024;

/** Cuts one file of a table into chunks that stay in its member. */
function cut(name: string, data: Uint8Array, sizes: number[]) {
  return (rows: LooseRow[]) =>
    rows.flatMap((row) => {
      if (row.name !== name) return [row];
      let at = 0;
      return sizes.map((size): LooseRow => {
        const place = {
          offset: row.offset,
          innerOffset: row.innerOffset as number + at,
          chunkOffset: at,
          chunkSize: size,
          chunkDigest: digestOf(data.subarray(at, at += size)),
        };
        return at === size ? { ...row, ...place } : { name, type: "chunk", ...place };
      });
    });
}

async function bytesOf(image: Awaited<ReturnType<typeof openImage>>, path: string) {
  return await new Response(await image.open(path) as ReadableStream<Uint8Array<ArrayBuffer>>)
    .bytes();
}

for (const format of ["gzip", "zstd"] as const) {
  for (
    const [what, before, size] of [
      ["small", 1000, 200_000],
      ["large when it is plain", 5 * MiB, 200_000],
      ["large when it is packed", 1000, 3 * MiB],
    ] as const
  ) {
    test(`${format}: chunks that share a member which is ${what} are found and checked`, async () => {
      const data = noise(size);
      const items: TarItem[] = [
        { name: "a", data: new Uint8Array(before) },
        { name: "f", data },
        { name: "z", data: "behind" },
      ];
      const sizes = [1, 65_535, 65_536, 60_000];
      sizes.push(size - sizes.reduce((sum, one) => sum + one));
      const rows = cut("f", data, sizes);
      const made = imageOf(stargz(items, { format, members: [items], rows }));
      const image = await openImage(made.source, made.manifest);
      assert.equal(digestOf(await bytesOf(image, "f")), digestOf(data));
      assert.equal(new TextDecoder().decode(await bytesOf(image, "z")), "behind");
      await image.close();
      const wrong = (all: LooseRow[]) =>
        rows(all).map((row, i) => i === 3 ? { ...row, chunkDigest: digestOf("x") } : row);
      const bad = imageOf(stargz(items, { format, members: [items], rows: wrong }));
      const other = await openImage(bad.source, bad.manifest);
      const reader = (await other.open("f")).getReader();
      assert.equal((await reader.read()).value!.length, 1);
      assert.equal((await reader.read()).value!.length, 65_535);
      await assert.rejects(reader.read(), { code: "integrity" });
      await other.close();
    });
  }

  test(`${format}: a chunk that reaches beyond its member is refused`, async () => {
    for (const before of [1000, 5 * MiB]) {
      const items: TarItem[] = [{ name: "a", data: new Uint8Array(before) }, {
        name: "f",
        data: "x",
      }];
      const rows = (all: LooseRow[]) =>
        all.map((row) => row.name === "f" ? { ...row, size: 9000, digest: digestOf("x") } : row);
      const made = imageOf(stargz(items, { format, members: [items], rows }));
      const image = await openImage(made.source, made.manifest);
      await assert.rejects(bytesOf(image, "f"), { code: "integrity" });
      await image.close();
    }
  });
}

test("chunk-swarm: a file that is spread over very large members is refused before one is asked for", async () => {
  const items: TarItem[] = Array.from({ length: 3 }, (_, i) => ({
    name: `a${i}`,
    data: new Uint8Array(MiB),
  }));
  const far = 100 * MiB;
  const rows = (all: LooseRow[]) => {
    const file = { name: "f", type: "reg", size: 2, digest: digestOf("ab") };
    const chunk = (i: number) => ({
      offset: all[i]!.offset,
      innerOffset: far,
      chunkOffset: i,
      chunkSize: 1,
      chunkDigest: digestOf("a"),
    });
    return [{ ...file, ...chunk(0) }, { name: "f", type: "chunk", ...chunk(1) }];
  };
  const made = imageOf(stargz(items, { rows }));
  const image = await openImage(made.source, made.manifest);
  const before = made.source.requests.length;
  await assert.rejects(bytesOf(image, "f"), { code: "limit", hint: /pull/ });
  assert.equal(made.source.requests.length, before);
  await image.close();
});

test("chunk-swarm: a table that cuts files into very many chunks is a limit", async () => {
  const data = new Uint8Array(70_000);
  const items: TarItem[] = [{ name: "f", data }, { name: "small", data: "x".repeat(300) }];
  const many = (count: number) => {
    const rows = cut("f", data, [...Array(count - 1).fill(1), data.length - count + 1]);
    return imageOf(stargz(items, { members: [items], rows, json: lines }));
  };
  const few = many(2000);
  const image = await openImage(few.source, few.manifest);
  assert.equal((await bytesOf(image, "f")).length, data.length);
  await image.close();
  const swarm = many(69_000);
  const other = await openImage(swarm.source, swarm.manifest);
  await assert.rejects(bytesOf(other, "f"), { code: "limit" });
  await assert.rejects(other.entries(), { code: "limit" });
  // What is beside it can be read: none of it is looked at for that.
  assert.equal((await bytesOf(other, "small")).length, 300);
  await other.close();
});

/** A table as blobber writes it: with a row a line, fields in their order. */
function lines(json: string): string {
  const { entries } = JSON.parse(json) as { entries: LooseRow[] };
  const order = ["name", "type", "size", "mode", "offset", "innerOffset", "digest"];
  order.push("chunkOffset", "chunkSize", "chunkDigest");
  const rows = entries.map((row) =>
    JSON.stringify(Object.fromEntries(
      order.filter((key) => row[key] !== undefined).map((key) => [key, row[key]]),
    ))
  );
  return `{"version":1,"entries":[\n${rows.join(",\n")}\n]}\n`;
}
