import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileOf, lookAt, makeDirectory, openFile, touch } from "./disk.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const withDirectory = (step: (dir: string) => void) => () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-disk-"));
  try {
    step(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

test(
  "a file is read from any place on, to its end",
  withDirectory((dir) => {
    const path = join(dir, "file");
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    writeFileSync(path, bytes);
    for (const file of [openFile(path)!, fileOf(bytes)]) {
      assert.equal(file.size, 100);
      for (const [position, length] of [[0, 10], [10, 10], [90, 20], [5, 3], [100, 4]] as const) {
        const into = new Uint8Array(length);
        const n = file.read(into, position);
        assert.deepEqual(into.subarray(0, n), bytes.subarray(position, position + length));
      }
      file.close();
    }
  }),
);

test(
  "what is not a regular file is not opened, and no link is followed",
  withDirectory((dir) => {
    writeFileSync(join(dir, "file"), "x");
    symlinkSync("file", join(dir, "link"));
    mkdirSync(join(dir, "directory"));
    for (const name of ["link", "directory"]) {
      assert.throws(() => openFile(join(dir, name)), { code: "file-system" }, name);
    }
    assert.equal(openFile(join(dir, "none")), undefined);
    assert.equal(openFile(join(dir, "file", "below")), undefined);
    const seen = (name: string) => {
      const { directory, link } = lookAt(join(dir, name))!;
      return { directory, link };
    };
    assert.deepEqual(seen("link"), { directory: false, link: true });
    assert.deepEqual(seen("directory"), { directory: true, link: false });
    assert.equal(lookAt(join(dir, "none")), undefined);
  }),
);

test(
  "directories are made with those above them, ours alone, and a use is noted",
  withDirectory((dir) => {
    makeDirectory(join(dir, "a/b"));
    makeDirectory(join(dir, "a/b"));
    assert.equal(lookAt(join(dir, "a/b"))!.mode, lacks("modes") ? undefined : 0o700);
    const path = join(dir, "file");
    assert.equal(touch(path), false);
    writeFileSync(path, "x");
    assert.equal(touch(path), true);
    assert.ok(Math.abs(statSync(path).mtimeMs - Date.now()) < 60_000);
  }),
);
