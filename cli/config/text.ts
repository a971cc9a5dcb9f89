/**
 * The text of a configuration file, and whether it is there at all.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { readInput } from "@blobber/core/internal/input-file";
import { printable } from "@blobber/core/internal/printable";
import { readGuarded } from "./guarded.ts";
import { isAbsent } from "./paths.ts";

/** Bytes of a configuration file: people write them by hand. */
const MAX_CONFIG_FILE_BYTES = 1024 * 1024;
/** What stands for an empty file where no file is wanted. */
const NO_FILE = "/dev/null";

/** How to read a configuration file. */
export interface TextOptions {
  /** Whether it may be absent. */
  optional: boolean;
  /** Whether it speaks for the system, and so must be one that only root can have put there. */
  system?: boolean;
  /** Who else may own a file of the system. @default [0] */
  owners?: readonly number[] | undefined;
}

/**
 * Reads the text.
 *
 * @param path where it is
 * @param options whose it is
 * @returns the text, or nothing when it may be absent and is
 * @throws {BlobberError} `invalid-config`
 */
export async function readConfigText(
  path: string,
  options: TextOptions,
): Promise<string | undefined> {
  const { optional, system = false, owners } = options;
  const fail = (why: string, cause?: unknown) =>
    new BlobberError(
      "invalid-config",
      system
        ? `cannot trust the system's configuration ${printable(path)}: ${why}`
        : `cannot read the configuration file ${printable(path)}: ${why}`,
      { cause, ...system && { hint: HINT } },
    );
  const limits = { limit: MAX_CONFIG_FILE_BYTES, fail };
  let bytes: Uint8Array;
  if (system) {
    const found = readGuarded(path, { ...limits, ...owners !== undefined && { owners } });
    if (found === undefined) return undefined;
    bytes = found.bytes;
  } else {
    if (path === NO_FILE || (optional && isAbsent(path))) return path === NO_FILE ? "" : undefined;
    bytes = (await readInput(path, limits)).bytes;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BlobberError("invalid-config", `${printable(path)}: not UTF-8`, { cause });
  }
}

const HINT = "root must own the file and every directory and link on the way to it, " +
  "and other users must not be able to write there";
