/**
 * `completion SHELL`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { SCRIPTS } from "../../completion/scripts.ts";
import type { Context } from "../../context.ts";

/** Prints the completion script of a shell. */
export async function runCompletion({ args, out }: Context): Promise<void> {
  const shell = args[0]!;
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    throw new BlobberError(
      "usage",
      `unknown shell: ${quote(shell)}, expected ${Object.keys(SCRIPTS).join(", ")}`,
    );
  }
  await out.result({ shell, script }, script);
}
