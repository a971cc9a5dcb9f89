/**
 * How each command that reads files is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  ls: async () => (await import("./ls.ts")).runLs,
  cat: async () => (await import("./cat.ts")).runCat,
  check: async () => (await import("./check.ts")).runCheck,
  diff: async () => (await import("./diff.ts")).runDiff,
  cp: async () => (await import("./cp.ts")).runCp,
} satisfies Partial<Record<CommandName, LoadCommand>>;
