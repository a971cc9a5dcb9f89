import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readInput, readInputSync } from "./input_file.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const options = { limit: 100, fail: (why: string) => new Error(why) };

async function inDirectory(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-input-"));
  try {
    await run(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("key-device: a regular file is read, behind links too, with who may use it", {
  skip: lacks("modes"),
}, () =>
  inDirectory(async (dir) => {
    writeFileSync(join(dir, "key"), "secret", { mode: 0o640 });
    symlinkSync("key", join(dir, "link"));
    for (
      const found of [
        await readInput(join(dir, "link"), options),
        readInputSync(join(dir, "link"), options),
      ]
    ) {
      assert.equal(new TextDecoder().decode(found.bytes), "secret");
      assert.deepEqual(found.access, { mode: 0o640, owner: process.getuid!() });
    }
    writeFileSync(join(dir, "empty"), "");
    assert.equal((await readInput(join(dir, "empty"), options)).bytes.length, 0);
  }));

test("key-device: a pipe is read to its end", () =>
  inDirectory(async (dir) => {
    const pipe = join(dir, "pipe");
    execFileSync("mkfifo", [pipe]);
    const [{ bytes, access }] = await Promise.all([
      readInput(pipe, options),
      writeFile(pipe, "secret"),
    ]);
    assert.deepEqual([new TextDecoder().decode(bytes), access], ["secret", undefined]);
    assert.throws(() => readInputSync(pipe, options), /it is a pipe, expected a regular file$/);
  }));

test("key-device: devices, directories and sockets are refused at once", () =>
  inDirectory(async (dir) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, "socket"), resolve));
    try {
      for (
        const [path, kind] of [
          ["/dev/zero", "device"],
          ["/dev/null", "device"],
          [dir, "directory"],
          [join(dir, "socket"), "socket"],
        ] as const
      ) {
        const expected = new RegExp(`^Error: it is a ${kind}, expected a regular file or a pipe$`);
        await assert.rejects(readInput(path, options), expected);
        assert.throws(() => readInputSync(path, options), /expected a regular file|ENXIO/);
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await assert.rejects(readInput(join(dir, "none"), options), /no such file or directory/);
  }));

test("key-device: what is too long is refused, whether or not it tells its size", () =>
  inDirectory(async (dir) => {
    writeFileSync(join(dir, "long"), "x".repeat(101));
    await assert.rejects(readInput(join(dir, "long"), options), /too long, expected at most 100/);
    assert.throws(() => readInputSync(join(dir, "long"), options), /too long/);
    const pipe = join(dir, "pipe");
    execFileSync("mkfifo", [pipe]);
    const writing = writeFile(pipe, "x".repeat(101)).catch(() => {});
    await assert.rejects(readInput(pipe, options), /too long/);
    await writing;
  }));

test("key-device: the wait for a pipe that nothing writes to hears the caller", () =>
  inDirectory(async (dir) => {
    const pipe = join(dir, "pipe");
    execFileSync("mkfifo", [pipe]);
    const controller = new AbortController();
    const reading = readInput(pipe, { ...options, signal: controller.signal });
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    const stopped = { code: "interrupted", cause: reason };
    await assert.rejects(reading, stopped);
    await assert.rejects(readInput(pipe, { ...options, signal: controller.signal }), stopped);
    // Lets the reader go, which may still wait: to open a pipe for both never does.
    closeSync(openSync(pipe, "r+"));
  }));
