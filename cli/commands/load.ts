/**
 * Loads the code of a command when it is run, and not before.
 *
 * @module
 */

import type { Command } from "../command_table/table.ts";
import type { LoadCommand, RunCommand } from "../context.ts";

/** The loaders of a folder, by the names of its commands. */
type Loaders = Readonly<Record<string, LoadCommand>>;

/** Folders by the section of the table, or by the word that all of their commands begin with. */
const FOLDERS: Readonly<Record<string, () => Promise<{ LOADERS: Loaders }>>> = {
  artifacts: () => import("./artifacts/loaders.ts"),
  reading: () => import("./reading/loaders.ts"),
  looking: () => import("./looking/loaders.ts"),
  signatures: () => import("./signatures/loaders.ts"),
  program: () => import("./program/loaders.ts"),
  trust: () => import("./trust/loaders.ts"),
  cache: () => import("./cache/loaders.ts"),
  config: () => import("./config/loaders.ts"),
};

/**
 * Loads a command.
 *
 * @param command its row
 */
export async function loadCommand({ group, name }: Command): Promise<RunCommand> {
  const [word] = name.split(" ");
  const { LOADERS } = await (FOLDERS[word!] ?? FOLDERS[group]!)();
  return await LOADERS[name]!();
}
