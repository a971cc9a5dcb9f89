import { test } from "node:test";
import assert from "node:assert/strict";
import type { Entry } from "../entry.ts";
import { checkNames, NameSet } from "./names.ts";

const file = (path: string): Entry => ({ path, type: "file", size: 0, mode: 0o644, mtime: 0 });
const directory = (path: string): Entry => ({ ...file(path), type: "directory" });
const link = (type: "symlink" | "hardlink", path: string, linkTarget: string): Entry => ({
  ...file(path),
  type,
  linkTarget,
});

for (const path of ["stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark"]) {
  test(`${path} is refused at the root and nowhere else`, () => {
    assert.throws(() => checkNames(file(path)), { code: "invalid-archive" });
    checkNames(file(`sub/${path}`));
  });
}

test("names that layers take for deletions are refused", () => {
  for (const path of [".wh.x", "a/.wh.x", "a/.wh..wh..opq", ".wh.d/x"]) {
    assert.throws(() => checkNames(file(path)), { code: "invalid-archive" });
  }
  checkNames(file("a.wh.x"));
});

test("names that are not UTF-8, hold control characters or are not in normal form are refused", () => {
  for (const path of ["a\ufffdb", "a\nb", "a\x1b[2J", "a//b", "./a", "a/"]) {
    assert.throws(() => checkNames(file(path)), { code: "invalid-archive" });
  }
  assert.throws(() => checkNames(link("symlink", "l", "a\ufffd")), { code: "invalid-archive" });
  assert.throws(() => checkNames(link("symlink", "l", "a\nb")), { code: "invalid-archive" });
});

test("links that are absolute or leave the tree are refused", () => {
  for (const target of ["/etc/passwd", "..", "../x", "a/../../x"]) {
    assert.throws(() => checkNames(link("symlink", "l", target)), { code: "path-traversal" });
  }
  assert.throws(() => checkNames(link("hardlink", "l", "../x")), { code: "path-traversal" });
  for (const target of ["/etc/passwd", "./x"]) {
    assert.throws(() => checkNames(link("hardlink", "l", target)), { code: "invalid-archive" });
  }
  checkNames(link("symlink", "d/l", "../x"));
});

test("devices: they are no content of a push", () => {
  for (const type of ["char", "block", "fifo"] as const) {
    assert.throws(() => checkNames({ path: "x", type }), { code: "invalid-archive" });
  }
});

test("hard-link-to-link: what is packed is another link, judged where it stands", () => {
  const names = new NameSet();
  names.add(link("symlink", "d/l", "../x"));
  assert.deepEqual(names.add(link("hardlink", "e/m", "d/l")), {
    ...link("symlink", "e/m", "../x"),
    mode: 0o777,
  });
  assert.throws(() => names.add(link("hardlink", "top", "d/l")), { code: "path-traversal" });
  added(file("a"), link("hardlink", "b", "a"), link("hardlink", "c", "b"))();
});

function added(...entries: Entry[]): () => void {
  return () => {
    const names = new NameSet();
    for (const entry of entries) names.add(entry);
  };
}

test("names come once, below directories, and hard links after their file", () => {
  const refused = { code: "invalid-archive" };
  assert.throws(added(file("a"), file("a")), refused);
  assert.throws(added(directory("a"), directory("a")), refused);
  assert.throws(added(file("a"), file("a/b")), refused);
  assert.throws(added(link("symlink", "a", "b"), file("a/b")), refused);
  assert.throws(added(file("a/b"), file("a")), refused);
  assert.throws(added(link("hardlink", "a", "b")), refused);
  assert.throws(added(link("hardlink", "a", "b"), file("b")), refused);
  assert.throws(added(directory("b"), link("hardlink", "a", "b")), refused);
  added(directory("a"), file("a/b"), file("c/d/e"), directory("c"), link("hardlink", "f", "a/b"))();
});

test("limits: directories that names imply are counted until an entry names them", () => {
  const names = new NameSet();
  names.add(file("a/b/c"));
  names.add(file("a/d"));
  assert.equal(names.implied, 2);
  names.add(directory("a"));
  assert.equal(names.implied, 1);
});
