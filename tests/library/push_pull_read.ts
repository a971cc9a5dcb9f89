/**
 * Pushes a directory to a layout and to a registry, pulls it back, reads one file and lists the names.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@blobber/core";
import { createSigner } from "@blobber/sigstore";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

assert.equal(typeof createSigner, "function");

const root = mkdtempSync(join(tmpdir(), "library-"));
const registry = await startRegistry();
try {
  mkdirSync(join(root, "site/css"), { recursive: true });
  writeFileSync(join(root, "site/index.html"), "<h1>hello</h1>\n");
  writeFileSync(join(root, "site/css/main.css"), "h1 { color: teal }\n");

  const client = new Client({ credentials: () => Promise.resolve(undefined) });
  for (const ref of [`oci:${join(root, "layout")}:v1`, `${registry.host}/acme/site:v1`]) {
    const pushed = await client.push({ directory: join(root, "site") }, ref);
    assert.deepEqual(pushed.tags, ["v1"]);

    const out = mkdtempSync(join(root, "out-"));
    const pulled = await client.pull(ref, out);
    assert.equal(pulled.digest, pushed.digest);
    assert.equal(readFileSync(join(out, "index.html"), "utf8"), "<h1>hello</h1>\n");
    assert.equal(readFileSync(join(out, "css/main.css"), "utf8"), "h1 { color: teal }\n");

    const image = await client.openImage(ref);
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await image.open("css/main.css")) chunks.push(chunk);
      assert.equal(new TextDecoder().decode(chunks[0]), "h1 { color: teal }\n");
    } finally {
      await image.close();
    }
    const { names } = await client.list(ref);
    assert.deepEqual([...names], ["css", "css/main.css", "index.html"]);
  }
} finally {
  await registry.close();
  rmSync(root, { recursive: true });
}
