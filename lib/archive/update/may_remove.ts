/**
 * Where nothing is removed on behalf of an image, whatever it holds: places in which far more than an artifact
 * lives, so that a wrong argument would cost it.
 *
 * @module
 */

import { lstatSync, readFileSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute } from "node:path";
import process from "node:process";
import { BlobberError } from "../../errors.ts";
import { type HeldDirectory, isSame } from "../../system/held_directory.ts";
import { quote } from "../../text/printable.ts";

/**
 * Refuses directories in which nothing may be removed.
 *
 * @param dir the destination
 * @throws {BlobberError} `usage`
 */
export function checkMayRemove(dir: HeldDirectory): void {
  const why = whyNot(dir);
  if (why === undefined) return;
  throw new BlobberError(
    "usage",
    `nothing is removed in ${
      quote(dir.path)
    }: it is ${why}, expected a directory for the artifact alone`,
    { hint: "pull into a directory of its own, or without removing anything" },
  );
}

function whyNot(dir: HeldDirectory): string | undefined {
  if (dirname(dir.path) === dir.path) return "the root of a file system";
  for (const home of homes()) {
    if (isThere(dir, home)) return "a home directory";
    if (above(home).some((path) => isThere(dir, path))) return "above a home directory";
  }
  if (above(workingDirectory()).some((path) => isThere(dir, path))) {
    return "above the working directory";
  }
  return undefined;
}

/** Whether a path leads to the directory: by whatever name. */
function isThere(dir: HeldDirectory, path: string): boolean {
  if (path === dir.path) return true;
  try {
    const there = statSync(path);
    return there.ino !== 0 && isSame(there, dir.stat);
  } catch { // it is not there, or not for us
    return false;
  }
}

/** Directories above a path, without itself. */
function above(path: string): string[] {
  const found: string[] = [];
  for (let at = dirname(path), last = path; at !== last; last = at, at = dirname(at)) {
    found.push(at);
  }
  return found;
}

/** The homes of this user, and of all that the system lists. */
function homes(): Set<string> {
  const found = new Set<string>();
  const add = (home: () => string | undefined) => {
    try {
      const path = home();
      if (path !== undefined && isAbsolute(path) && dirname(path) !== path) found.add(path);
    } catch { // the runtime or the system does not tell
    }
  };
  add(() => process.env.HOME);
  add(() => process.env.USERPROFILE);
  add(homedir);
  add(() => userInfo().homedir);
  for (const line of accounts()) {
    const [, , id, , , home] = line.split(":");
    // Accounts of services have directories like /bin and /var/www: only people, and root, live in theirs.
    if (id === "0" || Number(id) >= FIRST_PERSON) add(() => home);
  }
  return found;
}

/** The first number of a user that is a person's, as Linux distributions give them. */
const FIRST_PERSON = 1000;

function accounts(): string[] {
  try {
    return lstatSync("/etc/passwd").size > 1_000_000
      ? []
      : readFileSync("/etc/passwd", "utf8").split("\n");
  } catch {
    return [];
  }
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch { // it is gone
    return "/";
  }
}
