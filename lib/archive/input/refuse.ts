/**
 * Files that are never to be part of what is pushed, such as the key that signs it.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import type { IgnoreRules } from "../../text/ignore_rules.ts";
import { quote } from "../../text/printable.ts";
import { type FileStat, statLink } from "../../system/runtime.ts";
import { readError, sameStamp } from "./source_file.ts";
import { errnoOf } from "../../system/system_error.ts";

/** What is behind the names, links followed. */
export class Refused {
  readonly #files: { file: string; stat: FileStat }[] = [];

  /**
   * @param paths the files; one that is not there cannot be pushed
   * @throws {BlobberError} `file-system` for one that cannot be looked at
   */
  constructor(paths: readonly string[]) {
    for (const path of paths) {
      try {
        const file = realpathSync(path);
        this.#files.push({ file, stat: statLink(file) });
      } catch (cause) {
        if (!["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) throw readError(path, cause);
      }
    }
  }

  /**
   * Looks at a directory before anything in it is read or sent.
   *
   * @param base its real path
   * @param ignoring what is left out of it
   * @throws {BlobberError} `private-key`
   */
  checkRoot(base: string, ignoring?: IgnoreRules): void {
    const prefix = base.endsWith("/") ? base : `${base}/`;
    for (const { file } of this.#files) {
      const path = file.replaceAll("\\", "/");
      const root = prefix.replaceAll("\\", "/");
      if (!path.startsWith(root)) continue;
      const below = path.slice(root.length);
      if (!ignoring?.excludes(below, false)) throw fileRefused(below);
    }
  }

  /**
   * Looks at a file: under another name, or through another mount, it is the same.
   *
   * @param path in the archive
   * @param stat what the walk saw
   * @throws {BlobberError} `private-key`
   */
  check(path: string, stat: FileStat): void {
    if (stat.inode === 0) return;
    if (this.#files.some((one) => sameStamp(one.stat, stat))) throw fileRefused(path);
  }
}

function fileRefused(path: string): BlobberError {
  return new BlobberError(
    "private-key",
    `cannot push ${quote(path)}: it is a file that must not be pushed, such as the signing key`,
    { hint: "move it out of the directory" },
  );
}
