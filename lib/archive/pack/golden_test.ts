/**
 * Pins the bytes of an archive. When one of these digests changes, every artifact that users push again gets
 * a new digest: that is a change of version, said in the changelog, never an accident.
 */

import { after, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { digestOf } from "../../digest.ts";
import type { Encoder } from "../compression/encoder.ts";
import { RUNTIME } from "../../system/runtime.ts";
import { ThreadPool } from "../../threads/pool.ts";
import type { PackedLayer } from "./layer_sink.ts";
import { Packer } from "./pack.ts";
import { packDirectory, type TimeOptions } from "./pack_input.ts";
import { walk } from "../input/walk.ts";
import { fileNeeds } from "../../../tests/fakes/only_on.ts";

fileNeeds("modes");

const scratch = mkdtempSync(join(tmpdir(), "blobber-golden-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Bytes that no compressor of these gets small, the same everywhere. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Numbers in order: neither text nor noise. */
function counters(count: number): Uint8Array {
  const bytes = new Uint8Array(4 * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setUint32(4 * i, 77 * i, true);
  return bytes;
}

const FILES: [path: string, mode: number, content: string | Uint8Array][] = [
  [".hidden", 0o600, "a dotfile\n"],
  ["bin/run", 0o755, "#!/bin/sh\necho run\n"],
  ["bin/run-as", 0o4755, "the bits above 0777 are not kept\n"],
  ["a-b", 0o644, "before a/, which is before a0\n"],
  ["a/b", 0o644, "inside a\n"],
  ["a0", 0o444, "read only\n"],
  ["empty", 0o640, ""],
  ["counters.bin", 0o644, counters(50_000)],
  ["large.bin", 0o644, noise(2_500_000)],
  ["large.txt", 0o644, "a line that compresses well\n".repeat(60_000)],
  ["grüße/日本語.txt", 0o644, "names beyond ASCII\n"],
  [`${"deep/".repeat(30)}file`, 0o644, "a name beyond 100 bytes\n"],
  ["with space/and 'quotes'", 0o644, "odd, and legal\n"],
  ["\u{1f600}", 0o644, "beyond the basic plane\n"],
];
const LINKS: [path: string, target: string][] = [
  ["bin/link", "../a/b"],
  ["link-to-directory", "bin"],
  ["broken", "nowhere"],
];

function makeTree(order: 1 | -1): string {
  const root = mkdtempSync(join(scratch, "tree-"));
  const sorted = order === 1 ? FILES : [...FILES].reverse();
  for (const [path, mode, content] of sorted) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
    utimesSync(join(root, path), 1e9 + order, 1e9 + order);
  }
  for (const [path, target] of LINKS) symlinkSync(target, join(root, path));
  linkSync(join(root, "a/b"), join(root, "second-name"));
  mkdirSync(join(root, "nothing in it"));
  for (const { path, type } of walk(root)) {
    if (type === "directory") chmodSync(join(root, path), path === "bin" ? 0o700 : 0o755);
  }
  return root;
}

async function pack(
  root: string,
  encoder: Encoder,
  workers = 0,
  times: TimeOptions = {},
): Promise<PackedLayer & { blob: Uint8Array }> {
  const pool = new ThreadPool({ jobs: workers + 1 });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const packer = new Packer({
    encoder,
    runner: pool.enter(),
    batches: () => 2 * workers + 1,
    // deno-lint-ignore require-await -- the contract is a promise
    write: async (bytes) => void pieces.push(bytes.slice() as Uint8Array<ArrayBuffer>),
  });
  try {
    await packDirectory(packer, walk(root), times);
    const layer = await packer.finish();
    return { ...layer, blob: new Uint8Array(await new Blob(pieces).arrayBuffer()) };
  } finally {
    await pool.close();
  }
}

const tree = makeTree(1);

const GOLDEN = {
  zstdDiffId: "sha256:36b307991e5042041c60e35632d31dc00f53e897151922ef4f509bc27683d8e4",
  gzipDiffId: "sha256:ad5ff3f5fd367d7c154fc2c15729908171d5bd8cfd540089d50f4709c787e7dc",
  gzipBlob: "sha256:418e1cfecce440d6b4f936ad245f137b3fb01da403cfb19f0d71f65bbbdd3a2c",
  zstdBlob: "sha256:844f3bd95ddcac671911ddb441d6b08ba45d28c4a2524311d4c7dd8e86cf13e5",
};

/** As {@linkcode GOLDEN}, where no runtime has a say: these do not change with a version either. */
const PINNED = {
  digest: "sha256:fba1f167dbf125a90d4eaeb8f394ff6375521f5c8e3abb2989ae95b34139a02b",
  diffId: "sha256:8240e1e819bf19c0fe366061fda46e67bc33824fc95488278df52d79e5bebb81",
  tocDigest: "sha256:867c4f7687a098e705538a63352f50c82b85ea2ed67cbd27ef7f086c992c6134",
  size: 2_678_478,
  tree: "sha256:899a3984b3fc6dd3c1d373139fbd9e02ea10341c06a1450f0a22895058874e2b",
};

test("the tar is the same under every runtime", async () => {
  const zstd = await pack(tree, "zstd");
  assert.equal(zstd.diffId, GOLDEN.zstdDiffId);
  // With gzip the table is part of the tar, and holds offsets that the runtime's zlib decides. What comes
  // before it is the same.
  const gzip = await pack(tree, "gzip");
  const tar = gunzipSync(gzip.blob);
  assert.equal(digestOf(tar), gzip.diffId);
  const table = tar.lastIndexOf("stargz.index.json");
  const withEnd = new Uint8Array(table + 1024);
  withEnd.set(tar.subarray(0, table));
  assert.equal(digestOf(withEnd), GOLDEN.zstdDiffId);
});

test("the blob of gzip-1 is the same under every runtime, with any number of workers", async () => {
  for (const workers of [0, 1, 2]) {
    const { digest, diffId, tocDigest, size, tree: form } = await pack(tree, "gzip-1", workers);
    assert.deepEqual({ digest, diffId, tocDigest, size, tree: form }, PINNED);
  }
});

test("the blob is the same under Deno", { skip: RUNTIME !== "deno" }, async () => {
  const gzip = await pack(tree, "gzip");
  const zstd = await pack(tree, "zstd");
  assert.deepEqual({
    zstdDiffId: zstd.diffId,
    gzipDiffId: gzip.diffId,
    gzipBlob: gzip.digest,
    zstdBlob: zstd.digest,
  }, GOLDEN);
});

for (const format of ["gzip", "zstd", "gzip-1"] as const) {
  test(`${format}: neither workers, order of creation nor times change a byte`, async () => {
    const expected = (await pack(tree, format)).digest;
    for (const workers of [1, 2, 5]) {
      assert.equal((await pack(tree, format, workers)).digest, expected, `${workers} workers`);
    }
    assert.equal((await pack(makeTree(-1), format)).digest, expected);
  });

  test(`${format}: times that are kept or set do change it`, async () => {
    const digests = new Set([
      (await pack(tree, format)).digest,
      (await pack(tree, format, 0, { mtime: 1 })).digest,
      (await pack(tree, format, 0, { mtime: 1, keepMtime: true })).digest,
    ]);
    assert.equal(digests.size, 3);
    const kept = await pack(tree, format, 0, { keepMtime: true });
    assert.equal((await pack(tree, format, 0, { keepMtime: true, mtime: 5 })).digest, kept.digest);
  });

  test(`${format}: content and permission bits do change it`, async () => {
    const other = makeTree(1);
    const expected = (await pack(tree, format)).digest;
    assert.equal((await pack(other, format)).digest, expected);
    chmodSync(join(other, "a0"), 0o644);
    const changed = (await pack(other, format)).digest;
    assert.notEqual(changed, expected);
    chmodSync(join(other, "a0"), 0o444);
    assert.equal((await pack(other, format)).digest, expected);
    writeFileSync(join(other, ".hidden"), "A dotfile\n");
    assert.notEqual((await pack(other, format)).digest, expected);
  });
}

const GNU_TAR = (() => {
  try {
    return execFileSync("tar", ["--version"], { encoding: "utf8" }).includes("GNU tar");
  } catch {
    return false;
  }
})();

test("GNU tar lists what was walked", async (t) => {
  if (!GNU_TAR) return t.skip("GNU tar is not here");
  const { blob } = await pack(tree, "gzip", 0, { mtime: 86400 });
  const file = join(scratch, "golden.tar.gz");
  writeFileSync(file, blob);
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" };
  const args = ["tvzf", file, "--numeric-owner", "--quoting-style=literal"];
  const listed = execFileSync("tar", args, { encoding: "utf8", env }).trimEnd().split("\n");
  const bits = (mode: number) =>
    [6, 3, 0].map((shift) =>
      ["r", "w", "x"].map((letter, i) => (mode >> shift) & (4 >> i) ? letter : "-").join("")
    ).join("");
  const kinds = { file: "-", directory: "d", symlink: "l", hardlink: "h" };
  const expected = [...walk(tree)].map(({ path, type, mode, size, linkTarget }) =>
    `${kinds[type as keyof typeof kinds]}${bits(mode)} 0/0 ${size} 1970-01-02 00:00 ${path}` +
    (type === "directory" ? "/" : "") + (linkTarget === undefined ? "" : ` -> ${linkTarget}`)
  );
  assert.match(listed.pop()!, /^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 stargz\.index\.json$/);
  assert.deepEqual(listed.map((line) => line.replace(/ +/g, " ")), expected);
});

test("GNU tar extracts what was packed", async (t) => {
  if (!GNU_TAR) return t.skip("GNU tar is not here");
  const { blob } = await pack(tree, "gzip");
  const file = join(scratch, "extract.tar.gz");
  writeFileSync(file, blob);
  const root = join(scratch, "extracted");
  mkdirSync(root);
  execFileSync("tar", ["xpzf", file, "-C", root, "--exclude=./stargz.index.json"]);
  rmSync(join(root, "stargz.index.json"), { force: true });
  assert.equal((await pack(root, "gzip")).digest, (await pack(tree, "gzip")).digest);
});
