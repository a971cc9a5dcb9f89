import { test } from "node:test";
import assert from "node:assert/strict";
import type { Meter } from "./wildcards.ts";
import { ignoreLines, IgnoreRules, patternOf } from "./ignore_rules.ts";

/** Which of some paths a list leaves out; a slash at the end says that it is a directory. */
function left(lines: string[], ...paths: string[]): string[] {
  const rules = new IgnoreRules(lines);
  return paths.filter((path) => rules.excludes(path.replace(/\/$/, ""), path.endsWith("/")));
}

test("ignore rules: a name is meant at any depth, a path from the top", () => {
  assert.deepEqual(left(["log"], "log", "a/log", "a/b/log", "logs"), ["log", "a/log", "a/b/log"]);
  assert.deepEqual(left(["/log"], "log", "a/log"), ["log"]);
  assert.deepEqual(left(["a/log"], "a/log", "b/a/log"), ["a/log"]);
  assert.deepEqual(left(["**/a/log"], "a/log", "b/a/log"), ["a/log", "b/a/log"]);
  assert.deepEqual(left(["*.o"], "x.o", "a/x.o", "x.o2"), ["x.o", "a/x.o"]);
  assert.deepEqual(left(["/*.o"], "x.o", "a/x.o"), ["x.o"]);
  assert.deepEqual(left(["a/**"], "a/", "a/x", "a/b/c"), ["a/x", "a/b/c"]);
  assert.deepEqual(left(["//log"], "log", "a/log"), []);
});

test("ignore rules: a slash at the end means directories, and all below them", () => {
  assert.deepEqual(left(["out/"], "out", "out/", "a/out/", "a/out", "out/x/y"), [
    "out/",
    "a/out/",
    "out/x/y",
  ]);
  assert.deepEqual(left(["/a/out/"], "a/out/", "b/a/out/", "a/out"), ["a/out/"]);
  // A quoted slash at the end leaves a quote without anything behind it.
  assert.deepEqual(left(["out\\/"], "out/", "out"), []);
});

test("ignore rules: the last that is about an entry decides, but not below what is left out", () => {
  assert.deepEqual(left(["*.o", "!keep.o"], "a.o", "keep.o", "b/keep.o"), ["a.o"]);
  assert.deepEqual(left(["!keep.o", "*.o"], "a.o", "keep.o"), ["a.o", "keep.o"]);
  assert.deepEqual(left(["keep.o", "!*.o", "keep.o"], "keep.o", "a.o"), ["keep.o"]);
  assert.deepEqual(left(["out", "!out/keep"], "out/", "out/keep"), ["out/", "out/keep"]);
  assert.deepEqual(left(["out/*", "!out/keep"], "out/", "out/keep", "out/x"), ["out/x"]);
  assert.deepEqual(left(["/*", "!/a", "/a/*", "!/a/b"], "x", "a/", "a/b/", "a/c", "a/b/d"), [
    "x",
    "a/c",
  ]);
  assert.deepEqual(left(["d/**", "!d/**/", "!d/**/*.t"], "d/x", "d/e/x", "d/e/x.t"), [
    "d/x",
    "d/e/x",
  ]);
  // Rules by name, by path and with wildcards stand in one order.
  const orders = [["a/x", "!x", "*x"], ["x", "*x", "!a/x"], ["*x", "a/x", "!x"]];
  assert.deepEqual(orders.map((lines) => left(lines, "a/x")), [["a/x"], [], []]);
  assert.deepEqual(left(["x/", "!x"], "x/"), []);
  assert.deepEqual(left(["x", "!x/"], "x/", "x"), ["x"]);
});

test("ignore rules: says which rule decides", () => {
  const rules = new IgnoreRules(["# objects", "*.o", "", "!keep.o"]);
  assert.equal(rules.decisive("a.o", false)?.index, 1);
  assert.equal(rules.decisive("keep.o", false)?.index, 3);
  assert.equal(rules.decisive("keep.o", false)?.negated, true);
  assert.equal(rules.decisive("a", false), undefined);
  assert.deepEqual([rules.size, rules.excluding], [2, 1]);
});

test("ignore rules: comments, spaces and quotes", () => {
  assert.deepEqual(left(["#x", "\\#y", "\\!z"], "#x", "#y", "!z"), ["#y", "!z"]);
  assert.deepEqual(left(["*", "!!x"], "!x", "x"), ["x"]);
  assert.deepEqual(left(["a   ", "b\\ ", "c\\\\ ", " d"], "a", "b ", "b", "c\\", " d", "d"), [
    "a",
    "b ",
    "c\\",
    " d",
  ]);
  assert.deepEqual(left(["a\t"], "a", "a\t"), ["a\t"]);
  assert.deepEqual(left(["a b "], "a b", "a"), ["a b"]);
  for (const line of ["", "   ", "#", "# x", "/", "!", "!/", "//", " ".repeat(5), "! "]) {
    assert.equal(patternOf(line), undefined, JSON.stringify(line));
  }
  assert.equal(patternOf("!a  "), "!a");
  assert.equal(patternOf("a \\"), "a \\");
});

test("ignore rules: a file's lines", () => {
  assert.deepEqual(ignoreLines("\ufeffa\r\nb\n\r\nc\r\r\nd"), ["a", "b", "", "c\r", "d"]);
  assert.deepEqual(ignoreLines(""), [""]);
});

test("ignore rules: count bytes as Git does", () => {
  assert.deepEqual(left(["?"], "é", "e"), ["e"]);
  assert.deepEqual(left(["??"], "é", "ee"), ["é", "ee"]);
  assert.deepEqual(left(["é*"], "éa", "ea"), ["éa"]);
  assert.deepEqual(left(["é"], "a/é"), ["a/é"]);
  assert.deepEqual(left(["[é]*"], "é", "a"), ["é"]);
});

test("ignore rules: a hostile pattern takes bounded steps", () => {
  const meter: Meter = { steps: 0 };
  const rules = new IgnoreRules([
    `${"a*".repeat(200)}b`,
    `/${"**/".repeat(200)}${"*a".repeat(100)}b`,
  ]);
  assert.equal(rules.decisive(`${"a/".repeat(100)}${"a".repeat(250)}`, false, meter), undefined);
  assert.ok(meter.steps < 400_000, `${meter.steps} steps`);
});
