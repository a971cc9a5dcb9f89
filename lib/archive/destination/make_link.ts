/**
 * Symbolic links as this system wants them.
 *
 * @module
 */

import { symlinkSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { platform } from "../../system/platform.ts";
import { errnoOf } from "../../system/system_error.ts";
import { quote } from "../../text/printable.ts";
import { excluding } from "./disk_names.ts";

/**
 * Makes a symbolic link.
 *
 * @param target as it stands in an archive
 * @param at where the link goes
 * @param options whether it leads to a directory, and its path in the archive
 * @throws {BlobberError} `file-system` where the system lets this user make none; else the system's error
 */
export function makeLink(
  target: string,
  at: string,
  { toDirectory, path }: { toDirectory: boolean; path: string },
): void {
  const { linksHaveKinds, separators, label } = platform();
  if (!linksHaveKinds) return symlinkSync(target, at);
  try {
    symlinkSync(target.replaceAll("/", separators[0]!), at, toDirectory ? "dir" : "file");
  } catch (cause) {
    if (!["EPERM", "EACCES"].includes(errnoOf(cause) ?? "")) throw cause;
    throw new BlobberError(
      "file-system",
      `cannot make the link ${quote(path)}: ${label} lets this user make no links`,
      {
        hint: [
          "turn on Developer Mode in the settings of Windows, or leave the link out with ",
          excluding(path),
        ],
        cause,
      },
    );
  }
}
