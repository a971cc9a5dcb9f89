import { test } from "node:test";
import assert from "node:assert/strict";
import { item, pax, type TarItem } from "../../../tests/fakes/tar.ts";
import { TarReader } from "./tar_reader.ts";

const MiB = 1024 * 1024;
const nothing = { entry() {}, data() {}, fileEnd() {} };

/** Reads items again and again until they are refused: how many bytes of tar that takes. */
function bytesUntilRefused(items: (round: number) => TarItem[], rounds: number): number {
  const reader = new TarReader(nothing);
  assert.throws(() => {
    for (let round = 0; round < rounds; round++) {
      for (const one of items(round)) reader.write(item(one));
    }
  }, { code: "limit" });
  return reader.position;
}

/** Records with keys of their own, as short as they can be. */
const records = (count: number) =>
  pax(Object.fromEntries(Array.from({ length: count }, (_, i) => [i.toString(36), ""])));

test("pax-flood: global headers with very many records end at a limit", () => {
  const flood = { ...records(100_000), type: "g" };
  assert.ok(bytesUntilRefused(() => [flood], 200) <= 2 * MiB);
  const small = { ...records(1), type: "g" };
  assert.ok(bytesUntilRefused(() => [small], 10_000) <= 3 * MiB);
  const empty: TarItem = { name: "g", type: "g" };
  assert.ok(bytesUntilRefused(() => [empty], 10_000) <= 2 * MiB);
});

test("pax-flood: so do headers of entries with very many records, or very large ones", () => {
  const entry = (i: number): TarItem => ({ name: `f${i}` });
  const flood = records(60_000);
  assert.ok(bytesUntilRefused((i) => [flood, entry(i)], 200) <= 2 * MiB);
  const large = pax({ "SCHILY.xattr.user.x": "x".repeat(MiB - 100) });
  assert.ok(bytesUntilRefused((i) => [large, entry(i)], 200) <= 19 * MiB);
  const long: TarItem = { name: "././@LongLink", type: "L", data: `${"x".repeat(200)}\0` };
  const huge: TarItem = { ...long, data: `x${"\0".repeat(MiB - 1)}` };
  assert.ok(
    bytesUntilRefused(
      (i) => [{ ...huge, data: `${i}${huge.data}`.slice(0, MiB) }, entry(i)],
      200,
    ) <= 19 * MiB,
  );
});

test("headers that archives have are no burden", () => {
  const reader = new TarReader(nothing);
  reader.write(item(pax({ comment: "a commit" }, "g")));
  const attributes = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`SCHILY.xattr.user.${i}`, "x".repeat(300)]),
  );
  for (let i = 0; i < 1500; i++) {
    reader.write(item(pax({ path: `${"long/".repeat(700)}${i}`, ...attributes })));
    reader.write(item({ name: "f" }));
  }
  assert.ok(reader.position > 20 * MiB);
});
