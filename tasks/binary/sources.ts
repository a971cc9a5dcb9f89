/**
 * Which sources something is made of, as git has them.
 *
 * @module
 */

import { inRoot } from "../run.ts";

/** The state of the working tree. */
export interface Sources {
  /** The commit, 40 hexadecimal digits. */
  commit: string;
  /** When it was made, in seconds since 1970: the time of everything that is made of it. */
  time: number;
  /** Files that are not as the commit has them. */
  changed: string[];
}

/** Asks git. */
export function sources(): Sources {
  const [commit = "", time = ""] = git(["log", "-1", "--format=%H %ct"]).trim().split(" ");
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`git tells no commit: ${commit}`);
  const changed = git(["status", "--porcelain", "--untracked-files=all"]).split("\n").filter((
    line,
  ) => line !== "")
    .map((line) => line.slice(3));
  return { commit, time: Number(time), changed };
}

/** Runs git in the repository, and hands over what it prints. */
export function git(args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("git", {
    args,
    cwd: inRoot("./"),
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`git ${args.join(" ")}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
