/**
 * The steps before anything is made: the gate, and whether this tree is what its tag says.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { git } from "../binary/sources.ts";
import { deno, inRoot } from "../run.ts";
import { sectionFor } from "./changelog.ts";
import { at, PATHS, type Release, write } from "./state.ts";
import { treeVersion } from "./version.ts";

/** Runs the gate, and writes down for which commit it held. */
export async function gate(release: Release): Promise<void> {
  const { sources: { changed, commit } } = release;
  if (changed.length > 0) throw new Error(`the tree is not as ${commit} has it: ${changed[0]}`);
  const { ok, output } = await deno(["task", "--quiet", "ok"]);
  if (!ok) throw new Error(`the gate does not hold\n${output}`);
  write(release, PATHS.gate, JSON.stringify({ commit }) + "\n");
}

/** Finds what would keep the release from being made, and writes down what it is of. */
export function check(release: Release): void {
  const { version, tag, commit, time, stable, problems, dry } = release;
  problems.push(...problemsOf(release));
  if (problems.length > 0 && !dry) throw new Error(problems.join("\n"));
  const facts = { version, tag, commit, time, stable };
  write(release, PATHS.facts, JSON.stringify(facts, null, 2) + "\n");
}

function problemsOf(release: Release): string[] {
  const { version, tag, commit, sources: { changed } } = release;
  const problems: string[] = [];
  if (changed.length > 0) {
    problems.push(`the tree is not as its commit has it: ${changed.length} files, ${changed[0]}`);
  }
  const own = treeVersion();
  if (own !== version) {
    problems.push(
      `the tree has version ${own}, the release is of ${version}: deno task version ${version} writes it`,
    );
  }
  if (tagged(tag) !== commit) problems.push(`the tag ${tag} does not name ${commit}`);
  if (gateCommit(release) !== commit) problems.push(`the gate did not hold for ${commit}`);
  try {
    sectionFor(readFileSync(inRoot("CHANGELOG.md"), "utf8"), version);
  } catch (error) {
    problems.push((error as Error).message);
  }
  return problems;
}

/** The commit of a tag, or nothing. */
function tagged(tag: string): string | undefined {
  try {
    return git(["rev-parse", "--verify", "--quiet", `refs/tags/${tag}^{commit}`]).trim();
  } catch {
    return undefined;
  }
}

function gateCommit(release: Release): string | undefined {
  const path = at(release, PATHS.gate);
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { commit?: string }).commit;
}
