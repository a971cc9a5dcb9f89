import { test } from "node:test";
import assert from "node:assert/strict";
import { digestOf, hexOf } from "../../digest.ts";
import { type FilePart, filePartsOf, FilePartsWriter } from "./file_parts.ts";

const part = (path: string, more: Partial<FilePart> = {}): FilePart => ({
  ...{ segment: 0, inner: 512, size: 7, hex: hexOf(digestOf(path)) },
  ...{ path, at: undefined, mode: 0o644, mtime: 0, ...more },
});

test("parts come out as they went in, after a copy to another thread too", () => {
  const parts = [
    part("a"),
    part("ünï/コード", { segment: 3, inner: 2 ** 31 - 1, mode: 0o7, mtime: 1_700_000_000 }),
    part("large", { at: 0, size: 0 }),
    part("large", { at: 2 ** 40, mtime: -5 }),
  ];
  const writer = new FilePartsWriter();
  for (const one of parts) writer.add(one);
  assert.deepEqual([...filePartsOf(structuredClone(writer.parts()))], parts);
  assert.deepEqual([...filePartsOf(new FilePartsWriter().parts())], []);
});
