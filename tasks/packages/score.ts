/**
 * `deno task score`: the score that JSR will give each package, with what became of each rule. Exits with 1 when one
 * has less than 100 %.
 *
 * Nothing is asked of JSR. What the sources decide is proven here. A package's description and runtimes are settings
 * on JSR, and its provenance comes of the run that publishes it: of these only what is declared can be seen, in
 * `about.ts` and in the workflow for releases.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deno, inRoot, say } from "../run.ts";
import { aboutOf } from "./about.ts";
import { configOf, FOLDERS, type PackageConfig } from "./doors.ts";
import { type Documentation, type Score, scoreOf } from "./score_rules.ts";

/** What publishes a release. */
const WORKFLOW = ".github/workflows/release.yml";

/**
 * Computes the score of one package.
 *
 * @param folder where it is, below the root
 * @returns its name, and its score
 */
export async function scorePackage(folder: string): Promise<{ name: string; score: Score }> {
  const config = configOf(folder);
  const doors = Object.values(config.exports);
  const [documented, linted] = await Promise.all([
    deno(["doc", "--json", "--quiet", ...doors], folder),
    deno(["lint", "--quiet", "--rules-tags=", "--rules-include=no-slow-types"], folder),
  ]);
  if (!documented.ok) throw new Error(documented.output);
  const { description, runtimes } = aboutOf(config.name);
  const main = config.exports["."];
  return {
    name: config.name,
    score: scoreOf({
      documentation: JSON.parse(documented.output) as Documentation,
      main: main && pathToFileURL(join(inRoot(folder), main)).href,
      readme: readmeOf(folder, config),
      slowTypes: linted.ok ? "" : linted.output.trim(),
      description,
      runtimes,
      provenance: provesOrigin(),
    }),
  };
}

function readmeOf(folder: string, { publish }: PackageConfig): string | undefined {
  const path = inRoot(`${folder}README.md`);
  const include = publish?.include;
  if (!existsSync(path) || include !== undefined && !include.includes("README.md")) {
    return undefined;
  }
  return readFileSync(path, "utf8");
}

/** JSR makes a statement of provenance when a workflow publishes that may ask for an identity token. */
function provesOrigin(): boolean {
  const path = inRoot(WORKFLOW);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, "utf8");
  return /^\s*id-token:\s*write\b/m.test(text) && !text.includes("--no-provenance");
}

/** A score in lines. */
export function scoreLines(name: string, { rules, points, most, percent }: Score): string[] {
  const width = Math.max(...rules.map(({ rule }) => rule.length));
  const from = { sources: "", settings: " (declared)", publishing: " (declared)" };
  return [
    `${name}: ${percent} % (${points} of ${most} points)`,
    ...rules.map(({ rule, points, most, by, found }) =>
      `  ${points}/${most}  ${rule.padEnd(width)}  ${found}${from[by]}`
    ),
  ];
}

if (import.meta.main) {
  const scores = await Promise.all(FOLDERS.map(scorePackage));
  for (const { name, score } of scores) for (const line of scoreLines(name, score)) say(line);
  Deno.exit(scores.every(({ score }) => score.percent === 100) ? 0 : 1);
}
