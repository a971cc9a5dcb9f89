/**
 * How each command that moves artifacts is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  push: async () => (await import("./push.ts")).runPush,
  pull: async () => (await import("./pull.ts")).runPull,
  copy: async () => (await import("./copy.ts")).runCopy,
  rm: async () => (await import("./rm.ts")).runRm,
  tag: async () => (await import("./tag.ts")).runTag,
} satisfies Partial<Record<CommandName, LoadCommand>>;
