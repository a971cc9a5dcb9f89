import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";
import { lacks } from "../../tests/fakes/only_on.ts";
import { withLock } from "./file_lock.ts";
import { isAlive, isOrphan, ownedName, ownerOf, thisProcess } from "./process_identity.ts";

const root = useOwnTemporary();

/** The number of a process that has ended. */
async function gone(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "close");
  return child.pid!;
}

for (const os of ["darwin", "windows"] as const) {
  test(`as ${os}, where no start is told, a number alone is no proof of life`, async () => {
    const dead = await gone();
    await asPlatform(os, async () => {
      const me = thisProcess();
      assert.equal(me.start, "");
      assert.match(me.space, /^[0-9a-f]{16}$/);
      assert.equal(isAlive(me), true);
      // The parent runs, and may be one that has the number of another by now.
      assert.equal(isAlive({ ...me, pid: process.ppid }), undefined);
      assert.equal(isAlive({ ...me, pid: dead }), false);
      assert.equal(isAlive({ ...me, pid: dead, space: "0123456789abcdef" }), undefined);
      const name = ownedName("0a1b");
      assert.deepEqual(ownerOf(name), me);
      assert.equal(isOrphan(name), false);
      assert.equal(isOrphan(name.replace(`-${me.pid}-`, `-${dead}-`)), true);

      const lock = join(mkdtempSync(join(root, "lock-")), "lock");
      const held = (pid: number) => writeFileSync(lock, JSON.stringify({ ...me, pid, nonce: "n" }));
      held(dead);
      assert.equal(await withLock(lock, () => 7), 7);
      // A lock is held for moments: an old one is broken, whatever process has the number now.
      held(process.ppid);
      utimesSync(lock, 1, 1);
      assert.equal(await withLock(lock, () => 8), 8);
      assert.deepEqual(readdirSync(join(lock, "..")), []);
    });
  });
}

test("a process of another user is no proof of life either where no start is told", async () => {
  const denied = Object.assign(new Error("not permitted"), { code: "EPERM" });
  const { kill } = process;
  process.kill = () => {
    throw denied;
  };
  try {
    await asPlatform("darwin", () => {
      assert.equal(isAlive({ ...thisProcess(), pid: process.ppid }), undefined);
      assert.equal(isAlive({ ...thisProcess(), pid: process.ppid, start: "1" }), true);
    });
  } finally {
    process.kill = kill;
  }
});

test("machines that share a disk, and systems on one, are told apart", {
  skip: lacks("a system of its own"),
}, async () => {
  const spaces = new Set([thisProcess().space]);
  for (const os of ["darwin", "windows"] as const) {
    spaces.add(await asPlatform(os, () => thisProcess().space));
  }
  assert.equal(spaces.size, process.platform === "linux" ? 3 : 2);
});
