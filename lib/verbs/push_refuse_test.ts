import { after, test } from "node:test";
import assert from "node:assert/strict";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../stores/memory_store.ts";
import { push } from "./push.ts";
import type { BlobWriter } from "../store.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-refuse-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

class Counting extends MemoryStore {
  begun = 0;
  override begin(mediaType: string): Promise<BlobWriter> {
    this.begun++;
    return super.begin(mediaType);
  }
}

let made = 0;
function tree(): { root: string; directory: string; inside: string; outside: string } {
  const root = join(scratch, String(made++));
  const directory = join(root, "tree");
  mkdirSync(join(directory, "keys"), { recursive: true });
  writeFileSync(join(directory, "a"), "1");
  const inside = join(directory, "keys/inside.txt");
  const outside = join(root, "outside.txt");
  for (const path of [inside, outside]) writeFileSync(path, `key ${path}`);
  return { root, directory, inside, outside };
}

const refused = { code: "private-key", message: /"keys\/inside\.txt".*must not be pushed/ };

test("a file that is refused fails the push by name, before anything is sent", async () => {
  const { root, directory, inside } = tree();
  symlinkSync(inside, join(root, "key-link"));
  symlinkSync(directory, join(root, "tree-link"));
  const ways = [
    { from: directory, refuse: [inside] },
    { from: `${directory}/`, refuse: [join(directory, "../tree/./keys/inside.txt")] },
    { from: directory, refuse: [join(root, "key-link")] },
    { from: join(root, "tree-link"), refuse: [inside] },
    { from: directory, refuse: [join(root, "tree-link/keys/inside.txt")] },
  ];
  for (const { from, refuse } of ways) {
    const store = new Counting();
    await assert.rejects(push(store, { directory: from }, { refuse, tags: ["v1"] }), refused);
    assert.equal(store.begun, 0);
  }
});

test("a file that is refused is found under another name", async () => {
  const { root, directory, outside } = tree();
  linkSync(outside, join(directory, "b.txt"));
  const store = new Counting();
  const cacheDir = join(root, "cache");
  const options = { refuse: [outside], tags: ["v1"] };
  const refusal = { code: "private-key", message: /"b\.txt"/ };
  await assert.rejects(push(store, { directory }, options), refusal);
  // Nor is it pushed again because it once was.
  await push(store, { directory }, { cacheDir });
  await assert.rejects(push(store, { directory }, { ...options, cacheDir }), refusal);
  await assert.rejects(store.resolve("v1"), { code: "not-found" });
});

test("what is refused elsewhere, or is not there, refuses nothing here", async () => {
  const { root, directory, outside } = tree();
  mkdirSync(join(root, "tree2"));
  writeFileSync(join(root, "tree2/key"), "key");
  const refuse = [outside, join(root, "tree2/key"), join(directory, "none"), join(outside, "x")];
  const { digest } = await push(new MemoryStore(), { directory }, { refuse });
  assert.equal(digest, (await push(new MemoryStore(), { directory })).digest);
});
