import { test } from "node:test";
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../client.ts";
import { fileNeeds } from "../../tests/fakes/only_on.ts";

fileNeeds("modes");

for (const compression of ["gzip", "zstd"] as const) {
  test(`${compression}: what was pushed is listed and read as it was, by names alone`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "blobber-image-"));
    try {
      mkdirSync(join(dir, "tree/d/\u00fc"), { recursive: true });
      const files = { "a": "one", "d.txt": "", "d/b": "two", "d/\u00fc/c": "x".repeat(9_000_000) };
      for (const [path, text] of Object.entries(files)) {
        writeFileSync(join(dir, "tree", path), text);
        chmodSync(join(dir, "tree", path), 0o640);
      }
      for (const path of ["d", "d/\u00fc"]) chmodSync(join(dir, "tree", path), 0o755);
      symlinkSync("d", join(dir, "tree/link"));
      const ref = `oci:${dir}/layout:v1`;
      await new Client().push({ directory: join(dir, "tree") }, ref, { compression });
      const image = await new Client().openImage(ref);
      const sorted = ["a", "d", "d.txt", "d/b", "d/\u00fc", "d/\u00fc/c", "link"];
      assert.deepEqual(await image.paths(), sorted);
      const entries = await image.entries();
      assert.deepEqual(entries.map(({ path }) => path), sorted);
      const told = entries.map(({ type, mode, size }) => [type, mode, size]);
      assert.deepEqual(told, [
        ["file", 0o640, 3],
        ["directory", 0o755, 0],
        ["file", 0o640, 0],
        ["file", 0o640, 3],
        ["directory", 0o755, 0],
        ["file", 0o640, 9_000_000],
        ["symlink", 0o777, 0],
      ]);
      for (const [path, text] of Object.entries(files)) {
        assert.deepEqual(await image.stat(path), entries.find((entry) => entry.path === path));
        for (const way of [path, path.replace(/^d\//, "link/")]) {
          const read = await new Response(await image.open(way) as ReadableStream).text();
          assert.ok(read === text, way);
        }
      }
      assert.equal((await image.stat("link")).linkTarget, "d");
      const missing = { code: "not-found", hint: 'did you mean "d.txt"?' };
      await assert.rejects(image.open("d.tx"), missing);
      await image.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}
