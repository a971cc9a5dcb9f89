/**
 * What Git says of ignore rules, for comparison: many lists of patterns, each about paths of its own, in one
 * process.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./tar_views.ts";

/** A list of patterns, and paths that it is asked about: directories have a slash at their end. */
export interface GitQuestion {
  lines: string[];
  paths: string[];
}

/** Whether Git is here. */
export const hasGit: boolean = (await run("git", ["--version"]))?.ok ?? false;

/**
 * Which paths Git leaves out, for each question.
 *
 * @param directory an empty one, which becomes a repository
 * @param questions each gets a directory of its own in it
 */
export async function gitVerdicts(
  directory: string,
  questions: GitQuestion[],
): Promise<boolean[][]> {
  await initialize(directory);
  const asked: string[] = [];
  for (const [i, { lines, paths }] of questions.entries()) {
    const home = join(directory, `q${i}`);
    mkdirSync(home);
    writeFileSync(join(home, ".gitignore"), lines.map((line) => `${line}\n`).join(""));
    for (const path of paths) {
      // A file does not have to be there: what is not there is none.
      const name = path.replace(/\/$/, "");
      if (name !== path) mkdirSync(join(home, name), { recursive: true });
      else if (path.includes("/")) mkdirSync(dirname(join(home, path)), { recursive: true });
      asked.push(`q${i}/${name}`);
    }
  }
  const input = new TextEncoder().encode(asked.map((path) => `${path}\0`).join(""));
  const flags = ["--stdin", "-z", "--no-index", "--verbose", "--non-matching"];
  const answer = await run("git", [...gitIn(directory), "check-ignore", ...flags], input);
  // Four fields each: file, line, pattern, path.
  const fields = answer?.text.split("\0") ?? [];
  if (fields.length !== 4 * asked.length + 1) throw new Error("git check-ignore failed");
  let at = 0;
  return questions.map(({ paths }) =>
    paths.map(() => {
      const pattern = fields[4 * at++ + 2]!;
      return pattern !== "" && !pattern.startsWith("!");
    })
  );
}

/**
 * The files that Git finds in a directory when it leaves out what `.blobberignore` there says.
 *
 * @param directory becomes a repository
 * @param ignore patterns that count first
 * @returns sorted
 */
export async function gitFiles(directory: string, ignore: string[]): Promise<string[]> {
  await initialize(directory);
  const patterns = ignore.map((pattern) => `--exclude=${pattern}`);
  const flags = ["--others", "-z", "--exclude-from=.blobberignore", ...patterns];
  const answer = await run("git", [...gitIn(directory), "ls-files", ...flags]);
  if (!answer?.ok) throw new Error("git ls-files failed");
  return answer.text.split("\0").filter((path) => path !== "").sort();
}

/** What a user or the machine configured says nothing here. */
function gitIn(directory: string): string[] {
  return ["-C", directory, "-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"];
}

async function initialize(directory: string): Promise<void> {
  const made = await run("git", [...gitIn(directory), "init", "--quiet", "--template=", directory]);
  if (!made?.ok) throw new Error("git init failed");
}
