import { test } from "node:test";
import assert from "node:assert/strict";
import { concat } from "../../bytes.ts";
import { END, header, item, pax, type TarItem, tarOf } from "../../../tests/fakes/tar.ts";
import type { Entry } from "../entry.ts";
import { TarReader } from "./tar_reader.ts";

const invalid = { code: "invalid-archive" };

function read(tar: Uint8Array, step = tar.length): { entry: Entry; data: string }[] {
  const found: { entry: Entry; data: string }[] = [];
  const decoder = new TextDecoder();
  const reader = new TarReader({
    entry: (entry) => void found.push({ entry, data: "" }),
    data: (bytes) => void (found.at(-1)!.data += decoder.decode(bytes)),
    fileEnd: () => {},
  });
  for (let at = 0; at < tar.length; at += step) reader.write(tar.subarray(at, at + step));
  reader.end();
  return found;
}

const refused = (name: string, tar: Uint8Array, error: object = invalid) =>
  test(name, () => {
    assert.throws(() => read(tar), error);
  });

const plain: TarItem[] = [
  { name: "./", type: "5", mode: 0o755 },
  { name: "a/", type: "5", mode: 0o7755 },
  { name: "a/f", data: "hello", mode: 0o4640, mtime: 77 },
  { name: "l", type: "2", link: "a/f" },
  { name: "h", type: "1", link: "./a/f" },
  { name: "empty" },
  { name: "big", data: "x".repeat(1500) },
];

for (const step of [1, 7, 511, 512, 513, 100_000]) {
  test(`entries arrive whole in pieces of ${step} bytes`, () => {
    const found = read(tarOf(...plain), step);
    assert.deepEqual(found.map(({ entry }) => [entry.path, entry.type, entry.linkTarget]), [
      ["", "directory", undefined],
      ["a", "directory", undefined],
      ["a/f", "file", undefined],
      ["l", "symlink", "a/f"],
      ["h", "hardlink", "a/f"],
      ["empty", "file", undefined],
      ["big", "file", undefined],
    ]);
    assert.deepEqual([found[2]!.data, found[6]!.data.length], ["hello", 1500]);
    assert.deepEqual([found[2]!.entry.mode, found[2]!.entry.mtime], [0o640, 77]);
  });
}

test("long names: ustar prefix, PAX and GNU", () => {
  const long = "d/".repeat(90) + "f";
  assert.equal(read(tarOf({ name: "f", prefix: "p/q" }))[0]!.entry.path, "p/q/f");
  assert.equal(read(tarOf(pax({ path: long }), { name: "x" }))[0]!.entry.path, long);
  const gnu = read(tarOf(
    { name: "././@LongLink", type: "L", data: long + "\0" },
    { name: "././@LongLink", type: "K", data: "t/" + long + "\0" },
    { name: "x", type: "2", link: "y", magic: "ustar  \0" },
  ));
  assert.deepEqual([gnu[0]!.entry.path, gnu[0]!.entry.linkTarget], [long, "t/" + long]);
});

test("PAX: linkpath, mtime, size beyond octal are honoured, vendor keys are not looked at", () => {
  const [one] = read(tarOf(
    pax({ linkpath: "t", mtime: "1350244992.023960108", "SCHILY.xattr.user.x": "y" }),
    { name: "l", type: "2", link: "other" },
  ));
  assert.deepEqual([one!.entry.linkTarget, one!.entry.mtime], ["t", 1350244992]);
  const sized = concat(
    item(pax({ size: "3" })),
    header({ name: "f", size: 0 }),
    item({
      name: "abc",
    }).subarray(0, 512),
  );
  assert.equal(read(concat(sized, END))[0]!.entry.size, 3);
});

test("a base-256 size is honoured", () => {
  const patch = (block: Uint8Array) => block.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5], 124);
  assert.equal(read(tarOf({ name: "f", data: "hello", patch }))[0]!.data, "hello");
});

test("before POSIX a directory was a file with a slash at its end", () => {
  const [one] = read(tarOf({ name: "d/", type: "\0", magic: "" }));
  assert.deepEqual([one!.entry.path, one!.entry.type], ["d", "directory"]);
});

refused("a sparse file is refused by name", tarOf({ name: "dev", type: "S" }), {
  ...invalid,
  message: /"dev" is a/,
});
for (const flag of ["D", "M", "N", "V", "8", "X", "\x80"]) {
  refused(`the type ${JSON.stringify(flag)} is refused`, tarOf({ name: "n", type: flag }));
}
for (
  const [name, error] of [
    ["../x", "path-traversal"],
    ["/../x", "path-traversal"],
    [
      "C:x",
      "path-traversal",
    ],
    ["a\nb", "invalid-archive"],
    ["f/", "invalid-archive"],
  ] as const
) {
  refused(`a file named ${JSON.stringify(name)} is refused`, tarOf({ name }), {
    code: error,
  });
}
refused("a hard link outside is refused", tarOf({ name: "h", type: "1", link: "../x" }), {
  code: "path-traversal",
});
refused(
  "a GNU sparse file in PAX is refused",
  tarOf(pax({ "GNU.sparse.major": "1" }), { name: "f" }),
);
refused("a global header may not name", tarOf(pax({ path: "x" }, "g"), { name: "f" }));
test("a global header with a comment is no entry", () => {
  assert.equal(read(tarOf(pax({ comment: "abc" }, "g"), { name: "f" })).length, 1);
});

refused(
  "CVE-2025-62518: two sizes of one file are refused",
  concat(item(pax({ size: "1024" })), header({ name: "f", size: 512 }), new Uint8Array(1024), END),
);
refused(
  "CVE-2026-53655: a PAX header before a GNU long name is refused",
  tarOf(pax({ size: "1024" }), { name: "././@LongLink", type: "L", data: "x\0" }, { name: "f" }),
);
refused(
  "a GNU long name before a PAX header is refused",
  tarOf({ name: "././@LongLink", type: "L", data: "x\0" }, pax({ path: "y" }), { name: "f" }),
);
refused(
  "two PAX headers are refused",
  tarOf(pax({ path: "a" }), pax({ path: "b" }), {
    name: "f",
  }),
);
refused("a header that describes nothing is refused", tarOf(pax({ path: "a" })));

for (
  const [what, data] of Object.entries({
    "a bad length": "99 path=x\n",
    "no length": "path=x\n",
    "a length of zero": "0 path=x\n",
    "no line feed": "10 path=xy",
    "no equals sign": "8 pathx\n\n",
    "an empty key": "6 =xy\n",
    "NUL in the path": "11 path=a\0\n",
    "an empty path": "8 path=\n",
    "a key twice": "9 path=x\n9 path=y\n",
    "a negative size": "11 size=-1\n",
    "a size that is no number": "9 size=x\n",
    "a size that is too large": "28 size=99999999999999999999\n",
    "another character set": "21 hdrcharset=BINARY\n",
  })
) {
  refused(
    `PAX with ${what} is refused`,
    tarOf({ name: "p", type: "x", data }, { name: "f" }),
  );
}
refused(
  "PAX that is not UTF-8 is refused",
  tarOf({ name: "p", type: "x", data: new Uint8Array([...utf8("9 path="), 0xff, 10]) }, {
    name: "f",
  }),
);
function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
refused(
  "a huge PAX header is a limit",
  tarOf({ name: "p", type: "x", size: 2 ** 30 }, { name: "f" }),
  { code: "limit" },
);

const good = tarOf({ name: "f", data: "hello" });
refused("truncated in a header", good.subarray(0, 300));
refused("truncated in the content", good.subarray(0, 514));
refused("truncated in the padding", good.subarray(0, 700));
test("end-blocks: what ends between two entries is an archive, and its reader is told", () => {
  for (
    const [length, marked] of [[1024, false], [1536, false], [0, false], [2048, true]] as const
  ) {
    const reader = new TarReader({ entry() {}, data() {}, fileEnd() {} });
    reader.write(good.subarray(0, length));
    assert.equal(reader.end(), marked, `${length} bytes`);
  }
});
refused("end-blocks: behind a header that describes the next entry", item(pax({ path: "x" })));
refused(
  "end-blocks: something behind one block",
  concat(good.subarray(0, 1536), item({ name: "g" }), END),
);
refused("a size larger than the rest", tarOf({ name: "f", data: "hello", size: 5000 }));
refused("something behind the end", concat(good, item({ name: "g" }), END));
refused("endless zeros behind the end", concat(good, new Uint8Array(2 << 20)));
refused(
  "a negative size",
  tarOf({ name: "f", patch: (block) => block.fill(0xff, 124, 136) }),
);
refused(
  "a size beyond any file",
  tarOf({ name: "f", patch: (block) => block.fill(0x80, 124, 125).fill(0x7f, 125, 136) }),
);
refused(
  "a size that is no number",
  tarOf({ name: "f", patch: (block) => block.set(utf8("0000000000x"), 124) }),
);
test("a wrong checksum is refused", () => {
  const tar = good.slice();
  tar[0]! ^= 1;
  assert.throws(() => read(tar), invalid);
});
refused(
  "a name that is not UTF-8",
  tarOf({
    name: "f",
    patch: (block) => block.set([0xff, 0xfe], 0),
  }),
);
for (const type of ["1", "2", "5"]) {
  refused(
    `an entry of type ${type} with content is refused`,
    tarOf({ name: "d", type, link: "x", data: "hello" }),
  );
}

const cut = new TextEncoder().encode("\u043a".repeat(60)).subarray(0, 99); // in the middle of a character
const cutName = (block: Uint8Array) => block.set(cut, 0);
const cutLink = (block: Uint8Array) => block.set(cut, 157);

test("long-name-other-script: a field that another header overrides is not judged", () => {
  const long = "\u043a".repeat(60);
  const gnu = (type: string): TarItem => ({ name: "././@LongLink", type, data: `${long}\0` });
  const paths = (...items: TarItem[]) =>
    read(tarOf(...items)).map(({ entry }) => [entry.path, entry.linkTarget]);
  assert.deepEqual(paths(gnu("L"), { name: "", patch: cutName }), [[long, undefined]]);
  assert.deepEqual(paths(pax({ path: long }), { name: "", patch: cutName }), [[long, undefined]]);
  const link: TarItem = { name: "l", type: "2", patch: cutLink };
  assert.deepEqual(paths(gnu("K"), link), [["l", long]]);
  assert.deepEqual(paths(pax({ linkpath: long }), link), [["l", long]]);
  assert.deepEqual(paths({ ...pax({ path: long }), patch: cutName }, { name: "x" }), [
    [long, undefined],
  ]);
  // A file has no target, whatever stands in the field.
  assert.deepEqual(paths({ name: "f", patch: cutLink }), [["f", undefined]]);
  const noTime = (block: Uint8Array) => block.fill(0x78, 136, 147);
  assert.equal(read(tarOf(pax({ mtime: "7" }), { name: "f", patch: noTime }))[0]!.entry.mtime, 7);
});
refused(
  "long-name-other-script: a name that counts is judged",
  tarOf({ name: "", patch: cutName }),
);
refused(
  "long-name-other-script: a target that counts is judged",
  tarOf({ name: "l", type: "2", patch: cutLink }),
);

test("hard-link-with-size: a size that repeats the file's has no content behind it", () => {
  for (const magic of ["ustar\x0000", "ustar  \0", ""]) {
    const link: TarItem = { name: "h", type: "1", link: "f", size: 5, magic };
    const found = read(tarOf({ name: "f", data: "hello" }, link, { name: "g", data: "tail" }));
    assert.deepEqual(found.map(({ entry, data }) => [entry.path, entry.size, data]), [
      ["f", 5, "hello"],
      ["h", 0, ""],
      ["g", 4, "tail"],
    ]);
  }
  const directory = read(tarOf({ name: "d", type: "5", size: 512 }, { name: "g", data: "tail" }));
  assert.deepEqual(directory.map(({ entry }) => [entry.path, entry.size]), [["d", 0], ["g", 4]]);
});
const sized: TarItem = { name: "h", type: "1", link: "f", size: 5 };
for (
  const [what, items] of Object.entries({
    "described by a PAX header": [{ name: "f" }, pax({ mtime: "1" }), sized],
    "in an archive with PAX headers": [pax({ mtime: "1" }), { name: "f" }, sized],
    "in an archive with a global header": [pax({ comment: "c" }, "g"), { name: "f" }, sized],
    "whose PAX header has the size": [{ name: "f" }, pax({ size: "5" }), { ...sized, size: 0 }],
  })
) {
  refused(`hard-link-with-size: ${what}, about which readers disagree`, tarOf(...items));
}
for (const [type, what] of [["2", "link"], ["3", "device"], ["\0", "old directory"]] as const) {
  refused(
    `hard-link-with-size: a ${what} with a size, about which readers disagree`,
    tarOf({ name: "x/", type, link: "f", size: 5 }),
  );
}

test("old-times: any time is read, and the nearest that can be had is taken", () => {
  const base256 = (bytes: number[]) => (block: Uint8Array) => block.set(bytes, 136);
  const least = [0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]; // -2^63
  const most = [0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0]; // 2^62
  const before = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf6]; // -10
  const times = read(tarOf(
    { name: "a", patch: base256(least) },
    { name: "b", patch: base256(most) },
    { name: "c", patch: base256(before) },
    pax({ mtime: `${-(2n ** 63n)}` }),
    { name: "d" },
    pax({ mtime: `${2n ** 62n}.5` }),
    { name: "e" },
    pax({ mtime: "-1.5" }),
    { name: "f" },
  )).map(({ entry }) => entry.mtime);
  assert.deepEqual(times, [-8.64e12, 8.64e12, -10, -8.64e12, 8.64e12, -2]);
});

test("devices: they are entries with a type", () => {
  const types = ["3", "4", "6"].map((type) => read(tarOf({ name: "dev/x", type }))[0]!.entry.type);
  assert.deepEqual(types, ["char", "block", "fifo"]);
});

test("absolute-names: names and hard links' targets are relative to the tree's root", () => {
  const found = read(tarOf(
    { name: "/", type: "5" },
    { name: "/a", data: "x" },
    { name: "//b/c", type: "1", link: "/a" },
    { name: "s", type: "2", link: "/a" },
  ));
  assert.deepEqual(found.map(({ entry }) => [entry.path, entry.linkTarget]), [
    ["", undefined],
    ["a", undefined],
    ["b/c", "a"],
    ["s", "/a"],
  ]);
});
refused("absolute-names: .. behind it", tarOf({ name: "/../x" }), { code: "path-traversal" });
refused(
  "absolute-names: .. in a hard link's target",
  tarOf({ name: "h", type: "1", link: "/../x" }),
  { code: "path-traversal" },
);
