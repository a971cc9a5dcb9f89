/**
 * How `cache` and each of its commands is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  cache: async () => (await import("./info.ts")).runCacheInfo,
  "cache info": async () => (await import("./info.ts")).runCacheInfo,
  "cache clear": async () => (await import("./clear.ts")).runCacheClear,
  "cache prune": async () => (await import("./prune.ts")).runCachePrune,
} satisfies Partial<Record<CommandName, LoadCommand>>;
