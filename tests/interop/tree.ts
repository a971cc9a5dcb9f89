/**
 * A directory as a list of lines, so that two trees can be compared entry by entry.
 *
 * @module
 */

import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createHash } from "node:crypto";
import assert from "node:assert/strict";

/** What a tree holds, by path: type, permission bits, and the digest of the content or the link's target. */
export function snapshot(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    const stat = lstatSync(`${root}/${path}`);
    const mode = (stat.mode & 0o777).toString(8).padStart(3, "0");
    if (stat.isSymbolicLink()) found.set(path, `link ${readlinkSync(`${root}/${path}`)}`);
    else if (stat.isDirectory()) found.set(path, `directory ${mode}`);
    else if (stat.isFile()) {
      const digest = createHash("sha256").update(readFileSync(`${root}/${path}`)).digest("hex");
      found.set(path, `file ${mode} ${stat.size} ${digest}`);
    } else found.set(path, "special");
  }
  return found;
}

/** Demands that two trees hold the same; the roots themselves are not compared. */
export function sameTree(actual: string, expected: string): void {
  const [found, wanted] = [snapshot(actual), snapshot(expected)];
  const differences: string[] = [];
  for (const [path, entry] of wanted) {
    if (found.get(path) !== entry) {
      differences.push(`${path}: ${found.get(path) ?? "missing"}, expected ${entry}`);
    }
  }
  for (const path of found.keys()) if (!wanted.has(path)) differences.push(`${path}: too many`);
  assert.ok(wanted.size > 0, `${expected} is empty`);
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} entries differ`);
}

/** Makes a small tree with everything that a directory may hold and a push accepts. */
export function sampleTree(root: string): void {
  Deno.mkdirSync(`${root}/dir/empty`, { recursive: true });
  Deno.mkdirSync(`${root}/dir/${"long".repeat(40)}`);
  Deno.writeTextFileSync(`${root}/.dotfile`, "hidden\n");
  Deno.writeTextFileSync(`${root}/hello.txt`, "hello\n");
  Deno.writeTextFileSync(`${root}/empty`, "");
  Deno.writeTextFileSync(`${root}/dir/grüße 世界.txt`, "non-ASCII\n");
  Deno.writeTextFileSync(`${root}/dir/${"long".repeat(40)}/${"name".repeat(30)}.txt`, "long\n");
  Deno.writeTextFileSync(`${root}/dir/run.sh`, "#!/bin/sh\necho run\n");
  Deno.chmodSync(`${root}/dir/run.sh`, 0o755);
  Deno.chmodSync(`${root}/hello.txt`, 0o640);
  Deno.symlinkSync("../hello.txt", `${root}/dir/link`);
  Deno.symlinkSync("empty", `${root}/dir/link-to-dir`);
  const big = new Uint8Array(9 << 20);
  for (let i = 0, x = 1; i < big.length; i++) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    big[i] = i % 3 === 0 ? x >> 16 : 97 + (i % 7);
  }
  Deno.writeFileSync(`${root}/dir/big.bin`, big);
}
