import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";

Deno.test("the cache is filled by a pull, counted, listed, pruned and cleared", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry();
  await using _ = { [Symbol.asyncDispose]: () => registry.close() };
  await at.site();
  const ref = `${registry.host}/acme/site:v1`;
  assert.equal(await at.ok(["cache", "info"]), "The cache is empty\n");
  assert.equal(await at.ok(["cache", "clear", "--yes"]), "The cache is already empty\n");
  assert.equal(await at.ok(["cache", "prune", "--max-age", "1h"]), "No entries to prune\n");
  await at.ok(["push", "site", ref]);
  await at.ok(["--no-cache", "pull", ref, "uncached"]);
  assert.equal(await at.ok(["cache", "info"]), "The cache is empty\n");
  const digest = JSON.parse(await at.ok(["pull", ref, "out", "-o", "json"])).digest;
  const info = await at.ok(["cache", "info", "-l"]);
  assert.match(
    info,
    /^Cache: {4}.*\/home\/\.cache\/blobber\nSize: {5}[\d.]+ k?B \(\d+ bytes\)\nEntries: {2}1\n\n/,
  );
  assert.ok(info.includes(digest), info);
  const json = JSON.parse(await at.ok(["cache", "info", "-o", "json"]));
  assert.deepEqual([json.version, json.entries.length, json.entries[0].digest], [1, 1, digest]);
  assert.equal(await at.ok(["cache", "prune", "--max-size", "1GB"]), "No entries to prune\n");
  assert.match(
    await at.ok(["cache", "prune", "--max-size", "1"]),
    /^Removed 1 entry \([\d.]+ k?B\)\nRemaining: 0 entries \(\d+ B\)\n$/,
  );
  await at.ok(["pull", ref, "again"]);
  assert.match(await at.ok(["cache", "clear", "-y"]), /^Cleared 1 entry \(/);
  assert.equal(await at.ok(["cache", "info"]), "The cache is empty\n");
});

Deno.test("a cache is cleared only when that was confirmed", async () => {
  await using at = await Workplace.open();
  await Deno.mkdir(`${at.dir}/c/blobs/sha256`, { recursive: true });
  await Deno.writeTextFile(`${at.dir}/c/blobs/sha256/${"a".repeat(64)}`, "x");
  const asked = await at.run(["cache", "clear", "--dir", "c"]);
  assert.equal(asked.status, 2);
  assert.match(asked.stderr, /--yes/);
  assert.equal(await Deno.readTextFile(`${at.dir}/c/blobs/sha256/${"a".repeat(64)}`), "x");
});

Deno.test("prune wants to know what to keep", async () => {
  await using at = await Workplace.open();
  const ran = await at.run(["cache", "prune"]);
  assert.equal(ran.status, 2);
  assert.match(ran.stderr, /at least one of --max-size or --max-age is required/);
});
