/**
 * What tests of pulling share: a tree in every form of layer, and what it looks like on a disk.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { PullResult } from "../../lib/results.ts";
import { pull, type PullSettings } from "../../lib/verbs/pull.ts";
import { lacks } from "./only_on.ts";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "./tar.ts";

const made: Disposable[] = [];

/** Removes what `scratch` made: for runtimes that have no `using`, when all tests are done. */
export function removeScratch(): void {
  for (const one of made.splice(0)) one[Symbol.dispose]();
}

/** A temporary directory. */
export function scratch(): Disposable & { path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "blobber-test-")));
  const dir = {
    path,
    [Symbol.dispose]() {
      if (!existsSync(path)) return;
      // Read-only directories are part of the tests, and only root removes them as they are.
      for (const name of namesBelow(path)) {
        if (lstatSync(join(path, name)).isDirectory()) chmodSync(join(path, name), 0o700);
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
  made.push(dir);
  return dir;
}

/** Names in a directory and below; not every runtime's own recursion stops at links. */
function namesBelow(dir: string, prefix = ""): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const name = prefix + entry.name;
    return entry.isDirectory() ? [name, ...namesBelow(join(dir, entry.name), `${name}/`)] : [name];
  });
}

/** What stands for a mode where there are none. */
const NO_MODE = "---";

/** Everything in a directory: type, mode, time where it is set, content or target. */
export function snapshot(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of namesBelow(dir).sort()) {
    const path = join(dir, name);
    const stat = lstatSync(path);
    const mode = lacks("modes") ? NO_MODE : (stat.mode & 0o7777).toString(8);
    found[name] = stat.isSymbolicLink()
      ? `-> ${lacks("links") ? readlinkSync(path).replaceAll("\\", "/") : readlinkSync(path)}`
      : stat.isDirectory()
      ? `dir ${mode}`
      : `${mode} ${readFileSync(path, "utf8").slice(0, 40)}`;
  }
  return found;
}

export const items: TarItem[] = [
  { name: "a.txt", data: "hello", mode: 0o640 },
  { name: "bin/", type: "5", mode: 0o755 },
  { name: "bin/run", data: "#!/bin/sh", mode: 0o4755, mtime: 1_000_000 },
  { name: "bin/same", type: "1", link: "a.txt" },
  { name: "empty/", type: "5", mode: 0o700 },
  { name: "implied/deep/f", data: "deep", mode: 0o600 },
  { name: "link", type: "2", link: "bin/run" },
  { name: "ro/", type: "5", mode: 0o555 },
  { name: "ro/f", data: "read only", mode: 0o444 },
  { name: "zero", mode: 0o666 },
];
export const expected: Record<string, string> = withoutModes({
  "a.txt": "640 hello",
  "bin": "dir 755",
  "bin/run": "755 #!/bin/sh",
  "bin/same": "640 hello",
  "empty": "dir 700",
  "implied": `dir ${(0o777 & ~process.umask()).toString(8)}`,
  "implied/deep": `dir ${(0o777 & ~process.umask()).toString(8)}`,
  "implied/deep/f": "600 deep",
  "link": "-> bin/run",
  "ro": "dir 555",
  "ro/f": "444 read only",
  "zero": "666 ",
});

/** A tree as {@linkcode snapshot} shows it, also where there are no modes. */
export function withoutModes(tree: Record<string, string>): Record<string, string> {
  if (!lacks("modes")) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([path, what]) => [
      path,
      what.replace(/^(dir )?[0-7]{1,4}(?=$| )/, `$1${NO_MODE}`),
    ]),
  );
}

export const layers: Record<string, LayerSpec> = {
  "eStargz": stargz(items),
  "zstd:chunked": stargz(items, { format: "zstd" }),
  "eStargz in small chunks": stargz(items, { chunkSize: 3 }),
  "eStargz packed": stargz(items, { members: [items.slice(0, 3), items.slice(3)] }),
  "gzip": gzipSync(tarOf(...items)),
  "zstd": zstdCompressSync(tarOf(...items)),
  "plain tar": tarOf(...items),
};

export async function pullOf(
  dir: string,
  layer: LayerSpec | LayerSpec[],
  options: PullSettings = {},
): Promise<ReturnType<typeof imageOf> & { result: PullResult }> {
  const made = imageOf(...(Array.isArray(layer) ? layer : [layer]));
  const result = await pull(made.source, made.manifest, dir, { ...options });
  return { ...made, result };
}

/** Pulls, expects an error, and that the destination is as it was. */
export async function refused(
  layer: LayerSpec | LayerSpec[],
  error: object,
  options: PullSettings & { prepare?: (dir: string) => void } = {},
): Promise<void> {
  const dir = scratch();
  for (const exists of [true, ...(options.prepare ? [] : [false])]) {
    const target = join(dir.path, exists ? "there" : "new");
    if (exists) mkdirSync(target);
    if (exists) writeFileSync(join(target, "own"), "mine");
    options.prepare?.(target);
    const before = snapshot(dir.path);
    await assert.rejects(pullOf(target, layer, options), error);
    assert.deepEqual(snapshot(dir.path), before);
  }
}

export function noise(length: number): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length }, () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed;
  });
}
