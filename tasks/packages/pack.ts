/**
 * `deno task pack [DIRECTORY]`: the three packages as npm takes them, in `dist/npm/` or the directory named.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { aboutOf } from "./about.ts";
import { configOf } from "./doors.ts";
import { mendPackage, readTarball, writeTarball } from "./packed.ts";
import { readmeElsewhere } from "./readme.ts";
import { SOURCE } from "../../cli/home.ts";
import { deno, inRoot, say } from "../run.ts";
import { VERSIONS } from "../runtimes.ts";

/** The oldest Deno that the packages run in. */
const DENO = "2.9.6";

/** The oldest versions that are tested. */
const ENGINES = { node: VERSIONS.node, bun: VERSIONS.bun, deno: DENO };

interface Package {
  folder: string;
  engines: Record<string, string>;
  program?: string;
  sideEffects?: string[];
}

const PACKAGES: Package[] = [
  { folder: "./", engines: ENGINES, sideEffects: ["./lib/threads/thread_entry.js"] },
  { folder: "./sigstore/", engines: ENGINES },
  { folder: "./cli/", engines: { deno: DENO }, program: "blobber" },
];

/** Where the packages are, by name. */
export type Tarballs = Record<string, string>;

/**
 * Packs all three.
 *
 * @param into a directory, made where it does not exist
 */
export async function pack(into: string): Promise<Tarballs> {
  mkdirSync(into, { recursive: true });
  const configs = PACKAGES.map(({ folder }) => configOf(folder));
  const workspace = Object.fromEntries(configs.map(({ name, version }) => [name, version]));
  const temporary = mkdtempSync(join(tmpdir(), "blobber-pack-"));
  const tarballs: Tarballs = {};
  try {
    for (const [index, { folder, ...facts }] of PACKAGES.entries()) {
      const { name, version, imports = {} } = configs[index]!;
      const raw = join(temporary, `${index}.tgz`);
      const args = ["pack", "--allow-dirty", "--no-source-maps", "--output", raw];
      const { ok, output } = await deno(args, folder);
      if (!ok) throw new Error(output);
      const place = folder.replace(/^\.\/|\/$/g, "");
      const readme = readFileSync(inRoot(`${folder}README.md`), "utf8");
      const home = { url: SOURCE, tag: `v${version}`, folder: place };
      const unpacked = readTarball(readFileSync(raw)).set(
        "README.md",
        readmeElsewhere(readme, home),
      );
      const files = mendPackage(unpacked, {
        ...facts,
        about: aboutOf(name),
        source: { url: SOURCE, folder: place },
        imports,
        workspace,
        further: new Map([["LICENSE", readFileSync(inRoot("LICENSE"), "utf8")]]),
      });
      const path = join(into, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
      writeFileSync(path, writeTarball(files));
      tarballs[name] = path;
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
  return tarballs;
}

if (import.meta.main) {
  for (const path of Object.values(await pack(resolve(Deno.args[0] ?? inRoot("dist/npm"))))) {
    say(path);
  }
}
