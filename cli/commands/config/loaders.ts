/**
 * How `config` and each of its commands is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  config: async () => (await import("./show.ts")).runConfigShow,
  "config path": async () => (await import("./path.ts")).runConfigPath,
  "config init": async () => (await import("./init.ts")).runConfigInit,
  "config get": async () => (await import("./get.ts")).runConfigGet,
  "config set": async () => (await import("./set.ts")).runConfigSet,
  "config unset": async () => (await import("./unset.ts")).runConfigUnset,
} satisfies Partial<Record<CommandName, LoadCommand>>;
