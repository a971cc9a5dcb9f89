/**
 * The command line as npm installs it: the program that a binary has, in a few hundred files of which a command
 * loads what it needs, and what starts it. Packages of npm are in it, so that people run the versions that were
 * tested, and nothing further is installed.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRY, type Program } from "../binary/program.ts";
import { inRoot } from "../run.ts";
import {
  type Files,
  type ManifestFacts,
  manifestOf,
  manifestText,
  type PackageName,
} from "./packed.ts";

/** What npm starts as `blobber`: plain enough for a Node that is too old to say so. */
const STARTER = "blobber.cjs";

/** Where the program is in the package. */
const FOLDER = "program";

/** The file with the licences of the packages that are in the program. */
const LICENSES = "LICENSES-OF-PACKAGES.txt";

/**
 * Makes the package.
 *
 * @param program what it runs
 * @param name what it is called
 * @param facts what its manifest says
 * @param pages further files
 */
export function programPackage(
  program: Program,
  name: PackageName,
  facts: ManifestFacts,
  pages: Files,
): Files {
  const starter = readFileSync(inRoot(`tasks/packages/${STARTER}`), "utf8");
  return new Map([
    ...pages,
    [
      "package.json",
      manifestText({ ...manifestOf(name, facts), bin: { blobber: `./${STARTER}` } }),
    ],
    [LICENSES, licencesText(packagesIn(program), name.license)],
    [STARTER, starterText(starter, facts.engines.node!)],
    ...[...program].map(([file, text]): [string, string] => [`${FOLDER}/${file}`, text]),
  ]);
}

/** The text of what npm starts, for a package whose program runs in this Node and newer ones. */
export function starterText(starter: string, oldest: string): string {
  const text = starter.replace(/(?<=^const OLDEST = )"[\d.]+"/m, `"${oldest}"`);
  if (!text.includes(`OLDEST = "${oldest}"`) || !text.includes(`"./${FOLDER}/${ENTRY}"`)) {
    throw new Error(`${STARTER} does not start ${FOLDER}/${ENTRY}, or asks for no version`);
  }
  return text;
}

/** The packages of npm whose modules are in a program, as `name/version`: it names every module that it has. */
export function packagesIn(program: Program): string[] {
  const found = new Set<string>();
  for (const text of program.values()) {
    const form = /^(?:\/\/ | {2}")npm\/((?:@[^/"\n]+\/)?[^/"\n]+\/[^/"\n]+)\//gm;
    for (const [, name] of text.matchAll(form)) found.add(name!);
  }
  return [...found].sort();
}

/** The licences of packages, from where Deno keeps them. */
function licencesText(packages: readonly string[], own: string): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  const parts = packages.map((name) => {
    const folder = readdirSync(npmCache).map((registry) => join(npmCache, registry, name))
      .find((folder) => existsSync(join(folder, "package.json")));
    if (folder === undefined) throw new Error(`${name} is not in the cache of Deno`);
    const file = readdirSync(folder).find((file) => /^licen[cs]e(?:\.\w+)?$/i.test(file));
    if (file !== undefined) return `${name}\n\n${readFileSync(join(folder, file), "utf8")}`;
    const { license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (license === own) return `${name}\n\n${own}: the text is in LICENSE\n`;
    throw new Error(
      `${name} has no text of its licence (${license}), and the program has it in it`,
    );
  });
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
