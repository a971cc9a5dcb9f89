/**
 * `checksums.txt`: the digests of a release's files, in the form that `sha256sum -c` reads.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

/** Hexadecimal SHA-256 by file name. */
export type Checksums = Map<string, string>;

/** The name of the file. */
export const CHECKSUMS = "checksums.txt";

/** The SHA-256 of a file, in hexadecimal digits. */
export function sha256OfFile(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  try {
    const piece = new Uint8Array(1 << 20);
    for (let read; (read = readSync(file, piece)) > 0;) hash.update(piece.subarray(0, read));
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}

/** The text of the file, in the order of names. */
export function formatChecksums(checksums: Checksums): string {
  return [...checksums].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, digest]) => `${digest}  ${name}\n`).join("");
}

/**
 * Reads it.
 *
 * @throws {Error} for a line of another form, and for a name that stands there twice
 */
export function parseChecksums(text: string): Checksums {
  const checksums: Checksums = new Map();
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const [, digest, name] = /^([0-9a-f]{64}) [ *]([\w.-]+)$/.exec(line) ?? [];
    if (digest === undefined || name === undefined) {
      throw new Error(`${CHECKSUMS} has the line ${JSON.stringify(line)}, expected DIGEST  NAME`);
    }
    if (checksums.has(name)) throw new Error(`${CHECKSUMS} has ${name} twice`);
    checksums.set(name, digest);
  }
  return checksums;
}
