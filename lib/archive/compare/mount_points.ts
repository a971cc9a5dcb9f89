/**
 * Where file systems are mounted, as Linux tells it: also the same one once more, at another place, which its number
 * does not tell.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { platform } from "../../system/platform.ts";

/** The paths at which something is mounted; none where the system does not tell. */
export function mountPoints(): Set<string> {
  if (!platform().hasProc) return new Set();
  try {
    return mountsIn(readFileSync("/proc/self/mountinfo", "utf8"));
  } catch { // no /proc, or the runtime keeps it from us
    return new Set();
  }
}

/**
 * The paths in a table of mounts (proc_pid_mountinfo(5)): the fifth field of each line, in which spaces and the like
 * are written as octal digits.
 */
export function mountsIn(table: string): Set<string> {
  const paths = table.split("\n").map((line) => line.split(" ")[4] ?? "");
  const plain = (path: string) =>
    path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
  return new Set(paths.filter((path) => path !== "").map(plain));
}
