/**
 * How each command that tells what is there is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  tags: async () => (await import("./tags.ts")).runTags,
  repos: async () => (await import("./repos.ts")).runRepos,
  resolve: async () => (await import("./resolve.ts")).runResolve,
  inspect: async () => (await import("./inspect.ts")).runInspect,
  tree: async () => (await import("./tree.ts")).runTree,
  digest: async () => (await import("./digest.ts")).runDigest,
} satisfies Partial<Record<CommandName, LoadCommand>>;
