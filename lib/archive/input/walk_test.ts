import { after, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Notice } from "../../events.ts";
import { walk } from "./walk.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-walk-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

let made = 0;
/** A fresh directory, filled. */
function directory(fill: (path: string) => void): string {
  const path = join(scratch, String(made++));
  mkdirSync(path);
  fill(path);
  return path;
}
const paths = (root: string) => [...walk(root)].map((entry) => entry.path);

test("entries come by the bytes of their paths, parents first, whatever the order of creation", () => {
  const names = ["b", "a/z", "a-b", "a0", "a/\u{1f600}", "a/\uff5e", ".hidden", "Z", "e/f/g"];
  const expected = [
    ".hidden",
    "Z",
    "a-b",
    "a",
    "a/z",
    "a/\uff5e",
    "a/\u{1f600}",
    "a0",
    "b",
    "e",
    "e/f",
    "e/f/g",
    "empty",
  ];
  for (const order of [names, [...names].reverse()]) {
    const root = directory((path) => {
      for (const name of order) {
        mkdirSync(join(path, name, ".."), { recursive: true });
        writeFileSync(join(path, name), name);
      }
      mkdirSync(join(path, "empty"));
    });
    assert.deepEqual(paths(root), expected);
  }
});

test("an entry says what is there", { skip: lacks("modes") }, () => {
  const root = directory((path) => {
    writeFileSync(join(path, "f"), "12345");
    chmodSync(join(path, "f"), 0o6750);
    utimesSync(join(path, "f"), 1000.9, 1000.9);
    mkdirSync(join(path, "d"));
    chmodSync(join(path, "d"), 0o1711);
    symlinkSync("../../x", join(path, "d", "l"));
    linkSync(join(path, "f"), join(path, "g"));
  });
  // The link leads out, so it is refused; with the right number of "..", it is not.
  assert.throws(() => paths(root), { code: "path-traversal", message: /"d\/l"/ });
  rmSync(join(root, "d", "l"));
  symlinkSync("../f", join(root, "d", "l"));
  const found = [...walk(root)].map(({ path, type, size, mode, linkTarget }) => ({
    path,
    type,
    size,
    mode,
    linkTarget,
  }));
  assert.deepEqual(found, [
    { path: "d", type: "directory", size: 0, mode: 0o711, linkTarget: undefined },
    { path: "d/l", type: "symlink", size: 0, mode: 0o777, linkTarget: "../f" },
    { path: "f", type: "file", size: 5, mode: 0o750, linkTarget: undefined },
    { path: "g", type: "file", size: 5, mode: 0o750, linkTarget: undefined },
  ]);
  assert.equal([...walk(root)].at(-1)!.mtime, 1000);
});

test("the root may be a link, and must be a directory that is there", () => {
  const root = directory((path) => writeFileSync(join(path, "f"), ""));
  const link = `${root}-link`;
  symlinkSync(root, link);
  assert.deepEqual(paths(link), ["f"]);
  assert.throws(() => paths(`${root}-none`), {
    code: "file-system",
    message: `directory not found: ${root}-none`,
  });
  assert.throws(() => paths(join(root, "f")), {
    code: "file-system",
    message: `not a directory: ${join(root, "f")}`,
  });
});

for (const target of ["/etc/passwd", "..", "a/../../x", "../../x"]) {
  test(`a link to ${target} is refused by name`, () => {
    const root = directory((path) => symlinkSync(target, join(path, "l")));
    assert.throws(() => paths(root), { code: "path-traversal", message: /"l"/ });
  });
}

test("GHSA-m37j-52j7-pjw7: links that leave the tree together are refused", () => {
  const root = directory((path) => {
    mkdirSync(join(path, "a"));
    symlinkSync("..", join(path, "a", "up"));
    symlinkSync("a/up/..", join(path, "b"));
  });
  assert.throws(() => paths(root), { code: "path-traversal" });
});

test("links in a circle are links", () => {
  const root = directory((path) => {
    symlinkSync("b", join(path, "a"));
    symlinkSync("a", join(path, "b"));
    symlinkSync(".", join(path, "c"));
  });
  assert.deepEqual(paths(root), ["a", "b", "c"]);
});

for (const name of ["a\nb", "a\x1b[2Jb", "stargz.index.json", ".wh.gone", "x\ufffd"]) {
  test(`the name ${JSON.stringify(name)} is refused`, { skip: lacks("any name") }, () => {
    const root = directory((path) => writeFileSync(join(path, name), ""));
    assert.throws(() => paths(root), { code: "invalid-archive" });
  });
}

test("a name that is not UTF-8 is refused", { skip: lacks("names of bytes") }, () => {
  const root = directory((path) => {
    execFileSync("sh", ["-c", `: > "$(printf 'bad\\377name')"`], { cwd: path });
  });
  assert.throws(() => paths(root), { code: "invalid-archive", message: /UTF-8/ });
});

test("a pipe is refused by name, and not opened", { skip: lacks("pipes") }, () => {
  const root = directory((path) => execFileSync("mkfifo", [join(path, "pipe")]));
  assert.throws(() => paths(root), { code: "invalid-archive", message: /"pipe"/ });
});

test("names that differ by case or form alone are told of", () => {
  const root = directory((path) => {
    mkdirSync(join(path, "d"));
    for (const name of ["README", "Readme", "other"]) writeFileSync(join(path, "d", name), "");
  });
  const notices: Notice[] = [];
  const found = [...walk(root, { onNotice: (notice) => notices.push(notice) })];
  if (found.length < 4) return; // this file system folds
  assert.equal(notices.length, 1);
  assert.equal(notices[0]!.code, "name-collision");
  assert.match(notices[0]!.message, /"d\/README".*"d\/Readme"|"d\/Readme".*"d\/README"/);
});

test("what vanishes during the walk fails it by name", () => {
  const root = directory((path) => {
    mkdirSync(join(path, "d"));
    for (const name of ["a", "d/x", "e"]) writeFileSync(join(path, name), "");
  });
  const walked = walk(root);
  assert.equal(walked.next().value!.path, "a");
  rmSync(join(root, "e"));
  assert.throws(() => [...walked], { code: "source-changed", message: /\/e"/ });

  const again = walk(root);
  again.next();
  assert.equal(again.next().value!.path, "d");
  rmSync(join(root, "d"), { recursive: true });
  assert.throws(() => [...again], { code: "source-changed", message: /\/d"/ });
});

test("a directory that may not be read fails the walk by name", (t) => {
  if (lacks("modes") || process.getuid?.() === 0) return t.skip("root reads every directory");
  const root = directory((path) => {
    mkdirSync(join(path, "d"));
    chmodSync(join(path, "d"), 0);
  });
  assert.throws(() => paths(root), { code: "file-system", message: /\/d"/ });
});

test("a walk is lazy: what comes later is not looked at", () => {
  const root = directory((path) => {
    for (const name of ["a", "b"]) writeFileSync(join(path, name), "");
    symlinkSync("/etc/passwd", join(path, "z"));
  });
  const walked = walk(root);
  assert.equal(walked.next().value!.path, "a");
  assert.equal(walked.next().value!.path, "b");
  assert.throws(() => walked.next(), { code: "path-traversal" });
});
