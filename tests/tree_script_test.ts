/**
 * The script in docs/digests.md computes the digest of a tree as the library does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "@blobber/core";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("GNU");

const [, SCRIPT] = /^```sh\n([^]*?)^```$/m.exec(readFileSync(inRoot("docs/digests.md"), "utf8"))!;

function hasGnuTools(): boolean {
  try {
    return execFileSync("stat", ["--version"], { encoding: "utf8" }).includes("GNU coreutils");
  } catch {
    return false;
  }
}

test("the script of the documentation and the library agree", async (t) => {
  if (!hasGnuTools()) return t.skip("the tools of GNU are not here");
  const outer = mkdtempSync(join(tmpdir(), "blobber-script-"));
  try {
    const root = join(outer, "a tree");
    const scripted = () =>
      execFileSync("sh", ["-c", SCRIPT!, "sh", root], { encoding: "utf8" }).trim();
    const client = new Client();
    const ours = async () => (await client.treeDigest({ directory: root })).tree;
    mkdirSync(root);
    assert.equal(scripted(), await ours(), "nothing in it");
    for (const path of ["a/b", "a-b", "-rf", "nothing here", "\u{1f600}", "grüße"]) {
      mkdirSync(join(root, path), { recursive: true });
    }
    const files = [
      ["a/b/c", 0o644],
      ["a/b/ leading and trailing ", 0o600],
      ["a/two  spaces", 0o444],
      ["a0", 0o755],
      ["-n", 0o640],
      ["'quoted' \"twice\"", 0o644],
      ["back\\slash and $HOME `x` * ?", 0o644],
      ["grüße/日本語", 0o664],
      ["\uffee", 0o644],
      ["\u{1f600}/x", 0o644],
      ["setuid", 0o4755],
      ["setgid", 0o2711],
      ["unreadable by others", 0o700],
    ] as const;
    for (const [path, mode] of files) {
      writeFileSync(join(root, path), `content of ${path}\n`);
      chmodSync(join(root, path), mode);
    }
    writeFileSync(join(root, "empty"), "");
    writeFileSync(join(root, "large"), new Uint8Array(1_500_000).fill(7));
    linkSync(join(root, "a/b/c"), join(root, "another name"));
    symlinkSync("a/b/c", join(root, "link"));
    symlinkSync("no such -n  thing", join(root, "broken"));
    symlinkSync("a", join(root, "link to a directory"));
    chmodSync(join(root, "nothing here"), 0o1777);
    const expected = await ours();
    assert.equal(scripted(), expected);
    chmodSync(join(root, "a0"), 0o754);
    assert.notEqual(scripted(), expected);
    assert.equal(scripted(), await ours());
  } finally {
    rmSync(outer, { recursive: true });
  }
});
