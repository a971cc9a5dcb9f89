import { test } from "node:test";
import assert from "node:assert/strict";
import { chunksOf } from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import type { Entry } from "../entry.ts";
import { chunkRow, entryRow, TOC_HEAD, TOC_SEPARATOR, TOC_TAIL } from "./toc_rows.ts";
import { LineTable } from "./line_table.ts";
import { parseTable } from "./parse_table.ts";
import type { NamedTable } from "./table.ts";

const CONTENT_END = 1000;
const encode = (text: string) => new TextEncoder().encode(text);
const entry = (path: string, type: Entry["type"], size = 0, linkTarget?: string): Entry => ({
  path,
  type,
  size,
  mode: 0o644,
  mtime: 0,
  ...(linkTarget !== undefined && { linkTarget }),
});
const [a, b, c] = ["a", "b", "c"].map((text) => digestOf(text));
const place = { offset: 0, innerOffset: 0, chunkOffset: 0, chunkSize: 0, chunkDigest: a! };
const rows = [
  entryRow(entry("d", "directory")),
  entryRow(entry("d/\u00fc", "file", 5), a, place),
  entryRow(entry("e", "file"), digestOf("")),
  entryRow(entry("parts", "file", 7), a, { ...place, offset: 120, chunkSize: 4, chunkDigest: b! }),
  chunkRow(entry("parts", "file", 7), { ...place, offset: 140, chunkOffset: 4, chunkDigest: c! }),
  entryRow(entry("s", "symlink", 0, "d")),
  entryRow(entry("t", "file", 3), b, { ...place, offset: 140, innerOffset: 8, chunkDigest: b! }),
  entryRow(entry("u", "file", 3), b, { ...place, offset: 300, chunkDigest: b! }),
];
const written = (lines: string[]) => encode(TOC_HEAD + lines.join(TOC_SEPARATOR) + TOC_TAIL);
const table = written(rows);
const open = (bytes: Uint8Array) => LineTable.of(bytes, CONTENT_END, {});

/** Every row, with where the members begin that are behind its first. */
function all(table: NamedTable): unknown[] {
  return table.names.map((name, i) => {
    const { row, members } = table.locate(i);
    const { entry, digest } = row;
    const chunks = chunksOf(row);
    const behind = members.filter((at) => chunks.length > 0 && at > chunks.at(-1)!.member);
    const end = behind[0] ?? CONTENT_END;
    return { name, type: table.type(i), path: table.path(i), entry, chunks, digest, end };
  });
}

test("names and single rows are those that the parser finds", async () => {
  const found = await open(table);
  const whole = await parseTable(table, CONTENT_END);
  assert.deepEqual(all(found!), all(whole));
  assert.deepEqual(all(await found!.whole({})), all(whole));
});

test("a row is checked when it is asked for", async () => {
  const far = await open(written(rows.map((row) => row.replace('"offset":0', '"offset":9999'))));
  assert.equal(far!.locate(0).row.entry.path, "d");
  const behind = { code: "invalid-archive", message: /begins behind the end/ };
  assert.throws(() => far!.locate(1), behind);
  await assert.rejects(far!.whole({}), behind);
  const broken = await open(written(rows.map((row) => row.replace('"size":5', '"size":05'))));
  assert.throws(() => broken!.locate(1), { code: "invalid-archive", message: /not JSON/ });
  await assert.rejects(broken!.whole({}), { code: "invalid-archive", message: /not JSON/ });
});

test("rows without content are parsed alone, however many stand together", async () => {
  const links = Array.from(
    { length: 1000 },
    (_, i) => entryRow(entry(`l${i}`, "hardlink", 0, "a")),
  );
  const found = await open(written([entryRow(entry("a", "file"), digestOf("")), ...links]));
  const { parse } = JSON;
  let parsed = 0;
  JSON.parse = (...args) => {
    parsed++;
    return parse(...args);
  };
  try {
    for (let i = 1; i <= 1000; i++) assert.equal(found!.locate(i).row.entry.linkTarget, "a");
  } finally {
    JSON.parse = parse;
  }
  assert.ok(parsed <= 2000, `${parsed}`);
});

const row = '{"name":"x","type":"reg"}';
for (
  const [what, line] of Object.entries({
    "two entries in a line": `${row},${row}`,
    "a name twice": '{"name":"x","type":"reg","name":"y"}',
    "a name twice with a space": '{"name":"x","type":"reg","name" :"y"}',
    "a type twice": '{"name":"x","type":"reg","type":"dir"}',
    "a key in escapes": '{"name":"x","type":"reg","n\\u0061me":"y"}',
    "an end of the list": '{"name":"x","type":"reg"}],"more":[',
    "a field of its own": '{"name":"x","type":"reg","more":1}',
    "a field twice": '{"name":"x","type":"reg","size":1,"size":2}',
    "an object in it": '{"name":"x","type":"reg","more":{}}',
    "another order": '{"type":"reg","name":"x"}',
    "a type of its own": '{"name":"x","type":"rag"}',
    "a device": '{"name":"x","type":"char"}',
    "a chunk of nothing": '{"name":"x","type":"chunk"}',
    "a name that leads out": '{"name":"../x","type":"reg"}',
    "a name with a control character": '{"name":"\u0001","type":"reg"}',
    "something behind it": `${row} `,
  })
) {
  test(`a line with ${what} is left to the parser`, async () => {
    assert.equal(await open(written([line, row])), undefined);
    if (!line.endsWith(" ")) assert.equal(await open(written([line])), undefined);
  });
}

test("whatever byte of a table is another, the names are those that the parser finds", async () => {
  let same = 0;
  for (let at = 0; at < table.length; at++) {
    for (const byte of [0x0a, 0x20, 0x22, 0x2c, 0x2f, 0x30, 0x3a, 0x5c, 0x66, 0x7b, 0x7d, 0x80]) {
      if (table[at] === byte) continue;
      const changed = table.slice();
      changed[at] = byte;
      const found = await open(changed);
      if (found === undefined) continue;
      let whole;
      try {
        whole = await parseTable(changed, CONTENT_END);
      } catch {
        continue; // who reads all of it refuses
      }
      same++;
      assert.deepEqual(all(found), all(whole), `${at}: ${byte}`);
    }
  }
  assert.ok(same > 500, `${same}`);
});
