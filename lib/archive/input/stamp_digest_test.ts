import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileStat, statLink } from "../../system/runtime.ts";
import { StampDigest } from "./stamp_digest.ts";

const root = mkdtempSync(join(tmpdir(), "blobber-stamps-"));
after(() => rmSync(root, { recursive: true, force: true }));

const LATER = Date.now() + 3_600_000;
const file: FileStat = { type: "file", size: 1, mode: 0o644, mtime: 5000, ctime: 6000, inode: 7 };

function stamps(files: FileStat[], since = LATER, directory = root) {
  const digest = new StampDigest(directory);
  for (const one of files) digest.add(one);
  return digest.stamps(since);
}

test("size, times and number of every file count, and of nothing else", () => {
  const before = stamps([file, file])!;
  assert.equal(before.newest, 6000);
  assert.deepEqual(stamps([file, { ...file, type: "directory", ctime: 9 }, file]), before);
  for (const key of ["size", "mtime", "ctime", "inode"] as const) {
    assert.notEqual(stamps([file, { ...file, [key]: 8 }])!.digest, before.digest, key);
  }
});

test("what is as young as the reading is not remembered", () => {
  assert.equal(stamps([file], 7999), undefined);
  assert.ok(stamps([file], 8000));
  assert.equal(stamps([{ ...file, mtime: 6001 }, file], 8000), undefined);
  assert.equal(stamps([{ ...file, mtime: LATER }]), undefined);
});

test("a file system without ctime or file numbers tells nothing", () => {
  assert.equal(stamps([{ ...file, ctime: 0 }, file]), undefined);
  assert.equal(stamps([file, { ...file, inode: 0 }]), undefined);
});

test("a tree that is moved, or another in its place, is another", () => {
  const [a, b] = [join(root, "a"), join(root, "b")];
  mkdirSync(a);
  const before = stamps([file], LATER, a);
  renameSync(a, b);
  assert.notDeepEqual(stamps([file], LATER, b), before);
  mkdirSync(a);
  assert.notDeepEqual(stamps([file], LATER, a), before);
  assert.throws(() => stamps([file], LATER, join(root, "c")), { code: "source-changed" });
});

test("a write in place shows, with size and mtime put back", () => {
  const path = join(root, "note");
  writeFileSync(path, "hello");
  utimesSync(path, 1, 1);
  const before = statLink(path);
  const first = stamps([before])!;
  let now = before;
  // Until the clock of the file system has ticked.
  while (now.ctime === before.ctime) {
    writeFileSync(path, "world");
    utimesSync(path, 1, 1);
    now = statLink(path);
  }
  assert.deepEqual([now.size, now.mtime, now.inode], [before.size, before.mtime, before.inode]);
  assert.notEqual(stamps([now])!.digest, first.digest);
});
