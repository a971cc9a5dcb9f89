/**
 * The one table of commands. The parser, help, completion and the reference page are made from it.
 *
 * It is data and knows no command's code: how a command is loaded stands in `cli/commands/load.ts`.
 *
 * @module
 */

import { ARTIFACTS } from "./artifacts.ts";
import { LOOKING } from "./looking.ts";
import { PROGRAM } from "./program.ts";
import { READING } from "./reading.ts";
import type { CommandRow } from "./row.ts";
import { SIGNATURES } from "./signatures.ts";

/** Sections of the program's help, in their order. */
export const COMMAND_GROUPS = {
  artifacts: "Move",
  reading: "Read",
  looking: "Look",
  signatures: "Signatures and trust",
  program: "Program",
} as const;

/** Name of a section. */
export type CommandGroup = keyof typeof COMMAND_GROUPS;

/** Name of a command: one word or two. */
export type CommandName =
  | keyof typeof ARTIFACTS
  | keyof typeof READING
  | keyof typeof LOOKING
  | keyof typeof SIGNATURES
  | keyof typeof PROGRAM;

/** A row with its name and its section. */
export interface Command extends CommandRow {
  name: CommandName;
  group: CommandGroup;
}

/** Every command, section by section. */
export const COMMANDS: readonly Command[] = [
  ...commandsOf("artifacts", ARTIFACTS),
  ...commandsOf("reading", READING),
  ...commandsOf("looking", LOOKING),
  ...commandsOf("signatures", SIGNATURES),
  ...commandsOf("program", PROGRAM),
];

function commandsOf(
  group: CommandGroup,
  rows: Partial<Record<CommandName, CommandRow>>,
): Command[] {
  return Object.entries(rows).map(([name, row]) => ({ ...row, name: name as CommandName, group }));
}

/**
 * Finds the command that positional words begin with.
 *
 * @param words everything that is no flag
 * @returns the command and the words behind it, or nothing
 */
export function findCommand(
  words: readonly string[],
): { command: Command; args: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = words.length < length
      ? undefined
      : COMMANDS.find((c) => c.name === name || c.aliases?.includes(name));
    if (command !== undefined) return { command, args: words.slice(length) };
  }
  return undefined;
}

/** The commands of two words that begin with this one. */
export function subcommands(name: string): Command[] {
  return COMMANDS.filter((c) => c.name.startsWith(`${name} `));
}
