/**
 * SPDX's own validator for lists of components, from PyPI: in a directory of the cache, where it can be had.
 *
 * @module
 */

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { exec, type Ran } from "./processes.ts";

const PACKAGE = "spdx-tools==0.8.5";

const FOLDER = join(
  Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"),
  "blobber-peers",
  PACKAGE.replace("==", "-"),
);

/**
 * Validates a document.
 *
 * @returns what the validator said, or why there is none
 */
export async function validateSpdx(path: string): Promise<Ran | string> {
  try {
    if (!existsSync(FOLDER)) {
      const fresh = `${FOLDER}.${Deno.pid}`;
      mkdirSync(fresh, { recursive: true });
      const args = ["-m", "pip", "install", "--quiet", "--target", fresh, PACKAGE];
      const { code, stderr } = await exec("python3", args);
      if (code !== 0) {
        rmSync(fresh, { recursive: true });
        return stderr.trim().split("\n").at(-1)!;
      }
      renameSync(fresh, FOLDER);
    }
    const module = "spdx_tools.spdx.clitools.pyspdxtools";
    return await exec("python3", ["-m", module, "-i", path], { env: { PYTHONPATH: FOLDER } });
  } catch (error) {
    return (error as Error).message;
  }
}
