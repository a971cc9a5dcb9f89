/**
 * Candidates for the next word of an unfinished command line.
 *
 * @module
 */

import { type ArgumentKind, argumentOf, repeatedPlace } from "../command_table/arguments.ts";
import { type Command, COMMANDS, findCommand, subcommands } from "../command_table/table.ts";
import { findFlag, isShown } from "../line/parse.ts";
import {
  appliesTo,
  helpIn,
  isTakenBy,
  type Setting,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  valuesIn,
} from "../settings/table.ts";
import { parseValue, type SettingValue } from "../line/values.ts";

/** A word that fits, and what it is. */
export interface Candidate {
  value: string;
  help?: string;
}

/** What the shell is told beside the candidates. */
export type Directive = "" | "nospace" | "files" | "dirs";

/** Candidates and how the shell is to treat them. */
export interface Completion {
  candidates: Candidate[];
  directive: Directive;
}

/** What has to be looked up outside the program's own tables. */
export interface Lookup {
  kind: ArgumentKind;
  /** The word so far. */
  word: string;
  command: Command;
  /** The arguments before it. */
  args: string[];
  flags: Map<SettingName, SettingValue>;
}

const NOTHING: Completion = { candidates: [], directive: "" };

/**
 * Finds candidates.
 *
 * @param words the command line without the program's name; the last word is the one to complete
 * @param look finds tags, paths and the like
 */
export async function completeWords(
  words: readonly string[],
  look: (lookup: Lookup) => Promise<Completion>,
): Promise<Completion> {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { positional, flags, open, literal } = read(before);
  const found = findCommand(positional);
  const name = found?.command.name ?? "";
  if (open !== undefined) return valuesOf(settingOf(open), word, { command: name });
  if (!literal && word.startsWith("-")) {
    const equals = word.indexOf("=");
    if (equals > 0) {
      const flag = findFlag(word.slice(0, equals));
      if (flag === undefined) return NOTHING;
      return valuesOf(settingOf(flag), word.slice(equals + 1), {
        prefix: word.slice(0, equals + 1),
        command: name,
      });
    }
    return flagsOf(name, word, flags);
  }
  if (found === undefined) {
    return positional.length > 0 ? NOTHING : fitting(commandCandidates(), word);
  }
  const { command, args } = found;
  if (args.length === 0) {
    const below = subcommands(command.name);
    if (below.length > 0) {
      return fitting(
        below.map(({ name, summary }) => ({
          value: name.slice(command.name.length + 1),
          help: summary,
        })),
        word,
      );
    }
  }
  const repeated = repeatedPlace(command);
  const named = command.args[args.length] ?? (repeated < 0 ? undefined : command.args.at(-1));
  if (named === undefined) return NOTHING;
  const { kind, offers, values } = argumentOf(named);
  // Another of those that may be repeated, or what stands behind them: a path begins as one of this machine does,
  // or fits to nothing else.
  if (repeated >= 0 && args.length > repeated && !/^(?:$|[.~]{0,2}\/)/.test(word)) {
    const again = argumentOf(command.args[repeated]!);
    if (again.offers === "lookup" && again.kind !== kind) {
      const looking = look({ kind: again.kind, word, command, args, flags });
      const found = await looking.catch(() => NOTHING); // the other is offered all the same
      if (found.candidates.length > 0) return found;
    }
  }
  if (values !== undefined) return fitting(values.map((value) => ({ value })), word);
  switch (offers) {
    case "directories": {
      // What begins as a reference does is one, where both are taken.
      const both = kind === "directory-or-reference" &&
        /^(?:oci:|[^./~][^/]*[.:][^/]*\/)/.test(word);
      if (both) return await look({ kind: "reference", word, command, args, flags });
      return { candidates: [], directive: "dirs" };
    }
    case "files":
      return { candidates: [], directive: "files" };
    case "commands":
      return fitting(args.length === 0 ? await helpCandidates() : [], word);
    case "keys":
      return fitting(
        keySettings().map((setting) => ({ value: setting.key!, help: setting.help })),
        word,
      );
    case "values": {
      const setting = keySettings().find(({ key }) => key === args[0]);
      return setting === undefined ? NOTHING : valuesOf(setting, word, { spelled: true });
    }
    case "lookup": {
      const asked = { kind, word, command, args, flags };
      // One more file may be meant, where several are taken before this.
      const before = repeated < 0 ? undefined : argumentOf(command.args[repeated]!).offers;
      if (before !== "files") return await look(asked);
      const found = await look(asked).catch(() => NOTHING);
      return found.candidates.length > 0 ? found : { candidates: [], directive: "files" };
    }
    case "nothing":
      return NOTHING;
  }
}

function keySettings(): Setting[] {
  return SETTING_NAMES.map(settingOf).filter(({ key, hidden }) => key !== undefined && !hidden);
}

/** Reads the words before the last, without errors: the command line is not finished. */
function read(before: readonly string[]): {
  positional: string[];
  flags: Lookup["flags"];
  /** A flag whose value is to come. */
  open: SettingName | undefined;
  /** After `--`. */
  literal: boolean;
} {
  const positional: string[] = [];
  const flags: Lookup["flags"] = new Map();
  let literal = false;
  for (let i = 0; i < before.length; i++) {
    const word = before[i]!;
    if (literal || word === "-" || !word.startsWith("-")) {
      positional.push(word);
      continue;
    }
    if (word === "--") {
      literal = true;
      continue;
    }
    const equals = word.indexOf("=");
    const name = findFlag(equals < 0 ? word : word.slice(0, equals));
    if (name === undefined) continue;
    const setting = settingOf(name);
    let text = equals < 0 ? undefined : word.slice(equals + 1);
    if (text === undefined && setting.type !== "boolean") {
      if (i + 1 === before.length) return { positional, flags, open: name, literal };
      text = before[++i]!;
    }
    const parsed = parseValue(setting, text ?? "true");
    if ("value" in parsed) flags.set(name, setting.inverted ? !parsed.value : parsed.value);
  }
  return { positional, flags, open: undefined, literal };
}

function commandCandidates(): Candidate[] {
  return COMMANDS.filter((c) => !c.hidden && !c.name.includes(" "))
    .map(({ name, summary }) => ({ value: name, help: summary }));
}

/** What there is help for. */
async function helpCandidates(): Promise<Candidate[]> {
  const { TOPICS } = await import("../help/topics.ts");
  const topics = TOPICS.map(({ name, summary }) => ({ value: name, help: summary }));
  return [...commandCandidates(), ...topics];
}

function flagsOf(command: string, word: string, given: Lookup["flags"]): Completion {
  const candidates = SETTING_NAMES
    .filter((name) => {
      const setting = settingOf(name);
      const again = given.has(name) && setting.type !== "list";
      // In front of a command it may be meant for any.
      const fits = command === "" ? isTakenBy(setting, command) : appliesTo(setting, command);
      return isShown(setting) && fits && !again;
    })
    .map((name) => {
      const setting = settingOf(name);
      return { value: `--${setting.flag}`, help: helpIn(setting, command) };
    });
  return fitting(candidates, word);
}

function valuesOf(
  setting: Setting,
  word: string,
  { prefix = "", spelled = false, command = "" }: {
    prefix?: string;
    spelled?: boolean;
    command?: string;
  } = {},
): Completion {
  if (setting.type === "path") return { candidates: [], directive: "files" };
  if (setting.type === "directory") return { candidates: [], directive: "dirs" };
  const values = valuesIn(setting, command) ??
    (setting.type === "boolean" && (prefix !== "" || spelled) ? ["true", "false"] : []);
  return fitting(values.map((value) => ({ value: prefix + value })), prefix + word);
}

/** The candidates that begin with the word. */
function fitting(candidates: readonly Candidate[], word: string): Completion {
  return { candidates: candidates.filter(({ value }) => value.startsWith(word)), directive: "" };
}
