/**
 * How each command of signatures is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  sign: async () => (await import("./sign.ts")).runSign,
  verify: async () => (await import("./verify.ts")).runVerify,
} satisfies Partial<Record<CommandName, LoadCommand>>;
