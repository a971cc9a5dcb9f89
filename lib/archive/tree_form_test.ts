import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../digest.ts";
import type { Entry } from "./entry.ts";
import { TreeForm, treeRecord } from "./tree_form.ts";

const encoder = new TextEncoder();
const EMPTY = digestOf(new Uint8Array());

/** An entry, and what its record is to be. */
const RECORDS: [entry: Partial<Entry>, record: string][] = [
  [{ type: "file", mode: 0o644, size: 0 }, `f 644 ${EMPTY.slice(7)}`],
  [{ type: "file", mode: 0o4755, size: 0 }, `f 755 ${EMPTY.slice(7)}`],
  [{ type: "directory", mode: 0o1777 }, "d 777 -"],
  [
    { type: "symlink", mode: 0o644, linkTarget: "to" },
    `l 777 ${digestOf(encoder.encode("to")).slice(7)}`,
  ],
];

for (const [entry, record] of RECORDS) {
  test(`the record of ${JSON.stringify(entry)}`, () => {
    const whole = { path: "a", size: 0, mode: 0, mtime: 0, ...entry } as Entry;
    assert.equal(treeRecord(whole, undefined), record);
  });
}

test("a file with content has no record without its digest", () => {
  const file: Entry = { path: "a", type: "file", size: 1, mode: 0o644, mtime: 0 };
  assert.throws(() => treeRecord(file, undefined), { code: "unexpected" });
});

test("names come in the order of their bytes, each once", () => {
  const form = new TreeForm();
  form.addRecord(
    "b",
    treeRecord({ path: "b", type: "directory", size: 0, mode: 0, mtime: 0 }, EMPTY),
  );
  for (const name of ["a", "b"]) {
    const entry: Entry = { path: name, type: "file", size: 0, mode: 0o644, mtime: 0 };
    assert.throws(() => form.add(entry), { code: "unexpected" }, name);
  }
});
