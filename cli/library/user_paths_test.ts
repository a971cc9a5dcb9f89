import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { referenceIn } from "./directory_or_reference.ts";
import { pushedInput } from "./pushed_input.ts";
import { copyTarget, copyTargets } from "./user_paths.ts";

/** A directory with another in it, removed at the end. */
function place(): Disposable & { root: string; dir: string } {
  const root = Deno.makeTempDirSync({ prefix: "blobber-paths-" });
  const dir = join(root, "dir");
  mkdirSync(dir);
  return { root, dir, [Symbol.dispose]: () => Deno.removeSync(root, { recursive: true }) };
}

Deno.test("cp takes no name into a directory that the system gives another meaning", async () => {
  using at = place();
  const { root, dir } = at;
  for (const name of ["aux.c", "file:stream", "a."]) {
    await asPlatform("windows", () => {
      const error = { code: "invalid-archive", message: /cannot be written on Windows/ };
      for (const to of [dir, `${dir}/`, `${dir}\\`]) {
        assert.throws(() => copyTarget(to, `d/${name}`), error, to);
      }
      // A name of the user's own is meant as it is.
      assert.equal(copyTarget(join(root, "other"), `d/${name}`).path, join(root, "other"));
    });
    await asPlatform("darwin", () => assert.equal(copyTarget(dir, name).path, join(dir, name)));
  }
});

Deno.test("cp writes no two files of one name, as the system has names", async () => {
  using at = place();
  const { dir } = at;
  const files = ["a/README", "b/readme"];
  for (const os of ["windows", "darwin"] as const) {
    await asPlatform(os, () => {
      assert.throws(() => copyTargets(dir, files), { code: "conflict" }, os);
      assert.equal(copyTargets(dir, ["a/README", "b/README2"]).length, 2);
    });
  }
  await asPlatform("linux", () => assert.equal(copyTargets(dir, files).length, 2));
});

Deno.test("a backslash at the end is a directory's where it separates, and a name's elsewhere", async () => {
  using at = place();
  const { root } = at;
  const to = `${join(root, "new")}\\`;
  await asPlatform("windows", () => assert.equal(copyTarget(to, "x").path, join(root, "new/x")));
  await asPlatform("linux", () => assert.equal(copyTarget(to, "x").path, to));
});

Deno.test("a drive is no host, and its colon no media type's", async () => {
  using at = place();
  const { root } = at;
  const file = join(root, "C:a");
  mkdirSync(file);
  writeFileSync(join(file, "b"), "");
  const before = Deno.cwd();
  Deno.chdir(root);
  try {
    await asPlatform("windows", () => {
      for (const path of ["C:\\dir", "c:/dir"]) assert.equal(referenceIn(path), undefined);
      assert.equal(referenceIn("c:5000/app:v1")?.kind, "registry");
      assert.deepEqual(pushedInput(["C:a/b"]), { files: [{ path: "C:a/b" }] });
    });
    await asPlatform("linux", () => {
      assert.throws(() => referenceIn("C:\\dir"), { code: "invalid-reference" });
      assert.throws(() => pushedInput(["C:a/b"]), { code: "file-system" });
    });
  } finally {
    Deno.chdir(before);
  }
});
