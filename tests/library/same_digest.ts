/**
 * The same tree has the same digests in every runtime: of its content always, and of the artifact where it is
 * pushed reproducibly. Both are constants here.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { dirname, join } from "node:path";
import { Client } from "@blobber/core";

const TREE = "sha256:922b114e120db871149676bc93846d551115c8cfc41dc05f67aa43ccd001efa2";
const ARTIFACT = "sha256:311ebdd88720e07caf84e2e82ae23e8d2e51bc760ae6089879e528b5b6f23fd4";

process.umask(0o022);
const root = mkdtempSync(join(tmpdir(), "library-"));
try {
  const directory = join(root, "tree");
  const files: [path: string, content: string, mode: number][] = [
    ["README.md", "# the same\n", 0o644],
    ["bin/run", "#!/bin/sh\nexec true\n", 0o755],
    ["data/lines.txt", Array.from({ length: 60_000 }, (_, i) => `line ${i * 7}\n`).join(""), 0o600],
    ["data/grüße und mehr", "not ASCII\n", 0o644],
  ];
  for (const [path, content, mode] of files) {
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, content);
    chmodSync(at, mode);
  }
  symlinkSync("bin/run", join(directory, "run"));
  for (const path of ["bin", "data"]) chmodSync(join(directory, path), 0o755);

  const client = new Client();
  const { tree, entries } = await client.treeDigest({ directory });
  assert.equal(tree, TREE);
  assert.equal(entries, 7);

  // The form of a tree, as anybody can make it: docs/digests.md.
  const sha256 = (content: string | Uint8Array) =>
    createHash("sha256").update(content).digest("hex");
  const records = [
    ["d 755 -", "bin/"],
    ["d 755 -", "data/"],
    [`l 777 ${sha256("bin/run")}`, "run"],
    ...files.map(([path, content, mode]) => [`f ${mode.toString(8)} ${sha256(content)}`, path]),
  ].sort(([, a], [, b]) => Buffer.compare(Buffer.from(a!), Buffer.from(b!)));
  const form = ["blobber tree 1", ...records.map((record) => record.join(" "))];
  assert.equal(tree, `sha256:${sha256(form.map((record) => `${record}\0`).join(""))}`);

  const pinned = await client.push({ directory }, `oci:${root}/layout:pinned`, {
    reproducible: true,
  });
  assert.equal(pinned.tree, TREE);
  assert.equal(pinned.digest, ARTIFACT);
  assert.equal((await client.digest({ directory }, { reproducible: true })).digest, ARTIFACT);

  // The usual encoder is the runtime's: another digest of the artifact, the same of the tree.
  const usual = await client.push({ directory }, `oci:${root}/layout:usual`);
  assert.notEqual(usual.digest, ARTIFACT);
  for (const tag of ["pinned", "usual"]) {
    const found = await client.treeDigest(`oci:${root}/layout:${tag}`);
    assert.equal(found.tree, TREE);
    await client.pull(`oci:${root}/layout:${tag}`, join(root, tag));
    assert.equal((await client.treeDigest({ directory: join(root, tag) })).tree, TREE);
    for (const [path, content] of files) {
      assert.equal(readFileSync(join(root, tag, path), "utf8"), content);
    }
  }
} finally {
  rmSync(root, { recursive: true });
}
