import { after, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Notice } from "../../events.ts";
import { MAX_IGNORE_BYTES } from "../../limits.ts";
import { checkIgnoring, type IgnoreOptions, ignoringOf } from "./ignoring.ts";
import { walk } from "./walk.ts";
import { lacks } from "../../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-ignoring-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

let made = 0;
/** A fresh directory with files, by path and content. */
function directory(files: Record<string, string | Uint8Array>): string {
  const root = join(scratch, `${made++}`);
  mkdirSync(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** What is left of a directory. */
function left(root: string, options: IgnoreOptions = {}): string[] {
  return [...walk(root, { ignoring: ignoringOf(root, options) })].map(({ path }) => path);
}

test("ignoring: a directory without an ignore file is whole, and nothing is asked of its names", () => {
  const root = directory({ a: "", "d/.blobberignore": "x\n", "d/x": "" });
  assert.equal(ignoringOf(root, {}), undefined);
  assert.deepEqual(left(root), ["a", "d", "d/.blobberignore", "d/x"]);
});

test("ignoring: the ignore file leaves out what it says, and itself", () => {
  const root = directory({
    ".blobberignore": "\ufeff# build\r\nout/\r\n*.o\r\n!keep.o\r\n",
    "a.o": "",
    "keep.o": "",
    "out/x": "",
    "src/b.o": "",
    "src/c": "",
  });
  assert.deepEqual(left(root), ["keep.o", "src", "src/c"]);
  assert.deepEqual(left(root, { ignore: ["src"] }), ["keep.o"]);
  assert.deepEqual(left(root, { ignore: ["!*.o"] }), ["a.o", "keep.o", "src", "src/b.o", "src/c"]);
  assert.deepEqual(left(root, { ignore: ["!.blobberignore"] })[0], ".blobberignore");
  assert.equal(left(root, { ignore: ["!*"] }).length, 8);
  assert.equal(left(root, { ignoreFile: false }).length, 8);
  assert.deepEqual(left(root, { ignoreFile: false, ignore: ["*", "!a.o"] }), ["a.o"]);
});

test("ignoring: an empty ignore file leaves itself out", () => {
  assert.deepEqual(left(directory({ ".blobberignore": "", a: "" })), ["a"]);
});

test("ignoring: another ignore file counts in place of the directory's own, and leaves itself out too", () => {
  const root = directory({
    ".blobberignore": "a\n",
    "d/my [rules] *": "b\n",
    a: "",
    b: "",
    "d/c": "",
  });
  const ignoreFile = join(root, "d/my [rules] *");
  assert.deepEqual(left(root, { ignoreFile }), ["a", "d", "d/c"]);
  const other = directory({ rules: "a\n" });
  assert.deepEqual(left(root, { ignoreFile: join(other, "rules") }).slice(0, 2), ["b", "d"]);
  assert.throws(() => left(root, { ignoreFile: join(other, "none") }), { code: "file-system" });
});

test("ignoring: what is left out cannot refuse the push", { skip: lacks("pipes") }, () => {
  const root = directory({
    ".blobberignore": "/bad/\n*key*\npipe\nlink*\n\\?*\n*\\?\n",
    "bad/x": "",
    a: "",
  });
  execFileSync("mkfifo", [join(root, "pipe")]);
  symlinkSync("/etc/passwd", join(root, "link"));
  symlinkSync("loop", join(root, "link2"));
  writeFileSync(join(root, "signing-key"), "secret");
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) chmodSync(join(root, "bad"), 0);
  if (!lacks("names of bytes")) {
    execFileSync("sh", ["-c", `: > "$(printf '?bad\\377name')"`], { cwd: root });
  }
  try {
    const ignoring = ignoringOf(root, {});
    const refuse = [join(root, "signing-key")];
    assert.deepEqual([...walk(root, { ignoring, refuse })].map(({ path }) => path), ["a"]);
    assert.throws(() => [...walk(root, { refuse })], { code: "private-key" });
  } finally {
    chmodSync(join(root, "bad"), 0o755);
  }
});

test("ignoring: names that fold into one are told of among what is left alone", () => {
  const root = directory({ README: "", Readme: "", ".blobberignore": "Readme\n" });
  const told: Notice[] = [];
  const ignoring = ignoringOf(root, {});
  assert.deepEqual([...walk(root, { ignoring, onNotice: (one) => told.push(one) })].length, 1);
  assert.deepEqual(told.map(({ level, code }) => [level, code]), [["debug", "ignored"]]);
  assert.match(told[0]!.message, /^patterns left out 2 entries,/);
});

test("ignoring: a link is a file, wherever it leads", { skip: lacks("links") }, () => {
  const root = directory({ ".blobberignore": "d/\n", "a/d/x": "" });
  symlinkSync("a/d", join(root, "d"));
  assert.deepEqual(left(root), ["a", "d"]);
});

test("ignoring: an ignore file that cannot be used ends the call", () => {
  const refused = (root: string, message: RegExp, code = "invalid-option") =>
    assert.throws(() => left(root), { code, message });
  refused(directory({ ".blobberignore": Uint8Array.of(0xff, 0x0a) }), /not valid UTF-8/);
  refused(directory({ ".blobberignore": "a\0b" }), /null character/);
  refused(directory({ ".blobberignore/x": "" }), /it is a directory/);
  refused(directory({ ".blobberignore": "#".repeat(MAX_IGNORE_BYTES + 1) }), /too long/);
  assert.deepEqual(left(directory({ ".blobberignore": "#".repeat(MAX_IGNORE_BYTES) })), []);
  if (lacks("pipes")) return;
  const linked = directory({ rules: "a\n" });
  symlinkSync("rules", join(linked, ".blobberignore"));
  refused(linked, /it is a link/);
  // One that a caller names may be a link: they chose it.
  const ignoreFile = join(linked, ".blobberignore");
  assert.deepEqual(left(linked, { ignoreFile }), []);
  const other = directory({ a: "", b: "" });
  assert.deepEqual(left(other, { ignoreFile }), ["b"]);
  if (process.getuid?.() === 0) return;
  const closed = directory({ ".blobberignore": "" });
  chmodSync(join(closed, ".blobberignore"), 0);
  refused(closed, /cannot use the ignore file/, "file-system");
});

test("ignoring: a pattern that brings back what nothing leaves out is refused", () => {
  const root = directory({ a: "", b: "" });
  const refused = { code: "invalid-option", message: /"!a" brings nothing back/ };
  assert.throws(() => left(root, { ignore: ["!a"] }), refused);
  assert.throws(() => left(root, { ignore: ["# all", "!a", "*"] }), refused);
  assert.deepEqual(left(root, { ignore: ["*", "!a"] }), ["a"]);
  const own = directory({ ".blobberignore": "# nothing\n", a: "" });
  assert.throws(() => left(own, { ignore: ["!a"] }), refused);
  assert.deepEqual(left(own, { ignore: ["!.blobberignore"] }), [".blobberignore", "a"]);
  // In a file it may wait for a line before it.
  assert.deepEqual(left(directory({ ".blobberignore": "!a\n", a: "" })), ["a"]);
  const long = ["x".repeat(MAX_IGNORE_BYTES)];
  assert.throws(() => left(root, { ignore: long }), { code: "invalid-option" });
});

test("ignoring: what is no directory has nothing to leave out", () => {
  const tar = new ReadableStream<Uint8Array>();
  const refused = { code: "invalid-option", message: /the option ignore(File)? leaves files/ };
  assert.throws(() => checkIgnoring({ tar }, { ignore: ["a"] }), refused);
  assert.throws(() => checkIgnoring({ entries: [] }, { ignoreFile: "rules" }), refused);
  checkIgnoring({ tar }, { ignore: [], ignoreFile: false });
  checkIgnoring({ directory: "." }, { ignore: ["a"], ignoreFile: "rules" });
});

test("ignoring: a path below a directory that is left out before is not brought back in silence", () => {
  const root = directory({
    ".blobberignore": "drafts/\n",
    "drafts/keep": "",
    "drafts/x": "",
    a: "",
  });
  const refused = {
    code: "invalid-option",
    message: /"!(\/?drafts\/keep)" brings nothing back: the directory "drafts" is left out/,
    hint: /"\/drafts\/\*"/,
  };
  assert.throws(() => left(root, { ignore: ["!drafts/keep"] }), refused);
  assert.throws(() => left(root, { ignore: ["!/drafts/keep"] }), refused);
  assert.deepEqual(left(root, { ignore: ["!drafts/", "drafts/*", "!drafts/keep"] }), [
    ...["a", "drafts", "drafts/keep"],
  ]);
  // A directory that is left out later was meant to be.
  assert.deepEqual(left(root, { ignoreFile: false, ignore: ["a", "!drafts/keep", "drafts"] }), [
    ".blobberignore",
  ]);
});
