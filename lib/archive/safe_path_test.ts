import { test } from "node:test";
import assert from "node:assert/strict";
import { checkLink, checkPath, windowsHazard } from "./safe_path.ts";

const traversal = { code: "path-traversal" };
const unsafe = { code: "invalid-archive" };

for (
  const name of [
    "../x",
    "..",
    "a/../../x",
    "a/../b",
    "a/..",
    "/../x",
    "/C:x",
    "/\\x",
    "./\\x",
    "C:x",
    "c:",
    "C:../x",
    "./C:x",
    "\\x",
    "a\\..\\x",
    "..\\x",
    "C:\\x",
  ]
) {
  test(`CVE-2021-21272: the name ${JSON.stringify(name)} leads out`, () => {
    assert.throws(() => checkPath(name), traversal);
    assert.throws(() => checkPath(name, true), traversal);
  });
}

for (
  const name of [
    "",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "a\x7f",
    "a\u0085b",
    "x".repeat(256),
    "é".repeat(128),
    `d/${"x".repeat(256)}/f`,
    "d/".repeat(2048) + "xyz",
    "d/".repeat(1024) + "x",
    "\ud800",
  ]
) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} cannot be written`, () => {
    assert.throws(() => checkPath(name), unsafe);
  });
}

test("a file's name does not end like a directory's, a directory's is normalised", () => {
  for (const name of [".", "./", "a/", "a/.", "a//"]) assert.throws(() => checkPath(name), unsafe);
  assert.equal(checkPath("./", true), "");
  assert.throws(() => checkPath("/"), unsafe);
  assert.equal(checkPath(".", true), "");
  assert.equal(checkPath("a/", true), "a");
  assert.equal(checkPath("./a/./b//", true), "a/b");
});

test("ordinary and odd names pass and keep their form", () => {
  for (
    const name of [
      "a",
      "a/b",
      ".hidden",
      "...",
      "a..b/..c",
      "a\\b",
      "ab:c",
      "x".repeat(255),
      "grüße-日本語.txt",
      "😀".repeat(63),
      "a b",
      "-rf",
      "CON",
      "a.",
    ]
  ) assert.equal(checkPath(name), name);
  assert.equal(checkPath("./a/b"), "a/b");
  assert.equal(checkPath("a//b/./c"), "a/b/c");
});

for (
  const [path, target] of [
    ["l", "/etc/passwd"],
    ["l", ".."],
    ["l", "../x"],
    ["a/l", "../../x"],
    ["a/l", "b/../../../x"],
    ["l", "a/../.."],
    ["l", "C:x"],
    ["l", "..\\x"],
    ["l", "\\x"],
    ["a/l", "..\\..\\x"],
  ] as const
) {
  test(`a link ${path} -> ${target} is refused`, () => {
    assert.throws(() => checkLink(path, target), traversal);
  });
}

test("links inside the tree pass, empty and unprintable targets do not", () => {
  for (const target of ["b", "../b", "./b", "..", "../a/../b", "b/"]) checkLink("a/l", target);
  for (const target of ["", "a\0", "a\n"]) assert.throws(() => checkLink("a/l", target), unsafe);
});

test("an absolute target passes with keep, an escaping one does not", () => {
  checkLink("l", "/etc/passwd", "keep");
  assert.throws(() => checkLink("l", "../x", "keep"), traversal);
});

test("names that Windows takes for something else are told", () => {
  for (const name of ["CON", "d/nul.txt", "com1", "a.", "a ", "a:b", "a?", "a\\b"]) {
    assert.equal(typeof windowsHazard(name), "string", name);
  }
  for (const name of ["a", "console", "d/e.txt", ".hidden"]) {
    assert.equal(windowsHazard(name), undefined, name);
  }
});
