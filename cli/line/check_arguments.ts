/**
 * Checks arguments against their kinds, before the command runs.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { type Argument, argumentAt, argumentOf } from "../command_table/arguments.ts";

/**
 * Refuses arguments that are not of the kind that a command takes.
 *
 * @param row of the command
 * @param args as they were written
 * @throws {BlobberError} `usage` or `invalid-reference`
 */
export async function checkArguments(
  row: { args: readonly Argument[]; variadic?: true | number },
  args: readonly string[],
): Promise<void> {
  for (const [i, text] of args.entries()) {
    const { name, refusesSelector } = argumentOf(argumentAt(row, i, args.length));
    if (!refusesSelector) continue;
    const { parseReference } = await import("@blobber/core/internal/reference");
    const { tag, digest } = parseReference(text);
    if (tag === undefined && digest === undefined) continue;
    throw new BlobberError("usage", `${quote(text)} is not a repository`, {
      hint: `leave out the ${tag === undefined ? "digest" : "tag"}: ${name} is a repository`,
    });
  }
}
