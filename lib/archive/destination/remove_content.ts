/**
 * Removes what is in a directory of ours, whatever modes it has. The directory is private and held, so that
 * no other user can put anything in the way.
 *
 * @module
 */

import { chmod, readdir, rm } from "node:fs/promises";
import type { HeldDirectory } from "../../system/held_directory.ts";

/**
 * Removes everything in a directory.
 *
 * @param dir a private directory
 * @param except a name that stays
 */
export async function removeContent(dir: HeldDirectory, except: string): Promise<void> {
  for (const name of dir.names()) {
    if (name === except) continue;
    const path = dir.entry(name);
    try {
      await rm(path, { recursive: true, force: true });
    } catch { // a directory that may not be written to
      await openUp(path);
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function openUp(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(`${path}/${entry.name}`);
  }
}
