import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sweepBeside } from "./files.ts";
import { withLock } from "./file_lock.ts";
import { isAlive, thisProcess } from "./process_identity.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const WRITER = fileURLToPath(
  new URL("../../tests/fakes/processes/lock_writer.ts", import.meta.url),
);
const ARGS = "Deno" in globalThis ? ["run", "-A", "--quiet", "--no-lock", WRITER] : [WRITER];

async function inDirectory(body: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "blobber-lock-"));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("a lock is held while its body runs, and leaves nothing", () =>
  inDirectory(async (directory) => {
    const lock = join(directory, "lock");
    const result = await withLock(lock, (held) => {
      held.check();
      assert.equal(JSON.parse(readFileSync(lock, "utf8")).pid, process.pid);
      return 7;
    });
    assert.equal(result, 7);
    await assert.rejects(
      withLock(lock, () => {
        throw new Error("body");
      }),
      { message: "body" },
    );
    assert.deepEqual(readdirSync(directory), []);
  }));

test("CVE-2025-53547: a link in place of a lock is not written through", () =>
  inDirectory(async (directory) => {
    const precious = join(directory, "precious");
    writeFileSync(precious, "kept");
    const lock = join(directory, "lock");
    for (const target of [precious, join(directory, "absent")]) {
      symlinkSync(target, lock);
      await assert.rejects(withLock(lock, () => {}), { code: "file-system" });
      rmSync(lock);
    }
    assert.equal(readFileSync(precious, "utf8"), "kept");
    assert.deepEqual(readdirSync(directory), ["precious"]);
  }));

test("a process that is gone holds no lock, nor one that has its number now", () =>
  inDirectory(async (directory) => {
    const lock = join(directory, "lock");
    const gone = spawnSync(process.execPath, ["--version"]).pid;
    for (
      const holder of [{ ...thisProcess(), pid: gone }, { ...thisProcess(), start: "1" }]
    ) {
      writeFileSync(lock, JSON.stringify(holder));
      assert.equal(isAlive(holder), false);
      await withLock(lock, () => {});
      assert.deepEqual(readdirSync(directory), []);
    }
  }));

test("a lock whose breaker was killed too is broken", () =>
  inDirectory(async (directory) => {
    const lock = join(directory, "lock");
    const gone = { ...thisProcess(), start: "1" };
    writeFileSync(lock, JSON.stringify(gone));
    // Find out how the right to break it is called, and leave that behind as well.
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256").update(readFileSync(lock)).digest("hex").slice(0, 32);
    writeFileSync(`${lock}.break-${hash}`, JSON.stringify({ ...gone, start: "2" }));
    await withLock(lock, () => {});
    assert.deepEqual(readdirSync(directory), []);
  }));

test("a living holder, and one that cannot be looked up, keep the lock; an old one does not", () =>
  inDirectory(async (directory) => {
    const lock = join(directory, "lock");
    for (
      const holder of [
        JSON.stringify(thisProcess()),
        JSON.stringify({ ...thisProcess(), space: "elsewhere" }),
        "",
      ]
    ) {
      writeFileSync(lock, holder);
      const stop = new AbortController();
      const waiting = withLock(lock, () => assert.fail("it was held"), { signal: stop.signal });
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error("gave up"));
      await assert.rejects(waiting, { code: "interrupted", cause: new Error("gave up") });
      assert.equal(readFileSync(lock, "utf8"), holder);
    }
    const old = new Date(Date.now() - 120_000);
    utimesSync(lock, old, old);
    await withLock(lock, () => {});
    assert.equal(existsSync(lock), false);
  }));

test("a holder that lost its lock is told before it writes", () =>
  inDirectory(async (directory) => {
    const lock = join(directory, "lock");
    await assert.rejects(
      withLock(lock, (held) => {
        writeFileSync(lock, JSON.stringify(thisProcess()));
        held.check();
      }),
      { code: "busy" },
    );
    assert.ok(existsSync(lock), "it is another's now");
  }));

test("writers that are killed at any moment lose nothing of the others", {
  skip: lacks("a system of its own"),
}, () =>
  inDirectory(async (directory) => {
    const file = join(directory, "list");
    writeFileSync(file, "[]");
    const start = (name: string, count: number) =>
      spawn(process.execPath, [...ARGS, file, name, String(count)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    const writers = ["a", "b", "c"].map((name) => start(name, 40));
    const victims = ["x", "y"].map((name) => start(name, 1_000_000));
    // A victim is killed once it has written something, wherever it is by then.
    for (const victim of victims) {
      await once(victim.stdout!, "data");
      victim.kill("SIGKILL");
    }
    for (const child of [...writers, ...victims]) {
      child.stdout!.resume();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    const list: string[] = JSON.parse(readFileSync(file, "utf8"));
    for (const name of ["a", "b", "c"]) {
      const own = list.filter((one) => one.startsWith(name));
      assert.deepEqual(own, Array.from({ length: 40 }, (_, i) => `${name}${i}`));
    }
    await withLock(`${file}.lock`, () => {});
    sweepBeside(directory);
    assert.deepEqual(readdirSync(directory), ["list"]);
  }));
