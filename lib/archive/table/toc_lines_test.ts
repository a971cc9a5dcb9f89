import { test } from "node:test";
import assert from "node:assert/strict";
import { chunksOf } from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import type { Entry } from "../entry.ts";
import { parseTable } from "./parse_table.ts";
import { OtherForm, tocLines } from "./toc_lines.ts";
import { chunkRow, entryRow, TOC_HEAD, TOC_SEPARATOR, TOC_TAIL } from "./toc_rows.ts";

const encoder = new TextEncoder();
const file = (path: string, size: number): Entry => ({
  path,
  type: "file",
  size,
  mode: 0o644,
  mtime: 0,
});
const place = { offset: 0, innerOffset: 512, chunkOffset: 0, chunkSize: 0 };
const [a, b, c] = ["a", "b", "c"].map((text) => digestOf(text));
const rows = [
  entryRow({ path: "d", type: "directory", size: 0, mode: 0o755, mtime: 1 }),
  entryRow(file("d/f", 5), a, { ...place, chunkDigest: a! }),
  entryRow(file('gr\u00fc\u00dfe "x" \\y', 3), b, { ...place, offset: 99, chunkDigest: b! }),
  entryRow(file("empty", 0), digestOf("")),
  entryRow(file("parts", 7), a, { ...place, offset: 120, chunkSize: 4, chunkDigest: b! }),
  chunkRow(file("parts", 7), {
    offset: 140,
    innerOffset: 0,
    chunkOffset: 4,
    chunkSize: 0,
    chunkDigest: c!,
  }),
  entryRow({ path: "l", type: "symlink", size: 0, mode: 0o777, mtime: 0, linkTarget: "d/f" }),
  entryRow({ path: "h", type: "hardlink", size: 0, mode: 0o644, mtime: 0, linkTarget: "d/f" }),
];
const table = TOC_HEAD + rows.join(TOC_SEPARATOR) + TOC_TAIL;

/** What parsing comes to: the rows, or the code of the error. */
async function outcome(bytes: Uint8Array): Promise<unknown> {
  try {
    const parsed = await parseTable(bytes, 1000);
    const rows = Array.from(parsed.names, (_, i) => {
      const row = parsed.row(i);
      return { entry: row.entry, chunks: chunksOf(row), digest: row.digest };
    });
    return { members: parsed.members, rows };
  } catch (error) {
    return (error as { code: string }).code;
  }
}
/** The same bytes behind a space, which is JSON still and not of this form. */
function otherwise(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([0x20, ...bytes]);
}
function isOfForm(bytes: Uint8Array): boolean {
  try {
    return Array.from(tocLines(bytes)).length > 0;
  } catch (error) {
    assert.ok(error instanceof OtherForm);
    return false;
  }
}

test("a table as blobber writes it is read line by line, and reads the same as a whole", async () => {
  const bytes = encoder.encode(table);
  assert.equal(isOfForm(bytes), true);
  assert.equal(isOfForm(otherwise(bytes)), false);
  const found = await outcome(bytes);
  assert.equal((found as { rows: unknown[] }).rows.length, 7);
  assert.deepEqual(found, await outcome(otherwise(bytes)));
});

test("whatever byte of a table is another, both readers see the same or refuse", async () => {
  const bytes = encoder.encode(table);
  let kept = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [0x00, 0x0a, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x66, 0x7d, 0x80, 0xff]) {
      if (bytes[at] === byte) continue;
      const changed = bytes.slice();
      changed[at] = byte;
      if (!isOfForm(changed)) continue; // the other reader's alone
      kept++;
      assert.deepEqual(await outcome(changed), await outcome(otherwise(changed)), `${at}: ${byte}`);
    }
  }
  assert.ok(kept > 1000);
});

test("what is not JSON line by line, or not whole, is not of this form", () => {
  const row = '{"name":"x","type":"reg"}';
  const others = [
    "",
    `${row},\n`,
    `${row}\n${row}`,
    `${row} ${row}`,
    '{"name":"x",\n"type":"reg"}',
    `${row}]`,
    row.slice(1),
    row.replace('"reg"', "01"),
    row.replace("x", "\ufffd"),
  ];
  for (const other of others) {
    assert.equal(isOfForm(encoder.encode(TOC_HEAD + other + TOC_TAIL)), false, other);
  }
  assert.equal(isOfForm(encoder.encode(TOC_HEAD + row + TOC_TAIL)), true);
  const bytes = encoder.encode(table);
  for (let end = 0; end < bytes.length; end++) assert.equal(isOfForm(bytes.slice(0, end)), false);
});
