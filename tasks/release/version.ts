/**
 * `deno task version [X.Y.Z]`: shows the version, or changes it in every place that has to repeat it. The one in
 * the root's `deno.json` is the version; a test compares the others with it.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot, runTask, say } from "../run.ts";
import { sectionFor } from "./changelog.ts";
import { versionOf } from "./versions.ts";

/** Files that have the version, and where in them; the first is the one that counts. */
export const PLACES: [path: string, form: RegExp][] = [
  ["deno.json", /(?<=^ {2}"version": ")[^"]+(?=",$)/gm],
  ["sigstore/deno.json", /(?<=^ {2}"version": ")[^"]+(?=",$)/gm],
  ["cli/deno.json", /(?<=^ {2}"version": ")[^"]+(?=",$)/gm],
  ["lib/version.ts", /(?<=^export const VERSION = ")[^"]+(?=";$)/gm],
  // The default of the input `version`, the one that is no name and no address.
  ["templates/push.yml", /(?<=^ {6}default: ")\d[^"]+(?="$)/gm],
  ["templates/pull.yml", /(?<=^ {6}default: ")\d[^"]+(?="$)/gm],
];

/** Reads a file of the tree. */
export type Read = (path: string) => string;

const readTree: Read = (path) => readFileSync(inRoot(path), "utf8");

/** The version of this tree. */
export function treeVersion(read: Read = readTree): string {
  return versionIn(PLACES[0]!, read);
}

/**
 * The version that a place has.
 *
 * @throws {Error} where it stands there not once
 */
export function versionIn([path, form]: [string, RegExp], read: Read = readTree): string {
  const found = read(path).match(form) ?? [];
  if (found.length !== 1) throw new Error(`${path} has ${found.length} versions, expected 1`);
  return found[0];
}

/** Changes it everywhere. */
export function writeVersion(version: string): void {
  for (const [path, form] of PLACES) {
    versionIn([path, form]);
    writeFileSync(inRoot(path), readTree(path).replace(form, version));
  }
}

if (import.meta.main) {
  await runTask(() => {
    const [word, ...more] = Deno.args;
    if (more.length > 0) throw new Error("expected one version at most");
    if (word === undefined) return say(treeVersion());
    const version = versionOf(word);
    writeVersion(version);
    say(`${version}: ${PLACES.map(([path]) => path).join(", ")}`);
    if (!existsSync(inRoot("CHANGELOG.md"))) throw new Error("there is no CHANGELOG.md");
    say(`CHANGELOG.md: ${sectionFor(readTree("CHANGELOG.md"), version).date}`);
  });
}
