import { test } from "node:test";
import assert from "node:assert/strict";
import type { Meter } from "./wildcards.ts";
import { wildmatch } from "./wildmatch.ts";

/** A pattern, what it is about, and what it is not about. What they show are the facts of Git's own tests. */
type Row = [pattern: string, yes: string[], no: string[]];

function holds(rows: Row[]): void {
  for (const [pattern, yes, no] of rows) {
    const { matches } = wildmatch(pattern);
    for (const path of yes) assert.equal(matches(path), true, `${pattern} is about ${path}`);
    for (const path of no) assert.equal(matches(path), false, `${pattern} is not about ${path}`);
  }
}

test("wildmatch: characters and stars within a segment", () => {
  holds([
    ["", [""], ["a"]],
    ["src", ["src"], ["sr", "srcs", "xsrc", "a/src"]],
    ["???", ["src"], ["sr", "srcs", "a/b"]],
    ["*", ["src", ""], ["a/b", "a/"]],
    ["s*", ["src", "s"], ["xs", "s/a"]],
    ["*s", ["s", "xs"], ["src", "a/s"]],
    ["*src*", ["src", "xsrcx"], ["sxrc"]],
    ["*to*m*l", ["toml", "atoxmxl"], ["tolm"]],
    ["*xy", ["xyxyxy", "xxxxxy"], ["xyx"]],
    ["y*x", [], ["xxxyyy"]],
    ["*yx*", ["xyx"], ["xxyzxx"]],
    ["***", ["src", "", "a/b"], []],
    ["a*b*c/*d", ["abc/d", "axbxc/xd"], ["a/bc/d", "abc/d/e"]],
    ["*/*/*", ["a/b/c", "//"], ["a", "a/b", "a/b/c/d"]],
    ["x/*/y/*", ["x//y/", "x/a/y/b"], ["x/y/b"]],
    ["é?", ["éa", "éé"], ["é"]],
    ["?", ["😀"], ["😀😀"]],
  ]);
});

test("wildmatch: no wildcard takes a slash but **", () => {
  holds([
    ["a*z", ["abz"], ["a/z", "a/b/z"]],
    ["a**z", ["abz", "az"], ["a/z", "a/b/z"]],
    ["a?z", [], ["a/z"]],
    ["a[/]z", [], ["a/z"]],
    ["a[^b]z", ["acz"], ["a/z", "abz"]],
    ["a[!-~]z", ["a.z"], ["a/z"]],
    ["a[x/y]z", ["axz", "ayz"], ["a/z"]],
    ["a**", ["ab"], ["a/b"]],
    ["a/**z", ["a/bz"], ["a/b/z"]],
  ]);
});

test("wildmatch: ** is any number of segments, at the end one at least", () => {
  holds([
    ["**", ["a", "a/b", ""], []],
    ["a/**/z", ["a/z", "a/b/z", "a/b/c/z", "a//z"], ["az", "a/bz", "a/b"]],
    ["a/**/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az"]],
    ["a/***/z", ["a/z", "a/b/z"], ["az"]],
    ["**/z", ["z", "a/z", "a/b/z"], ["az", "a/z/b"]],
    ["**/z*", ["z", "a/zz"], ["a/z/b"]],
    ["**/z**", ["a/zz"], ["a/z/b"]],
    ["**/z/*", ["z/b", "a/z/b"], ["a/z", "a/z/b/", "a/z/b/c"]],
    ["**/z/**", ["z/b", "a/z/b/c", "a/z/"], ["a/z", "z"]],
    ["*/z/**", ["a/z/b/c"], ["b/a/z/c", "z/b"]],
    ["**/z/*/*", ["a/z/b/c"], ["a/z/b"]],
    ["a/**", ["a/b", "a/b/c", "a/"], ["a", "ab"]],
    ["**/**/**", ["a", "a/b", "a/b/c/d"], []],
    ["**/*a*/**/*z", ["xax/z", "b/xax/c/d/yz"], ["xx/z"]],
    ["**/[ab]", ["a", "x/y/b"], ["x/c"]],
    // Behind a quoted slash it is a segment at least: Git's rule for none knows the plain one alone.
    ["a/**\\/z", ["a/b/z", "a/b/c/z"], ["a/z"]],
    ["a\\/**/z", ["a/z", "a/b/z"], ["az"]],
  ]);
});

test("wildmatch: a backslash quotes, and at the end is about nothing", () => {
  holds([
    ["a\\*", ["a*"], ["ab", "a\\*"]],
    ["a\\\\b", ["a\\b"], ["ab"]],
    ["\\a\\b", ["ab"], ["\\a\\b"]],
    ["\\??\\?z", ["?a?z"], ["aa?z"]],
    ["\\[ab]", ["[ab]"], ["a", "\\a"]],
    ["a\\", [], ["a", "a\\"]],
    ["\\", [], ["\\", ""]],
    ["*/\\", [], ["a/\\"]],
    ["*/\\\\", ["a/\\"], ["a/"]],
    ["\\**", ["*", "*a"], ["a"]],
  ]);
});

test("wildmatch: sets, ranges and their negation", () => {
  holds([
    ["*[al]?", ["ball"], ["bu"]],
    ["[ten]", ["t"], ["ten"]],
    ["**[!te]", ["ten"], ["tee"]],
    ["t[a-g]n", ["ten"], ["ton"]],
    ["t[!a-g]n", ["ton"], ["ten"]],
    ["t[^a-g]n", ["ton"], ["ten"]],
    ["a[c-c]d", ["acd"], ["abd"]],
    ["a[]]b", ["a]b"], ["ab"]],
    ["a[]-]b", ["a-b", "a]b"], ["aab"]],
    ["a[]a-]b", ["aab", "a-b", "a]b"], ["abb"]],
    ["]", ["]"], []],
    ["[!]-]", ["a"], ["]", "-"]],
    ["[]-a]", ["]", "^", "a"], ["[", "b"]],
    ["[!]-a]", ["["], ["^", "]"]],
    ["[-]", ["-"], ["a"]],
    ["[--A]", ["-", "5", "A"], ["B"]],
    ["[ --]", [" ", "$", "-"], ["0"]],
    ["[---]", ["-"], ["a"]],
    ["[------]", ["-"], ["a"]],
    ["[!------]", ["a"], ["-"]],
    ["[a-e-n]", ["a", "e", "-", "n"], ["j"]],
    ["[a^bc]", ["^", "a"], ["d"]],
    ["[a-]b]", ["-b]", "ab]"], ["b"]],
    ["[,-.]", [",", "-", "."], ["+"]],
    ["[z-a]", ["z"], ["a", "m"]],
    ["[Z-y]", ["Z", "a"], ["z"]],
    ["[\\\\-^]", ["]", "\\", "^"], ["["]],
    ["[\\-_]", ["-", "_"], ["a"]],
    ["[\\]]", ["]"], ["\\", "\\]"]],
    ["[A-\\\\]", ["G", "\\"], ["a"]],
    ["[\\1-\\3]", ["1", "2", "3"], ["4"]],
    ["[[-\\]]", ["[", "\\", "]"], ["-"]],
    ["[!\\\\]", ["a"], ["\\"]],
    ["[а-я]", ["ж"], ["z"]],
    ["[!a]", ["é", "😀"], ["a"]],
  ]);
});

test("wildmatch: named classes, which are ASCII", () => {
  const named = (name: string) => {
    const { matches } = wildmatch(`[[:${name}:]]`);
    return Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)).filter((one) =>
      matches(one)
    )
      .map((one) => /[!-~]/.test(one) ? one : `<${one.charCodeAt(0)}>`).join("");
  };
  const [digits, upper] = ["0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const lower = upper.toLowerCase();
  assert.equal(named("digit"), digits);
  assert.equal(named("upper"), upper);
  assert.equal(named("lower"), lower);
  assert.equal(named("alpha"), upper + lower);
  assert.equal(named("alnum"), digits + upper + lower);
  assert.equal(named("xdigit"), `${digits}ABCDEFabcdef`);
  assert.equal(named("blank"), "<9><32>");
  assert.equal(named("space"), "<9><10><11><12><13><32>");
  // No slash: a class takes none.
  assert.equal(named("punct"), "!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~");
  assert.equal(named("graph").length, 93);
  assert.equal(named("print").startsWith("<32>!"), true);
  assert.equal(named("cntrl").endsWith("<31><127>"), true);
  holds([
    ["[[:alpha:]][[:digit:]][[:upper:]]", ["a1B"], ["11B", "a1b"]],
    ["[[:digit:][:upper:][:space:]]", ["A", "1", " "], ["a", "."]],
    ["[a-c[:digit:]x-z]", ["5", "b", "y"], ["q"]],
    ["[^[:alpha:]]", [".", "é"], ["a"]],
    ["[[:alpha:]]", [], ["é"]],
  ]);
});

test("wildmatch: what is malformed is about nothing, and brackets that only look like a class are a set", () => {
  holds([
    ["[[]ab]", ["[ab]"], []],
    ["[[:]ab]", ["[ab]", ":ab]"], []],
    ["[[:digit]ab]", ["[ab]", "dab]"], ["1ab]"]],
    ["[\\[:]ab]", ["[ab]", ":ab]"], []],
    ["[[::]ab]", [], ["[ab]"]],
    ["[[:digit:][:nothing:]]", [], ["1"]],
    ["[[:constructor:]]", [], ["c"]],
    ["a[]b", [], ["ab", "a[]b"]],
    ["ab[", [], ["ab["]],
    ["[!", [], ["a"]],
    ["[-", [], ["-"]],
    ["[a-", [], ["a", "-"]],
    ["[!a-", [], ["-"]],
    ["[\\]", [], ["\\", "]"]],
    ["[[:alpha:]", [], ["a"]],
    ["a[b/c", [], ["ab/c", "a[b/c"]],
  ]);
});

test("wildmatch: a pattern without wildcards is a literal", () => {
  assert.equal(wildmatch("a/\\*\\/b").literal, "a/*/b");
  for (const pattern of ["a*", "a?", "[a]", "**", "a["]) {
    assert.equal(wildmatch(pattern).literal, undefined, pattern);
  }
});

test("wildmatch: no pattern takes more steps than its length times that of the path", () => {
  const steps = (pattern: string, path: string, expected: boolean) => {
    const meter: Meter = { steps: 0 };
    assert.equal(wildmatch(pattern).matches(path, meter), expected);
    return meter.steps;
  };
  for (const n of [10, 20, 40]) {
    const [stars, path] = ["*a".repeat(n), "a".repeat(4 * n) + "b"];
    assert.ok(steps(stars, path, false) <= 2 * n * path.length);
    assert.ok(steps(`${"**/a/".repeat(n)}b`, "a/".repeat(3 * n) + "c", false) <= 20 * n * n);
    const deep = `${"**/".repeat(n)}${"*a".repeat(n)}`;
    assert.ok(steps(deep, `${"aaaa/".repeat(n)}${path}`, false) <= 3 * n * (5 * n + path.length));
  }
});
