/**
 * The directory that is checked, held.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import { holdDirectory } from "../../system/hold_path.ts";
import { quote } from "../../text/printable.ts";
import type { CheckSettings } from "./settings.ts";

/**
 * Opens a directory.
 *
 * @param directory as the user wrote it
 * @throws {BlobberError} `not-found` where there is none, `file-system`
 */
export function heldDirectory(
  directory: string,
  { allowSharedDirectories: allowShared }: CheckSettings,
): HeldDirectory {
  const found = holdDirectory(directory, { allowShared });
  if (found !== undefined) return found;
  throw new BlobberError("not-found", `${quote(directory)} does not exist, expected a directory`, {
    hint: "pull makes it",
  });
}
