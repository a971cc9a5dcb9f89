/**
 * The text of a configuration file, and whether it can be relied on.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/printable";

/** Bytes of a configuration file: people write them by hand. */
const MAX_CONFIG_FILE_BYTES = 1024 * 1024;

/**
 * Reads the text.
 *
 * @param path where it is
 * @param optional whether it may be absent
 * @returns the text, or nothing when it may be absent and is
 * @throws {BlobberError} `invalid-config`
 */
export function readConfigText(path: string, optional: boolean): string | undefined {
  let bytes: Uint8Array;
  try {
    const { size, isFile } = Deno.statSync(path);
    // A pipe, as in `--config <(…)`, has no size.
    if (isFile && size > MAX_CONFIG_FILE_BYTES) {
      throw new BlobberError(
        "invalid-config",
        `${printable(path)}: it has ${size} bytes, expected at most ${MAX_CONFIG_FILE_BYTES}`,
      );
    }
    bytes = Deno.readFileSync(path);
  } catch (cause) {
    if (cause instanceof BlobberError) throw cause;
    const absent = cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotADirectory;
    if (optional && absent) return undefined;
    throw new BlobberError(
      "invalid-config",
      `cannot read the configuration file ${printable(path)}: ${
        absent ? "it does not exist" : printable((cause as Error).message, 200)
      }`,
      { cause },
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BlobberError("invalid-config", `${printable(path)}: it is not UTF-8`, { cause });
  }
}

/**
 * Demands that only its owner can change a file: rules that anyone can edit protect nothing.
 *
 * @param path the system's file
 * @throws {BlobberError} `invalid-config`
 */
export function assertPrivate(path: string): void {
  for (const place of [path, path.replace(/\/[^/]*$/, "") || "/"]) {
    const { mode } = Deno.statSync(place);
    if (mode !== null && (mode & 0o022) !== 0) {
      throw new BlobberError(
        "invalid-config",
        `${printable(place)} can be changed by others (mode ${
          (mode & 0o777).toString(8)
        }), expected that only its owner can`,
        { hint: `chmod go-w ${printable(place)}` },
      );
    }
  }
}
