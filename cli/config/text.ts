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
    bytes = readBounded(path);
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

/** Reads to the end or the limit: a pipe, as in `--config <(…)`, and a device do not tell their size. */
function readBounded(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = new Uint8Array(16 * 1024);
    const count = file.readSync(part);
    if (count === null) break;
    size += count;
    if (size > MAX_CONFIG_FILE_BYTES) {
      throw new BlobberError(
        "invalid-config",
        `${printable(path)}: it is too long, expected at most ${MAX_CONFIG_FILE_BYTES} bytes`,
      );
    }
    parts.push(part.subarray(0, count));
  }
  const whole = new Uint8Array(size);
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
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
