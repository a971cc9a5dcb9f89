import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { main as ownSigner } from "../examples/own_signer.ts";

test("a signer and a verifier from outside the project work with the core", async () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-example-"));
  try {
    writeFileSync(join(root, "hello.txt"), "hello\n");
    const lines = await ownSigner(root, `${root}-layout`);
    assert.equal(lines.length, 3);
    assert.match(lines[0]!, /^signature: Ed25519 by key [0-9a-f]{16}$/);
    assert.match(lines[2]!, /^identity-mismatch: /);
  } finally {
    rmSync(root, { recursive: true });
    rmSync(`${root}-layout`, { recursive: true, force: true });
  }
});
