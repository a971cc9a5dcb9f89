/**
 * How each command of artifacts is loaded: late, when it is run.
 *
 * @module
 */

import type { CommandName } from "../../command_table/table.ts";
import type { LoadCommand } from "../../context.ts";

/** By name, as in the table of commands. */
export const LOADERS = {
  push: async () => (await import("./push.ts")).runPush,
  pull: async () => (await import("./pull.ts")).runPull,
  ls: async () => (await import("./ls.ts")).runLs,
  cat: async () => (await import("./cat.ts")).runCat,
  cp: async () => (await import("./cp.ts")).runCp,
  copy: async () => (await import("./copy.ts")).runCopy,
  digest: async () => (await import("./digest.ts")).runDigest,
  tag: async () => (await import("./tag.ts")).runTag,
} satisfies Partial<Record<CommandName, LoadCommand>>;
