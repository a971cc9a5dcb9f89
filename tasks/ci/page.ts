/**
 * The step that makes the page of a release. It stays a draft until all files are there: what is published then is
 * never changed.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SOURCE } from "../../cli/home.ts";
import { CHECKSUMS, parseChecksums } from "../binary/checksums.ts";
import { compareVersions, isStable, isVersion, versionOf } from "../release/versions.ts";
import { inRoot, say } from "../run.ts";

/**
 * Makes it with `gh`, which runners have, as the job's `GH_TOKEN`.
 *
 * @param tag that of the release
 * @param dir the directory of the release
 */
export function makePage(tag: string, dir: string = inRoot("dist/release")): void {
  const version = versionOf(tag);
  const page = join(dir, "page");
  const files = filesOf(page);
  const pages = pagesThere();
  const own = pages.find(({ tagName }) => tagName === tag);
  if (own?.isDraft === false) {
    say(`the page of ${tag} is published, and left as it is`);
    return;
  }
  // What "latest" leads to never goes back: a mend of an older release stands beside the newest one.
  const newer = pages.some(({ tagName, isDraft }) => !isDraft && isNewer(tagName, version));
  const kind = isStable(version) ? `--latest=${!newer}` : "--prerelease";
  const says = ["--title", tag, "--notes-file", join(dir, "notes.md")];
  if (own === undefined) gh(["create", tag, "--verify-tag", "--draft", ...says]);
  gh(["upload", tag, "--clobber", ...files.map((name) => join(page, name))]);
  demandFiles(tag, files);
  // A draft that was there already may say something else.
  gh(["edit", tag, "--draft=false", kind, ...says]);
  say(`${SOURCE}/releases/tag/${tag}`);
}

/** All files of the page: those that `checksums.txt` lists, the list, and its signature. */
function filesOf(page: string): string[] {
  const listed = [...parseChecksums(readFileSync(join(page, CHECKSUMS), "utf8")).keys()];
  const expected = [...listed, CHECKSUMS, `${CHECKSUMS}.sigstore.json`].sort();
  const found = readdirSync(page).sort();
  if (found.join() !== expected.join()) {
    throw new Error(`the page has ${found.join(", ")}, expected ${expected.join(", ")}`);
  }
  return found;
}

/** Demands that a page has these files and no more: what else a draft had was made by another. */
function demandFiles(tag: string, files: string[]): void {
  const { assets } = JSON.parse(gh(["view", tag, "--json", "assets"])) as {
    assets: { name: string }[];
  };
  const others = assets.map(({ name }) => name).filter((name) => !files.includes(name));
  if (others.length === 0 && assets.length === files.length) return;
  throw new Error(
    `the draft of ${tag} has ${assets.length} files, ${
      others.join(", ") || "none"
    } of them unknown, ` +
      `expected ${files.length}: remove them, and run the job again`,
  );
}

/** The page of a release. */
interface Page {
  tagName: string;
  isDraft: boolean;
}

/** The pages that are there. A look that fails is no answer. */
function pagesThere(): Page[] {
  return JSON.parse(gh(["list", "--limit", "200", "--json", "tagName,isDraft"])) as Page[];
}

/** Whether a tag is that of a stable release which is newer than a version. */
function isNewer(tag: string, version: string): boolean {
  const other = tag.replace(/^v/, "");
  return isVersion(other) && isStable(other) && compareVersions(other, version) > 0;
}

function gh(args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("gh", {
    args: ["release", ...args],
    env: { GH_REPO: new URL(SOURCE).pathname.slice(1), GH_PROMPT_DISABLED: "1" },
    cwd: inRoot("./"),
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`gh release ${args[0]}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
