/**
 * Reads a receipt from a file, and tells one from any other file.
 *
 * @module
 */

import { lstatSync } from "node:fs";
import { BlobberError } from "../errors.ts";
import { MAX_RECEIPT_BYTES } from "../limits.ts";
import type { CallOptions } from "../store.ts";
import { isReceipt, parseReceipt, type Receipt } from "../stores/receipt/receipt.ts";
import { readInput } from "../system/input_file.ts";
import { errnoOf, fileError } from "../system/system_error.ts";
import { quote } from "../text/printable.ts";

/**
 * Reads a receipt.
 *
 * @param path the file
 * @throws {BlobberError} `file-system`, `invalid-receipt`
 */
export async function readReceipt(path: string, { signal }: CallOptions = {}): Promise<Receipt> {
  const { bytes } = await readInput(path, {
    limit: MAX_RECEIPT_BYTES,
    signal,
    fail: (why, cause) =>
      new BlobberError("file-system", `cannot read the receipt ${quote(path)}: ${why}`, { cause }),
  });
  return await parseReceipt(bytes, path);
}

/**
 * Refuses to replace what is no receipt.
 *
 * @param path where one is to be written
 * @throws {BlobberError} `conflict`, `file-system`
 */
export async function checkReplaced(path: string, { signal }: CallOptions): Promise<void> {
  try {
    lstatSync(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) return;
    throw fileError("cannot use", path, cause);
  }
  const inTheWay = (why: string, cause: unknown) =>
    new BlobberError(
      "conflict",
      `${quote(path)} is there and ${why}, expected a receipt or nothing`,
      {
        cause,
        hint: "name another file; only a receipt is replaced by one",
      },
    );
  const { bytes } = await readInput(path, {
    ...{ limit: MAX_RECEIPT_BYTES, signal },
    fail: (why, cause) => inTheWay(`cannot be read as one: ${why}`, cause),
  });
  if (!isReceipt(bytes)) throw inTheWay("is no receipt", undefined);
}
