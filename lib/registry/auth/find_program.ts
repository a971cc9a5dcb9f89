/**
 * Which file is started for the name of a program, where the system's own search is not safe: Windows looks into
 * the current directory first, which may be one that was just downloaded, and runs a script (`.cmd`, `.bat`)
 * through a shell, which takes parts of its arguments for commands.
 *
 * @module
 */

import { statSync } from "node:fs";
import { isAbsolute, platform } from "../../system/platform.ts";

/** What was found. */
export interface FoundProgram {
  /** What to start; nothing where there is none. */
  path: string | undefined;
  /** A script of that name, which is not started. */
  script?: string;
}

/**
 * Finds a program in the directories of the PATH: none that depends on where this process is, and nothing but a
 * program of the system's own format.
 *
 * @param name without an ending, and without a directory
 * @param variables the environment
 * @returns the name itself where the system's own search does no more than that
 */
export function findProgram(
  name: string,
  variables: Readonly<Record<string, string | undefined>>,
): FoundProgram {
  const { programEnding, scriptEndings } = platform();
  if (programEnding === "") return { path: name };
  let script: string | undefined;
  for (const directory of directoriesIn(variables)) {
    const at = `${directory}/${name}`;
    if (isFile(at + programEnding)) return { path: at + programEnding };
    script ??= scriptEndings.map((ending) => at + ending).find(isFile);
  }
  return script === undefined ? { path: undefined } : { path: undefined, script };
}

/**
 * Directories of the PATH, which is named in any case; some are in quotes. What is left out depends on where this
 * process is: relative paths, no path at all, and on Windows a path without a drive or a server.
 */
function directoriesIn(variables: Readonly<Record<string, string | undefined>>): string[] {
  const [, path = ""] = Object.entries(variables).find(([name]) => /^path$/i.test(name)) ?? [];
  return path.split(platform().pathSeparator)
    .map((directory) => directory.replaceAll('"', ""))
    .filter(isAbsolute)
    .map((directory) => directory.replace(/[\\/]+$/, ""));
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
