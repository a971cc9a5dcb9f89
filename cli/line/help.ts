/**
 * Help, made from the two tables.
 *
 * @module
 */

import { type Command, COMMAND_GROUPS, COMMANDS, subcommands } from "../command_table/table.ts";
import { isShown, usageOf } from "./parse.ts";
import { appliesTo, GROUPS, type Setting, SETTING_NAMES, settingOf } from "../settings/table.ts";
import { type Topic, TOPICS } from "./topics.ts";
import { showValue } from "./values.ts";

/** The narrowest and the widest that text is set, for reading. */
const MIN_COLUMNS = 40, MAX_COLUMNS = 100;

/**
 * Help for the program.
 *
 * @param columns width of the terminal
 */
export function programHelp(columns: number): string {
  const parts = [
    "blobber pushes directories to OCI registries, pulls them back, reads single files out of " +
    "them, and proves with Sigstore who made them.",
    "Usage:\n  blobber COMMAND [ARGUMENTS] [FLAGS]",
  ];
  for (const [group, title] of Object.entries(COMMAND_GROUPS)) {
    const rows = COMMANDS
      .filter((c) => c.group === group && !c.hidden && !c.name.includes(" "))
      .map((c): [string, string] => [c.name, c.summary]);
    if (rows.length > 0) parts.push(`${title}:\n${table(rows, columns)}`);
  }
  const topics = TOPICS.map(({ name, summary }): [string, string] => [name, summary]);
  parts.push(`Topics (blobber help TOPIC):\n${table(topics, columns)}`);
  parts.push(...flagSections("", columns));
  parts.push(
    "Flags may stand before or after the command. blobber COMMAND --help shows those of a command.",
  );
  return parts.map((part) => wrap(part, columns)).join("\n\n") + "\n";
}

/**
 * Help for one command.
 *
 * @param command which
 * @param columns width of the terminal
 */
export function commandHelp(command: Command, columns: number): string {
  const sentence = command.summary[0]!.toUpperCase() + command.summary.slice(1) + ".";
  const parts = [sentence, `Usage:\n  blobber ${usageOf(command)} [FLAGS]`];
  if (command.aliases) parts.push(`Aliases:\n  ${command.aliases.join(", ")}`);
  for (const detail of command.details ?? []) parts.push(detail);
  if (command.examples) {
    parts.push(`Examples:\n${command.examples.map((e) => `  blobber ${e}`).join("\n")}`);
  }
  const below = subcommands(command.name);
  if (below.length > 0) {
    parts.push(
      `Commands:\n${table(below.map((c): [string, string] => [usageOf(c), c.summary]), columns)}`,
    );
  }
  parts.push(...flagSections(command.name, columns));
  return parts.map((part) => wrap(part, columns)).join("\n\n") + "\n";
}

/**
 * A topic.
 *
 * @param topic which
 * @param columns width of the terminal
 */
export function topicHelp({ parts }: Topic, columns: number): string {
  return parts().map((part) =>
    typeof part === "string" ? wrap(part, columns) : `${part.title}:\n${table(part.rows, columns)}`
  ).join("\n\n") + "\n";
}

/** Sections of flags that a command takes; for the program itself, those of every command. */
function flagSections(command: string, columns: number): string[] {
  return Object.entries(GROUPS).flatMap(([group, title]) => {
    const rows = SETTING_NAMES.map(settingOf)
      .filter((s) => s.group === group && isShown(s) && appliesTo(s, command))
      .map((s): [string, string] => [flagUsage(s), flagHelp(s)]);
    return rows.length === 0 ? [] : [`${title}:\n${table(rows, columns)}`];
  });
}

/** `-o, --output text|json`. */
export function flagUsage(setting: Setting): string {
  const short = setting.short === undefined ? "    " : `-${setting.short}, `;
  return `${short}--${setting.flag}${valueUsage(setting)}`;
}

function valueUsage(setting: Setting): string {
  if (setting.type === "boolean") return "";
  if (setting.values !== undefined) return ` ${setting.values.join("|")}`;
  const standard = {
    count: "N",
    duration: "TIME",
    size: "SIZE",
    directory: "DIR",
    path: "FILE",
  } as Record<string, string>;
  return ` ${setting.placeholder ?? standard[setting.type] ?? "VALUE"}`;
}

function flagHelp(setting: Setting): string {
  const { default: standard } = setting;
  if (standard === undefined || typeof standard === "boolean") return setting.help;
  return `${setting.help} [${showValue(setting, standard)}]`;
}

/** Two columns, the second wrapped; below each other where the terminal is too narrow for that. */
function table(rows: [string, string][], columns: number): string {
  const width = widthOf(columns);
  const left = Math.min(Math.max(...rows.map(([name]) => name.length)), 30);
  const indent = left + 4;
  return rows.flatMap(([name, help]) => {
    const lines = fold(help, Math.max(20, width - indent));
    const first = name.length > left
      ? [`  ${name}`, `${" ".repeat(indent)}${lines[0]}`]
      : [`  ${name.padEnd(left)}  ${lines[0]}`];
    return [...first, ...lines.slice(1).map((line) => " ".repeat(indent) + line)];
  }).join("\n");
}

/** Wraps lines that are too long; indented ones are set already. */
function wrap(text: string, columns: number): string {
  const width = widthOf(columns);
  return text.split("\n")
    .flatMap((line) => line.startsWith(" ") ? [line] : fold(line, width)).join("\n");
}

function widthOf(columns: number): number {
  return Math.min(Math.max(columns, MIN_COLUMNS), MAX_COLUMNS);
}

function fold(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
