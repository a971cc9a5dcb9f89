/**
 * A clone of this tree as a release needs it: with a version, a section in the changelog, a commit and a tag. So
 * the tree that the tests run in may have changes.
 *
 * @module
 */

import { cpSync } from "node:fs";
import type { InputEntry } from "@blobber/core/estargz";
import type { ImageParts } from "../../tasks/images/parts.ts";
import { inRoot } from "../../tasks/run.ts";
import { must, type TempDir } from "./processes.ts";

/** What no clone has. */
const LEFT = new Set([".git", "dist", "node_modules", "bench/results"]);

/**
 * Makes one.
 *
 * @param version what its tag says
 * @returns the path, without a slash at the end, and the commit
 */
export async function releaseTree(
  dir: TempDir,
  version: string,
): Promise<{ tree: string; commit: string }> {
  const tree = dir.at("tree");
  const root = inRoot("./");
  cpSync(root, tree, { recursive: true, filter: (from) => !LEFT.has(from.slice(root.length)) });
  const changelog = `${tree}/CHANGELOG.md`;
  const text = Deno.readTextFileSync(changelog);
  const section = `## [${version}] - 2027-01-02\n\n### Added\n\n- A rehearsal.\n`;
  const [head, rest] = text.split(/(?<=^## Unreleased\n)/m) as [string, string];
  Deno.writeTextFileSync(
    changelog,
    `${head}\n${section}${rest.replace(/^[^]*?(?=^## |$(?![^]))/m, "\n")}`,
  );
  const run = (program: string, ...args: string[]) =>
    must(program, args, { cwd: tree, env: { ...AUTHOR, GIT_CONFIG_GLOBAL: "/dev/null" } });
  await run(Deno.execPath(), "task", "--quiet", "version", version);
  await run("git", "init", "--quiet", "--initial-branch=main");
  await run("git", "add", "--all");
  await run("git", "commit", "--quiet", "--message", "Rehearse");
  await run("git", "tag", `v${version}`);
  const { stdout } = await run("git", "rev-parse", "HEAD");
  return { tree, commit: stdout.trim() };
}

const AUTHOR = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

const entries = (path: string): Promise<InputEntry[]> =>
  Promise.resolve([{ type: "file", path, content: new TextEncoder().encode(path) }]);

/** What images are made of, in place of hundreds of megabytes: the real ones have tests of their own. */
export const SMALL_PARTS: ImageParts = {
  base: () => entries("etc/passwd"),
  shell: () => entries("bin/sh"),
  deno: () => entries("usr/local/bin/deno"),
  library: () => entries("deno.json"),
};
