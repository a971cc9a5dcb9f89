import { after, test } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { digestOf } from "../../digest.ts";
import { ANNOTATION, type Document, type Manifest } from "../../types.ts";
import { bytesOf, imageOf, stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import {
  compare,
  KINDS,
  line,
  mirrored,
  NEW,
  OLD,
  scratch,
  withoutTable,
  withTable,
  write,
} from "../../../tests/fakes/compared_trees.ts";
import { fileNeeds } from "../../../tests/fakes/only_on.ts";

fileNeeds("modes");

after(() => rmSync(scratch, { recursive: true, force: true }));

const CHANGES = [
  "changed a content",
  "changed bin/run mode",
  "changed empty mode",
  "removed gone",
  "removed gone/x",
  "changed l target",
  "changed m content mode",
  "added new",
  "added new/y",
  "changed s content",
  "changed t type",
  "added t/in",
  "changed u type",
];

for (const [first, before] of Object.entries(KINDS)) {
  for (const [second, after] of Object.entries(KINDS)) {
    test(`${first} and ${second}: all that differs, and nothing else`, async () => {
      const [old, now] = [before(OLD), after(NEW)];
      const there = await compare(old, now);
      assert.deepEqual(there.changes.map(line), CHANGES);
      const back = await compare(now, old);
      assert.deepEqual(back.changes, there.changes.map(mirrored));
      const same = await compare(before(OLD), after(OLD));
      assert.deepEqual([same.same, same.changes], [true, []]);
      const { added, removed, changed } = there.totals;
      assert.deepEqual([added, removed, changed], [
        { files: 2, directories: 1, links: 0, bytes: 5 },
        { files: 1, directories: 1, links: 0, bytes: 1 },
        {
          before: { files: 5, directories: 1, links: 2, bytes: 30 + 10 + 16 + 6 + 4 },
          after: { files: 5, directories: 2, links: 1, bytes: 30 + 10 + 16 + 12 + 1 },
        },
      ]);
    });
  }
}

test("a change says what is on either side", async () => {
  const diff = await compare(withTable(OLD), withTable(NEW));
  const at = (path: string) => diff.changes.find((one) => one.path === path)!;
  assert.deepEqual(at("m").before, { type: "file", size: 16, mode: 0o600 });
  assert.deepEqual(at("l").after, { type: "symlink", size: 0, mode: 0o777, linkTarget: "k" });
  assert.deepEqual(at("new").after, { type: "directory", size: 0, mode: 0o755 });
  assert.equal(at("new").before, undefined);
});

test("files are the same or not by their tables, where these have the same cuts", async () => {
  const data = "0123456789".repeat(10);
  const large = (content: string): TarItem[] => [{ name: "large", data: content }];
  const old = withTable(large(data), 30);
  const now = withTable(large(data.slice(0, 95) + "x6789"), 30);
  const again = withTable([...large(data), { name: "more", data: "1" }], 30);
  for (
    const [one, other, lines] of [
      [old, now, ["changed large content"]],
      [old, again, ["added more"]],
    ] as const
  ) {
    for (const { source } of [one, other]) source.requests.length = 0;
    const diff = await compare(one, other);
    assert.deepEqual(diff.changes.map(line), lines);
    assert.deepEqual([one.source.requests.length, other.source.requests.length], [1, 1]);
  }
});

test("where tables have other cuts, one file is read, and only that", async () => {
  const [large, more] = [noise(), noise()];
  const last = large.slice();
  last[last.length - 1]! ^= 1;
  const first = large.slice();
  first[0]! ^= 1;
  const cut = (data: Uint8Array, chunkSize: number) =>
    withTable([
      { name: "large", data },
      // What is at the end of the layer comes with its table.
      { name: "other", data: more },
      { name: "small", data: "small" },
    ], chunkSize);
  const fetched: [data: Uint8Array, size: number, lines: string[], requests: number][] = [
    [large, 500_000, [], 3],
    [last, 500_000, ["changed large content"], 3],
    // What both cut at the same places decides: the last 300,000 bytes.
    [last, 900_000, ["changed large content"], 2],
    [first, 900_000, ["changed large content"], 3],
  ];
  for (const [data, size, lines, requests] of fetched) {
    const [one, other] = [cut(large, 450_000), cut(data, size)];
    // The other file is the same in both, and would be read too.
    const diff = await compare(one, other, { paths: ["large", "small"] });
    assert.deepEqual(diff.changes.map(line), lines);
    assert.equal(one.source.requests.length + other.source.requests.length, requests);
    assert.equal(other.source.requests.length, 1, "of the two, the first is read");
    assert.ok(one.source.bytes < 2 * 1024 * 1024 + 1_300_000);
  }
});

test("the digest of a whole file that a table states is no proof", async () => {
  const stating = (data: string, digest: string, chunkSize: number) =>
    imageOf(stargz([{ name: "f", data }], {
      chunkSize,
      rows: (rows) => rows.map((row) => row.type === "reg" ? { ...row, digest } : row),
    }));
  const [x, y] = ["x".repeat(60), `${"x".repeat(59)}y`];
  const lie = digestOf(x);
  // Both say the same, and are not: chunks tell.
  const lying = await compare(stating(y, lie, 20), stating(x, lie, 20));
  assert.deepEqual(lying.changes.map(line), ["changed f content"]);
  // Both say something else, and are the same.
  const silly = await compare(stating(x, digestOf("1"), 20), stating(x, digestOf("2"), 20));
  assert.equal(silly.same, true);
  // Where one has to be read, it is checked against what it says.
  const read = compare(stating(y, lie, 25), stating(x, lie, 20));
  await assert.rejects(read, { code: "integrity" });
  const other = await compare(stating(x, lie, 25), stating(y, lie, 20));
  assert.deepEqual(other.changes.map(line), ["changed f content"]);
});

test("bytes that are not what their table says are found when they are read", async () => {
  const items = [{ name: "f", data: new Uint8Array(5000).map((_, i) => i * i) }];
  const [one, other] = [withTable(items, 900), withTable(items, 1100)];
  for (const { blobs, manifest } of [one, other]) {
    const { digest } = manifest.value.layers[0]!;
    const blob = blobs.get(digest)!.slice();
    blob[700]! ^= 1;
    blobs.set(digest, blob);
  }
  await assert.rejects(compare(one, other), { code: "integrity" });
});

test("a file that has to be fetched has a limit", async () => {
  const items = [{ name: "f", data: "x".repeat(90) }];
  const [one, other] = [withTable(items, 20), withTable(items, 30)];
  const diff = await compare(one, other, { maxFileBytes: 90 });
  assert.ok(diff.same);
  await assert.rejects(compare(one, other, { maxFileBytes: 89 }), (error: Error) => {
    assert.match(error.message, /"f" has 90 bytes, expected at most 89: its chunks differ/);
    return (error as { code?: string }).code === "limit";
  });
  const local = await compare({ directory: write(items) }, other, { maxFileBytes: 1 });
  assert.ok(local.same, "nothing is fetched");
});

test("layers are applied before they are compared, with whiteouts and hard links", async () => {
  const lower = stargz([
    { name: "a", data: "a" },
    { name: "d/x", data: "x" },
    { name: "d/y", data: "y" },
    { name: "hard", type: "1", link: "a", mode: 0o600 },
  ]);
  const upper = stargz([{ name: "a", data: "A" }, { name: "d/.wh.x" }, { name: "z", data: "z" }]);
  const flat = withTable([
    { name: "a", data: "A" },
    { name: "d/y", data: "y" },
    { name: "hard", data: "a" },
    { name: "z", data: "z" },
  ]);
  const same = await compare(imageOf(lower, upper), flat);
  assert.deepEqual(same.changes, []);
  const other = await compare(imageOf(lower), imageOf(lower, upper));
  assert.deepEqual(other.changes.map(line), ["changed a content", "removed d/x", "added z"]);
  // A directory of which whiteouts left nothing is there all the same.
  const emptied = imageOf(lower, stargz([{ name: "d/.wh.x" }, { name: "d/.wh.y" }]));
  const left = await compare(emptied, imageOf(lower));
  assert.deepEqual(left.changes.map(line), ["added d/x", "added d/y"]);
});

test("a layer without a table is fetched once, and said to be", async () => {
  const old = withoutTable(OLD);
  const notices: string[] = [];
  const onNotice = ({ code }: { code: string }) => void notices.push(code);
  const diff = await compare(old, withTable(NEW), { onNotice });
  assert.deepEqual(diff.changes.map(line), CHANGES);
  assert.deepEqual(notices, ["whole-download"]);
  assert.equal(old.source.requests.length, 1);
});

test("a layer that is a file is known by the manifest", async () => {
  const model = (content: string) => {
    const { source, manifest } = imageOf(bytesOf(content));
    const { layers, config } = manifest.value;
    const mediaType = "application/vnd.oci.empty.v1+json";
    const annotations = { [ANNOTATION.title]: "models/m" };
    const value: Manifest = {
      ...manifest.value,
      config: { ...config, mediaType },
      layers: [{ ...layers[0]!, mediaType: "application/octet-stream", annotations }],
    };
    const bytes = bytesOf(JSON.stringify(value));
    const descriptor = { ...manifest.descriptor, digest: digestOf(bytes), size: bytes.length };
    return { source, manifest: { descriptor, bytes, value } as Document<Manifest> };
  };
  const [one, other] = [model("a model"), model("A model")];
  const diff = await compare(one, other);
  assert.deepEqual(diff.changes.map(line), ["changed models/m content"]);
  assert.deepEqual([...one.source.requests, ...other.source.requests], []);
  const items = [{ name: "models/m", data: "a model" }];
  for (const kind of Object.values(KINDS)) {
    const same = await compare(kind(items), one);
    assert.deepEqual(same.changes, []);
  }
});

test("one manifest is the same wherever it is, and its tables are read once", async () => {
  const { source, manifest } = withTable(OLD);
  const diff = await compare({ source, manifest }, { source, manifest });
  assert.ok(diff.same);
  assert.equal(source.requests.length, 1);
});

test("only what paths select is compared, and read", async () => {
  const [old, now] = [withTable(OLD), withTable(NEW)];
  for (
    const [paths, lines] of [
      [["a"], ["changed a content"]],
      [["./new/", "k"], ["added new", "added new/y"]],
      [["gone"], ["removed gone", "removed gone/x"]],
      [["gone/x", "t"], ["removed gone/x", "changed t type", "added t/in"]],
      [["k"], []],
      [["*"], CHANGES],
      [["?"], CHANGES.filter((one) => !/bin|gone|new|empty/.test(one))],
      [["*/"], CHANGES.filter((one) => /bin|gone|new|empty|t/.test(one.split(" ")[1]!))],
      [["**/[xy]", "new/*"], ["removed gone/x", "added new/y"]],
      [["ne\\w"], ["added new", "added new/y"]],
      [["."], CHANGES],
    ] as const
  ) {
    const diff = await compare(old, now, { paths });
    assert.deepEqual(diff.changes.map(line), lines);
  }
  for (const path of ["*.css", "a/", "/a?"]) {
    await assert.rejects(compare(old, now, { paths: [path] }), { code: "not-found" });
  }
  await assert.rejects(compare(old, now, { paths: ["a", "bin/rune"] }), (error: Error) => {
    assert.match(error.message, /^path not found: "bin\/rune" is on neither side/);
    assert.equal((error as { hint?: string }).hint, 'did you mean "bin/run"?');
    return (error as { code?: string }).code === "not-found";
  });
});

test("devices and pipes are refused, or left out, where they are compared", async () => {
  const items = [{ name: "a", data: "x" }, { name: "dev/p", type: "6" }];
  const notices: string[] = [];
  const onNotice = ({ level, code }: { level: string; code: string }) =>
    void (level === "warning" && notices.push(code));
  const [old, now] = [withoutTable(items), withTable([{ name: "a", data: "y" }])];
  await assert.rejects(compare(now, old), {
    code: "invalid-archive",
    message: 'cannot compare: "dev/p" is a named pipe, expected files, directories and links',
  });
  const left = await compare(now, old, { special: "skip", onNotice });
  assert.deepEqual(left.changes.map(line), ["changed a content"]);
  assert.deepEqual(notices, ["special-files"]);
  const other = await compare(now, old, { paths: ["a"] });
  assert.deepEqual(other.changes.map(line), ["changed a content"]);
});

/** Bytes that do not become fewer in a layer. */
function noise(): Uint8Array {
  return new Uint8Array(randomBytes(1_200_000));
}
