/**
 * A push that is large enough is packed in threads of the client, from sources and from a package as it is
 * installed: they are there until the client is closed, and no notice says that they could not be had.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, MemoryStore, type Notice } from "@blobber/core";

/** Files of 4 MiB: more than the 32 MiB from which on threads are worth it. */
const FILES = 12;

/** How many threads of this process run modules, by their names; nothing where the system or the runtime has none. */
function workers(): number | undefined {
  let names: string[];
  try {
    names = readdirSync("/proc/self/task").map((thread) =>
      readFileSync(`/proc/self/task/${thread}/comm`, "utf8")
    );
  } catch {
    return undefined;
  }
  return new Set(names).size === 1
    ? undefined
    : names.filter((name) => /^worker/i.test(name)).length;
}

const root = mkdtempSync(join(tmpdir(), "library-"));
try {
  mkdirSync(join(root, "tree"));
  for (let index = 0; index < FILES; index++) {
    const bytes = new Uint8Array(4 << 20).map((_, at) => (at * index + (at >> 3)) & 63);
    writeFileSync(join(root, "tree", `${index}.bin`), bytes);
  }
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => void notices.push(notice);
  const before = workers();
  const client = new Client({ jobs: 2, onNotice });
  try {
    const target = { store: new MemoryStore(), reference: "v1" };
    await client.push({ directory: join(root, "tree") }, target, { onNotice });
    const after = workers();
    if (before !== undefined && after !== undefined) {
      assert.ok(after > before, "no thread was used");
    }
    assert.deepEqual(notices.filter(({ code }) => code === "no-threads"), []);
  } finally {
    await client.close();
  }
} finally {
  rmSync(root, { recursive: true });
}
