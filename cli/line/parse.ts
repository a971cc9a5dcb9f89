/**
 * The parser of command lines, straight from the table of settings.
 *
 * It is our own because the table is the one place where a flag is described: a parsing library wants its
 * own description of each, knows neither flags in front of the command nor variables nor files, and takes
 * longer to load (@stricli/core, the lightest measured, 7 ms) than the whole start-up may (4 ms over an
 * empty module).
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { nearestWord } from "@blobber/core/internal/spelling";
import { argumentOf, repeatedPlace } from "../command_table/arguments.ts";
import { type Command, COMMANDS, findCommand, subcommands } from "../command_table/table.ts";
import {
  appliesTo,
  isTakenBy,
  type Setting,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "../settings/table.ts";
import { parseValue, type SettingValue } from "./values.ts";

/** Commands named in a message; of more than these, a flag is explained elsewhere. */
const MAX_TAKERS = 6;

/** A command line, taken apart. */
export interface CommandLine {
  /** Not there when only flags were given, or `--help` asks about no command. */
  command: Command | undefined;
  args: string[];
  flags: Map<SettingName, SettingValue>;
  /** Every value of flags that may be repeated, in the order of the command line, whichever flag it is of. */
  lists: ListValue[];
}

/** A value of a flag that may be repeated. */
export interface ListValue {
  name: SettingName;
  value: string;
}

/** A command line split into flags and words, before anything is known to be right. */
export interface Split {
  words: string[];
  /** Each flag as it was written, and its value if it had one. */
  flags: { name: SettingName; written: string; value: string | undefined }[];
}

/** Finds a row by what was written: `--name` or `-n`. */
export function findFlag(written: string): SettingName | undefined {
  return SETTING_NAMES.find((name) => {
    const { flag, aliases, short } = settingOf(name);
    return flag !== undefined && written === `--${flag}` ||
      aliases?.some((alias) => written === `--${alias}`) ||
      short !== undefined && written === `-${short}`;
  });
}

/**
 * Splits a command line. Flags may stand anywhere; after `--` everything is a word.
 *
 * @param argv the arguments of the program
 * @throws {BlobberError} `usage`
 */
export function splitCommandLine(argv: readonly string[]): Split {
  const words: string[] = [];
  const flags: Split["flags"] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) {
      words.push(arg);
      // What follows belongs to the completed command line, not to this one.
      if (words.length === 1 && arg === "__complete") {
        words.push(...argv.slice(i + 1));
        break;
      }
      continue;
    }
    const long = arg.startsWith("--");
    const equals = arg.indexOf("=");
    const written = long ? (equals < 0 ? arg : arg.slice(0, equals)) : arg.slice(0, 2);
    const name = findFlag(written);
    if (name === undefined) throw unknownFlag(written, words);
    let attached: string | undefined;
    if (long) attached = equals < 0 ? undefined : arg.slice(equals + 1);
    else if (arg.length > 2) {
      if (settingOf(name).type === "boolean" && arg[2] !== "=") {
        // -lH is -l -H
        flags.push({ name, written, value: undefined });
        argv = [...argv.slice(0, i + 1), `-${arg.slice(2)}`, ...argv.slice(i + 1)];
        continue;
      }
      attached = arg.slice(arg[2] === "=" ? 3 : 2);
    }
    if (attached === undefined && settingOf(name).type !== "boolean") {
      if (i + 1 >= argv.length) {
        throw new BlobberError("usage", `flag needs an argument: ${written}`);
      }
      attached = argv[++i]!;
    }
    flags.push({ name, written, value: attached });
  }
  return { words, flags };
}

function unknownFlag(written: string, words: string[]): BlobberError {
  const found = findCommand(words);
  // A command that does not exist has no flags to check.
  if (found === undefined && words.length > 0) return unknownCommand(words[0]!);
  if (found !== undefined) {
    const wrong = unknownSubcommand(found.command, found.args);
    if (wrong !== undefined) return wrong;
  }
  const command = found?.command;
  const all = SETTING_NAMES.map(settingOf).filter((s) => s.flag !== undefined && !s.hidden);
  const fitting = command === undefined ? all : all.filter((s) => appliesTo(s, command.name));
  const word = nearestWord(written.replace(/^-+/, ""), fitting.map((s) => s.flag!));
  return new BlobberError("usage", `unknown flag: ${quote(written)}`, {
    hint: word === undefined || written.length < 3
      ? `blobber ${command === undefined ? "" : command.name + " "}--help lists the flags`
      : `did you mean --${word}?`,
  });
}

/**
 * Parses a command line.
 *
 * @param argv the arguments of the program
 * @throws {BlobberError} `usage`
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { words, flags: written } = splitCommandLine(argv);
  const found = findCommand(words);
  if (found === undefined && words.length > 0) throw unknownCommand(words[0]!);
  const wrong = found && unknownSubcommand(found.command, found.args);
  if (wrong !== undefined) throw wrong;
  const flags = new Map<SettingName, SettingValue>();
  const lists: ListValue[] = [];
  const asksHelp = found?.command.name === "help" || written.some(({ name }) => name === "help");
  for (const { name, written: flag, value } of written) {
    const command = found?.command;
    const isOfHelp = asksHelp && (command?.name === "help" || name === "all");
    if (!isOfHelp && !isTakenBy(settingOf(name), command?.name ?? "")) {
      throw notTaken(flag, command);
    }
    setFlag(flags, name, { written: flag, text: value });
    if (settingOf(name).type === "list") lists.push({ name, value: value! });
  }
  if (found === undefined) return { command: undefined, args: [], flags, lists };
  const { command, args } = found;
  if (flags.get("help") !== true) checkCount(command, args);
  return { command, args, flags, lists };
}

function setFlag(
  flags: CommandLine["flags"],
  name: SettingName,
  { written, text }: { written: string; text: string | undefined },
): void {
  const setting = settingOf(name);
  const parsed = parseValue(setting, text ?? "true");
  if ("expected" in parsed) {
    throw new BlobberError(
      "usage",
      `invalid ${setting.flag}: ${
        setting.type === "secret" ? "empty" : quote(text ?? "")
      }, expected ${parsed.expected}`,
    );
  }
  let { value } = parsed;
  if (setting.inverted) value = !value;
  const before = flags.get(name);
  if (setting.type === "list") {
    value = [...(before as string[] | undefined) ?? [], ...value as string[]];
  } else if (before !== undefined && before !== value) {
    // Otherwise the last of two contradicting flags would win silently.
    throw new BlobberError("usage", `${written} was given twice with different values`);
  }
  flags.set(name, value);
}

function notTaken(flag: string, command: Command | undefined): BlobberError {
  const name = findFlag(flag)!;
  const all = settingOf(name).commands as readonly string[];
  const takers = COMMANDS.filter((c) => !c.hidden && all.includes(c.name)).map((c) => c.name);
  return new BlobberError(
    "usage",
    command === undefined
      ? `${flag} needs a command`
      : `${flag} is not a flag of ${quote(command.name)}`,
    {
      hint: takers.length <= MAX_TAKERS
        ? `it is a flag of ${listOf(takers)}`
        : "blobber help flags says what it is for",
    },
  );
}

function unknownCommand(word: string): BlobberError {
  const names = COMMANDS.filter((c) => !c.hidden).flatMap((c) => [c.name, ...c.aliases ?? []]);
  const known = COMMANDS.find(({ elsewhere }) => elsewhere?.includes(word.toLowerCase()));
  const meant = known?.name ?? nearestWord(word, names);
  return new BlobberError("usage", `unknown command: ${quote(word)}`, {
    hint: meant === undefined ? "blobber --help lists the commands" : `did you mean "${meant}"?`,
  });
}

/** The error for a word behind `cache`, `config` or `trust` that none of their commands has. */
function unknownSubcommand(command: Command, args: string[]): BlobberError | undefined {
  const [word] = args;
  const words = subcommands(command.name).map(({ name }) => name.slice(command.name.length + 1));
  if (word === undefined || words.length === 0) return undefined;
  const meant = nearestWord(word, words);
  return new BlobberError("usage", `unknown command: ${quote(`${command.name} ${word}`)}`, {
    hint: meant === undefined
      ? `expected one of: ${words.join(", ")}`
      : `did you mean "${command.name} ${meant}"?`,
  });
}

function checkCount(command: Command, args: string[]): void {
  const least = command.required ?? command.args.length;
  const most = repeatedPlace(command) >= 0 ? Infinity : command.args.length;
  if (args.length >= least && args.length <= most) return;
  const missing = command.args.slice(args.length, least)
    .map((argument) => argumentOf(argument).name.replaceAll("|", " or "));
  throw new BlobberError(
    "usage",
    missing.length > 0 ? `missing ${listOf(missing)}` : unexpected(args.slice(most)),
    { hint: `usage: blobber ${usageOf(command)}` },
  );
}

/** Names the first argument and counts the others: what stands too far right may be a password. */
function unexpected([first, ...others]: readonly string[]): string {
  const named = quote(first!);
  return others.length === 0
    ? `unexpected argument: ${named}`
    : `unexpected arguments: ${named} and ${others.length} more`;
}

function listOf(words: readonly string[]): string {
  return new Intl.ListFormat("en").format(words);
}

/** `push DIR REF`, with optional arguments in brackets. */
export function usageOf(command: Command): string {
  const least = command.required ?? command.args.length;
  const args = command.args.map((argument, i) => {
    const { name } = argumentOf(argument);
    const dots = i === repeatedPlace(command) ? "…" : "";
    return i < least ? name + dots : `[${name}${dots}]`;
  });
  return [command.name, ...args].join(" ");
}

/** Whether a row has a flag that help and completion show. */
export function isShown(setting: Setting): boolean {
  return setting.flag !== undefined && !setting.hidden && setting.deprecated === undefined;
}
