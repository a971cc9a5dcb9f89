/**
 * Stand-ins for released binaries, where a real one cannot be compiled: a shell script that runs this Deno
 * with the command line that it holds. It is one file and can be copied, moved and replaced; it answers
 * `--version` with the version and commit that it was made with.
 *
 * @module
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { BuildHome } from "../../cli/build.ts";
import { buildFacts, bundleCli, sourcesDigest } from "../../tasks/binary/bundle.ts";

/** How the binary that it stands for was made. */
export interface StandIn {
  /** The version that it tells; this tree's unless said otherwise. */
  version?: string;
  /** 40 hexadecimal digits; forty zeros unless said otherwise. */
  commit?: string;
  /** `linux-x64` unless said otherwise: the script runs here all the same. */
  target?: string;
  /** Where its releases are: the project's own unless said otherwise. */
  home?: BuildHome;
}

/** Bundles of this many trees are kept. */
const KEPT = 8;

const CACHE = join(
  Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"),
  "blobber-runtimes",
  "bundles",
);

let bundle: Promise<string> | undefined;

/**
 * The bytes of one. Two that were made alike are equal.
 *
 * What it prints is a shell's script and a module at once: to the shell, the second line starts Deno; to Deno,
 * it is a string and a comment. Deno tells it the script's own path as that of the running program, as it does
 * in a binary.
 */
export async function standIn(facts: StandIn = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { version, commit = "0".repeat(40), target = "linux-x64", home } = facts;
  let program = await (bundle ??= keptBundle());
  if (version !== undefined) {
    const own = /(?<=^ *VERSION = ")[^"]+(?=";$)/gm;
    const places = program.match(own)?.length ?? 0;
    if (places !== 1) {
      throw new Error(`the bundle tells its version in ${places} places, expected 1`);
    }
    program = program.replace(own, version);
  }
  const quoted = `'${Deno.execPath().replaceAll("'", `'\\''`)}'`;
  const flags = "run -A --quiet --no-config --no-lock --ext=js";
  return new TextEncoder().encode(
    `#!/bin/sh\n":" //; exec ${quoted} ${flags} "$0" "$@"\n` +
      `Deno.execPath = () => import.meta.filename;\n${
        buildFacts({ commit, target, ...home && { home } })
      }${program}`,
  );
}

/** Writes one to a file, executable. */
export async function writeStandIn(path: string, facts?: StandIn): Promise<void> {
  writeFileSync(path, await standIn(facts));
  chmodSync(path, 0o755);
}

/** The bundle of these sources, out of the cache where it is there. */
async function keptBundle(): Promise<string> {
  const file = join(CACHE, `${sourcesDigest()}.js`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const text = await bundleCli();
  mkdirSync(CACHE, { recursive: true });
  const fresh = `${file}.${crypto.randomUUID()}`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
  const age = (name: string) =>
    statSync(join(CACHE, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = readdirSync(CACHE).map((name) => ({ name, age: age(name) }))
    .sort((a, b) => b.age - a.age);
  for (const { name } of newest.slice(KEPT)) rmSync(join(CACHE, name), { force: true });
  return text;
}
