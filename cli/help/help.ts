/**
 * Help, made from the two tables.
 *
 * @module
 */

import { type Command, COMMAND_GROUPS, COMMANDS, subcommands } from "../command_table/table.ts";
import { isShown, usageOf } from "../line/parse.ts";
import { appliesTo, GROUPS, type Setting, SETTING_NAMES, settingOf } from "../settings/table.ts";
import { type Topic, TOPICS } from "./topics.ts";
import { showValue } from "../line/values.ts";
import { fold, table } from "../terminal/wrap.ts";

/** The narrowest and the widest that text is set, for reading. */
const MIN_COLUMNS = 40, MAX_COLUMNS = 100;
/** Names that are longer have their text below them. */
const MAX_NAME_COLUMNS = 30;

/**
 * Help for the program.
 *
 * @param columns width of the terminal
 */
export function programHelp(columns: number): string {
  const parts = [
    paragraph(
      "blobber pushes directories to OCI registries, pulls them back, reads single files out of " +
        "them, and proves with Sigstore who made them.",
      columns,
    ),
    commandLines("Usage", ["COMMAND [ARGUMENTS] [FLAGS]"], columns),
  ];
  for (const [group, title] of Object.entries(COMMAND_GROUPS)) {
    const rows = COMMANDS
      .filter((c) => c.group === group && !c.hidden && !c.name.includes(" "))
      .map((c): [string, string] => [c.name, c.summary]);
    if (rows.length > 0) parts.push(section(title, rows, columns));
  }
  const topics = TOPICS.map(({ name, summary }): [string, string] => [name, summary]);
  parts.push(section("Topics (blobber help TOPIC)", topics, columns));
  parts.push(...flagSections("", columns));
  parts.push(paragraph(
    "Flags may stand before or after the command. blobber COMMAND --help shows those of a command.",
    columns,
  ));
  return parts.join("\n\n") + "\n";
}

/**
 * Help for one command.
 *
 * @param command which
 * @param columns width of the terminal
 */
export function commandHelp(command: Command, columns: number): string {
  const sentence = command.summary[0]!.toUpperCase() + command.summary.slice(1) + ".";
  const parts = [
    paragraph(sentence, columns),
    commandLines("Usage", [`${usageOf(command)} [FLAGS]`], columns),
  ];
  if (command.aliases) parts.push(`Aliases:\n  ${command.aliases.join(", ")}`);
  for (const detail of command.details ?? []) parts.push(paragraph(detail, columns));
  if (command.examples) parts.push(commandLines("Examples", command.examples, columns));
  const below = subcommands(command.name).map((c): [string, string] => [usageOf(c), c.summary]);
  if (below.length > 0) parts.push(section("Commands", below, columns));
  parts.push(...flagSections(command.name, columns));
  return parts.join("\n\n") + "\n";
}

/**
 * A topic.
 *
 * @param topic which
 * @param columns width of the terminal
 */
export function topicHelp({ parts }: Topic, columns: number): string {
  return parts().map((part) =>
    typeof part === "string" ? paragraph(part, columns) : section(part.title, part.rows, columns)
  ).join("\n\n") + "\n";
}

/** Sections of flags that a command takes; for the program itself, those of every command. */
function flagSections(command: string, columns: number): string[] {
  return Object.entries(GROUPS).flatMap(([group, title]) => {
    const rows = SETTING_NAMES.map(settingOf)
      .filter((s) => s.group === group && isShown(s) && appliesTo(s, command))
      .map((s): [string, string] => [flagUsage(s), flagHelp(s)]);
    return rows.length === 0 ? [] : [section(title, rows, columns)];
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

/** A section of help: names, and what they mean. */
function section(title: string, rows: [string, string][], columns: number): string {
  const lines = table(rows, {
    columns: readable(columns),
    indent: 2,
    most: MAX_NAME_COLUMNS,
    below: 8,
  });
  return [`${title}:`, ...lines].join("\n");
}

/** Command lines, which stay what a shell reads where they are broken. */
function commandLines(title: string, lines: readonly string[], columns: number): string {
  const setting = { columns: readable(columns), hang: 4, mark: " \\" };
  return [`${title}:`, ...lines.map((line) => fold(`  blobber ${line}`, setting))].join("\n");
}

function paragraph(text: string, columns: number): string {
  return fold(text, { columns: readable(columns) });
}

function readable(columns: number): number {
  return Math.min(Math.max(columns, MIN_COLUMNS), MAX_COLUMNS);
}
