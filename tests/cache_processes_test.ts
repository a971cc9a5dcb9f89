import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { withCache } from "../lib/stores/cache/cached_source.ts";
import { cacheInfo, pruneCache } from "../lib/stores/cache/maintenance.ts";
import { LayoutStore } from "../lib/stores/layout/layout_store.ts";
import { readDocument } from "../lib/artifact/manifest.ts";
import { MEDIA_TYPE } from "../lib/types.ts";
import { blobOf, documentOf, writeBlob } from "./fakes/store_suite.ts";

const READER = fileURLToPath(new URL("./fakes/processes/cache_reader.ts", import.meta.url));
const ARGS = "Deno" in globalThis ? ["run", "-A", "--quiet", "--no-lock", READER] : [READER];

test("readers, pruners and kills at any moment leave no torn entry", async () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-cache-"));
  try {
    const [layout, cache] = [join(root, "layout"), join(root, "cache")];
    const store = new LayoutStore(layout);
    const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
    const layer = blobOf(content);
    await writeBlob(store, layer, content);
    await writeBlob(store, blobOf("{}", MEDIA_TYPE.empty), "{}");
    const [manifest, bytes] = documentOf(MEDIA_TYPE.manifest, {
      schemaVersion: 2,
      config: blobOf("{}", MEDIA_TYPE.empty),
      layers: [layer],
    });
    await store.put(manifest, bytes);
    await store.tag("v1", manifest);

    const start = (count: number) =>
      spawn(process.execPath, [...ARGS, layout, cache, String(count)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    const readers = [start(15), start(15)];
    const victims = [start(1_000_000), start(1_000_000)];
    for (const victim of victims) {
      await once(victim.stdout!, "data");
      victim.kill("SIGKILL");
    }
    for (const child of [...readers, ...victims]) {
      child.stdout!.resume();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    assert.deepEqual(readers.map((child) => child.exitCode), [0, 0]);

    const source = withCache(store, cache); // removes what the killed ones left
    assert.deepEqual(readdirSync(join(cache, "temp")), []);
    await readDocument(source, manifest);
    assert.deepEqual(cacheInfo(cache).entries.map((one) => one.digest), [manifest.digest]);
    assert.equal(pruneCache(cache, { maxSize: 0 }).remainingBytes, 0);
  } finally {
    rmSync(root, { recursive: true });
  }
});
