/**
 * How `trust` and each of its commands is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  trust: async () => (await import("./list.ts")).runTrustList,
  "trust list": async () => (await import("./list.ts")).runTrustList,
  "trust check": async () => (await import("./check.ts")).runTrustCheck,
  "trust add": async () => (await import("./add.ts")).runTrustAdd,
  "trust remove": async () => (await import("./remove.ts")).runTrustRemove,
} satisfies Partial<Record<CommandName, LoadCommand>>;
