/**
 * `deno task pack [DIRECTORY]`: the three packages as npm takes them, in `dist/npm/` or the directory named.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { aboutOf } from "./about.ts";
import { configOf, type PackageConfig } from "./doors.ts";
import {
  type Files,
  type ManifestFacts,
  mendPackage,
  readTarball,
  writeTarball,
} from "./packed.ts";
import { programPackage } from "./program_package.ts";
import { readmeElsewhere } from "./readme.ts";
import { SOURCE } from "../../cli/home.ts";
import { makeProgram } from "../binary/program.ts";
import { deno, inRoot, runTask, say } from "../run.ts";
import { VERSIONS } from "../runtimes.ts";

/** The oldest Deno that the packages run in. */
const DENO = "2.9.6";

/** The licence of all three. */
const LICENSE = "Apache-2.0";

/** The oldest versions that are tested. */
const ENGINES = { node: VERSIONS.node, bun: VERSIONS.bun, deno: DENO };

interface Library {
  folder: string;
  sideEffects?: string[];
}

/** The packages that are imported; the third is a program. */
const LIBRARIES: Library[] = [
  { folder: "./", sideEffects: ["./lib/threads/thread_entry.js"] },
  { folder: "./sigstore/" },
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
  const configs = ["./", "./sigstore/", "./cli/"].map(configOf);
  const workspace = Object.fromEntries(configs.map(({ name, version }) => [name, version]));
  const tarballs: Tarballs = {};
  const write = ({ name, version }: PackageConfig, files: Files) => {
    const path = join(into, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
    writeFileSync(path, writeTarball(files));
    tarballs[name] = path;
  };
  for (const { folder, sideEffects } of LIBRARIES) {
    const config = configOf(folder);
    const pages = pagesOf(folder, config);
    const unpacked = await packedByDeno(folder);
    const files = mendPackage(unpacked.set("README.md", pages.get("README.md")!), {
      ...factsOf(folder, config),
      sideEffects,
      imports: config.imports ?? {},
      workspace,
      further: pages,
    });
    write(config, files);
  }
  const program = configOf("./cli/");
  const facts = factsOf("./cli/", program);
  const name = { ...program, license: LICENSE };
  write(program, programPackage(await makeProgram(), name, facts, pagesOf("./cli/", program)));
  return tarballs;
}

/** What `deno pack` makes of a package. */
async function packedByDeno(folder: string): Promise<Files> {
  const temporary = mkdtempSync(join(tmpdir(), "blobber-pack-"));
  try {
    const raw = join(temporary, "raw.tgz");
    const args = ["pack", "--allow-dirty", "--no-source-maps", "--output", raw];
    const { ok, output } = await deno(args, folder);
    if (!ok) throw new Error(output);
    return readTarball(readFileSync(raw));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function factsOf(folder: string, { name }: PackageConfig): ManifestFacts {
  return {
    engines: ENGINES,
    about: aboutOf(name),
    source: { url: SOURCE, folder: folder.replace(/^\.\/|\/$/g, "") },
  };
}

/** The page that npm shows, and the licence. */
function pagesOf(folder: string, { version }: PackageConfig): Files {
  const home = { url: SOURCE, tag: `v${version}`, folder: folder.replace(/^\.\/|\/$/g, "") };
  const readme = readFileSync(inRoot(`${folder}README.md`), "utf8");
  return new Map([
    ["README.md", readmeElsewhere(readme, home)],
    ["LICENSE", readFileSync(inRoot("LICENSE"), "utf8")],
  ]);
}

if (import.meta.main) {
  await runTask(async () => {
    const [into = inRoot("dist/npm"), ...more] = Deno.args;
    if (more.length > 0 || into.startsWith("-")) throw new Error("expected [DIRECTORY]");
    for (const path of Object.values(await pack(resolve(into)))) say(path);
  });
}
