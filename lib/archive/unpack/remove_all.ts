/**
 * Removes a directory of ours and everything in it, whatever modes the content has.
 *
 * @module
 */

import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes a directory; what cannot be removed stays, and the next run tries again. */
export async function removeAll(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch { // a directory that may not be written to
    try {
      await openUp(path);
      await rm(path, { recursive: true, force: true });
    } catch { // not ours any more, or a file system that went away
    }
  }
}

async function openUp(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(path, entry.name));
  }
}
