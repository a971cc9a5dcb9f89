/**
 * The current directory was removed: what needs it says so, as an error of the library's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Client, LayoutStore, MemoryStore } from "@blobber/core";

const before = process.cwd();
const gone = mkdtempSync(join(tmpdir(), "gone-"));
process.chdir(gone);
rmdirSync(gone);
try {
  const store = new MemoryStore();
  const client = new Client({ credentials: () => Promise.resolve(undefined) });
  await client.push({ entries: [] }, { store, reference: "v1" });
  for (
    const work of [
      () => client.pull({ store, reference: "v1" }, "out"),
      () => client.push({ directory: "tree" }, { store }),
      () => client.push({ entries: [] }, "oci:layout:v1"),
      () => client.resolve("oci:layout:v1"),
      () => new LayoutStore("layout").begin("application/x"),
    ]
  ) {
    await assert.rejects(work(), (error: Error & { code?: string }) => {
      assert.ok(["file-system", "not-found"].includes(error.code!), `${error.code}: ${error}`);
      return true;
    });
  }
  await client.close();
} finally {
  process.chdir(before);
}
