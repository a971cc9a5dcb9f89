/**
 * `deno task release [--dry] [--only STEP,…] [--dir DIR] [--places FILE] [VERSION-OR-TAG]`: makes a release and
 * publishes it, or does the steps that are named. Files that steps pass on are in `dist/release/`.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { sources } from "../binary/sources.ts";
import { inRoot, runTask, say } from "../run.ts";
import { plan } from "./plan.ts";
import { readPlaces, REAL } from "./places.ts";
import { demandSame, type Facts, type Release } from "./state.ts";
import { demandTagged, type Step, STEPS } from "./steps.ts";
import { treeVersion } from "./version.ts";
import { isStable, versionOf } from "./versions.ts";

/** The step that a dry run leaves out unless it is named, though it sends nothing: it takes its time. */
const NOT_IN_DRY = "gate";

await runTask(async () => {
  const { values, positionals: [word, ...more] } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      dry: { type: "boolean", default: false },
      only: { type: "string" },
      dir: { type: "string", default: inRoot("dist/release") },
      places: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return showHelp();
  if (more.length > 0 || (word === undefined && !values.dry)) {
    throw new Error("expected one version, such as v1.2.3");
  }
  const release = releaseOf(versionOf(word ?? treeVersion()), {
    dir: resolve(values.dir),
    dry: values.dry,
    places: values.places === undefined ? REAL : readPlaces(values.places),
  });
  try {
    for (const step of chosen(values.only, values.dry)) {
      say(`${step.name}: ${step.about}`);
      // As the tree is by now: the step before may have changed it, a test of the gate too.
      release.sources = sources();
      demandTagged(release, step);
      await step.run(release);
    }
    if (values.dry && values.only === undefined) await plan(release);
  } catch (error) {
    // What a dry run passed over may be the reason.
    for (const problem of values.dry ? release.problems : []) say(`- ${problem}`);
    throw error;
  }
});

function showHelp(): void {
  for (const { name, about, sends } of STEPS) say(`${sends ? "*" : " "} ${name}: ${about}`);
  say("* sends something, and is left out with --dry");
}

/** The steps that are named, in their own order; all of them where none is. */
function chosen(only: string | undefined, dry: boolean): Step[] {
  const names = only?.split(",");
  for (const name of names ?? []) {
    if (STEPS.every((step) => step.name !== name)) throw new Error(`no step "${name}"`);
  }
  const steps = STEPS.filter(({ name }) => names?.includes(name) ?? !(dry && name === NOT_IN_DRY));
  return steps.filter(({ sends }) => !(dry && sends));
}

function releaseOf(
  version: string,
  { dir, dry, places }: Pick<Release, "dir" | "dry" | "places">,
): Release {
  const state = sources();
  const { commit, time } = state;
  const facts: Facts = { version, tag: `v${version}`, commit, time, stable: isStable(version) };
  if (!dry) demandSame(dir, facts);
  return { ...facts, dir, dry, places, sources: state, problems: [] };
}
