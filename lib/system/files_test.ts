import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";
import { BlobberError } from "../errors.ts";
import { rename, whenFree, writeAtomic } from "./files.ts";

const root = useOwnTemporary();

/** Fails so many times with what the system says, then gives 7. */
function failing(times: number, error: Error): { act: () => number; tries: () => number } {
  let tries = 0;
  const act = () => {
    if (++tries <= times) throw error;
    return 7;
  };
  return { act, tries: () => tries };
}

const withCode = (code: string) => Object.assign(new Error(code), { code });

test("as Windows, a file that another process has open is waited for", async () => {
  await asPlatform("windows", () => {
    for (const code of ["EPERM", "EACCES", "EBUSY"]) {
      const { act, tries } = failing(3, withCode(code));
      assert.deepEqual([whenFree(act), tries()], [7, 4], code);
    }
    const wrapped = new BlobberError("file-system", "cannot read", { cause: withCode("EBUSY") });
    assert.equal(whenFree(failing(1, wrapped).act), 7);
    for (const code of ["ENOENT", "EEXIST", "ENOSPC"]) {
      const { act, tries } = failing(1, withCode(code));
      assert.throws(() => whenFree(act), { code });
      assert.equal(tries(), 1);
    }
  });
});

test("elsewhere such an error is the answer", async () => {
  await asPlatform("darwin", () => {
    const { act, tries } = failing(1, withCode("EPERM"));
    assert.throws(() => whenFree(act), { code: "EPERM" });
    assert.equal(tries(), 1);
  });
});

test("a file is renamed over another, and written in one step", async () => {
  await asPlatform("windows", () => {
    const [a, b] = [join(root, "a"), join(root, "b")];
    writeFileSync(a, "new");
    writeFileSync(b, "old");
    rename(a, b);
    assert.equal(readFileSync(b, "utf8"), "new");
    writeAtomic(b, new TextEncoder().encode("newest"));
    assert.equal(readFileSync(b, "utf8"), "newest");
    mkdirSync(join(root, "d"));
    assert.throws(() => writeAtomic(join(root, "d"), new Uint8Array()), { code: "file-system" });
    assert.deepEqual(readdirSync(root).sort(), ["b", "d"]);
  });
});
