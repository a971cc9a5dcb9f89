/**
 * `help`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import { findCommand } from "../commands.ts";
import type { Context } from "../context.ts";
import { commandHelp, programHelp } from "../help.ts";
import { columnsOf } from "../output.ts";

/** Shows help for a command. */
export async function run({ args, out }: Context): Promise<void> {
  const columns = columnsOf(Deno.stdout);
  const found = findCommand(args);
  if (args.length > 0 && (found === undefined || found.args.length > 0)) {
    throw new BlobberError("usage", `unknown command: ${quote(args.join(" "))}`, {
      hint: "blobber --help lists the commands",
    });
  }
  const text = found === undefined ? programHelp(columns) : commandHelp(found.command, columns);
  await out.result({ help: text }, text);
}
