/**
 * What a dry run shows: everything that would be published, by its digest, and what stands in the way.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { CHECKSUMS } from "../binary/checksums.ts";
import { say } from "../run.ts";
import { artifactsOf, digestOf } from "./artifacts.ts";
import { integrityOf, PACKAGES, tarballOf } from "./npm.ts";
import { identityOf } from "./places.ts";
import { at, isPlaceholder, PATHS, read, type Release } from "./state.ts";

/** Prints the plan. */
export async function plan(release: Release): Promise<void> {
  const { version, tag, commit, stable, places, problems } = release;
  say(`\nblobber ${version}, of commit ${commit}${stable ? "" : ", not stable"}`);
  say(`signed by ${identityOf(places, tag)} (${places.signer.issuer})`);
  say(`\nthe page of the release:\n${read(release, `${PATHS.page}/${CHECKSUMS}`, "checksums")}`);
  say(`npm (${places.npm}), JSR (${places.jsr}):`);
  for (const name of PACKAGES) {
    say(`@blobber/${name}@${version}  ${integrityOf(readFileSync(tarballOf(release, name)))}`);
  }
  say("\nthe registry:");
  for (const artifact of artifactsOf(release)) {
    const { repository, layout } = artifact;
    const digest = existsSync(layout) ? await digestOf(artifact) : "not made here";
    say(`${repository}:${artifact.tag}  ${digest}`);
  }
  if (stable) say(`${places.artifact}:latest  the same as ${tag}`);
  if (isPlaceholder(release)) {
    const why = readFileSync(at(release, PATHS.placeholders), "utf8").trim();
    say(
      `\nno binaries: lines of text stand in their places, and nothing of this can be published\n${why}`,
    );
  }
  say(problems.length === 0 ? "\nnothing stands in the way" : "\nbefore it can be published:");
  for (const problem of problems) say(`- ${problem}`);
}
