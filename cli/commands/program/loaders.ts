/**
 * How each command of the program itself is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  version: async () => (await import("./version.ts")).runVersion,
  upgrade: async () => (await import("./upgrade.ts")).runUpgrade,
  completion: async () => (await import("./completion.ts")).runCompletion,
  login: async () => (await import("./login.ts")).runLogin,
  logout: async () => (await import("./logout.ts")).runLogout,
  help: async () => (await import("./help.ts")).runHelp,
  __complete: async () => (await import("./complete.ts")).runComplete,
} satisfies Partial<Record<CommandName, LoadCommand>>;
