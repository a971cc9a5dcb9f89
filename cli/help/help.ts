/**
 * Help, made from the two tables.
 *
 * @module
 */

import { type Command, COMMAND_GROUPS, COMMANDS, subcommands } from "../command_table/table.ts";
import { isShown, usageOf } from "../line/parse.ts";
import { appliesTo, GROUPS, type Setting, SETTING_NAMES, settingOf } from "../settings/table.ts";
import { flagRow } from "./flag_usage.ts";
import { type Topic, TOPICS } from "./topics.ts";
import { fold, table } from "../terminal/wrap.ts";

/** The narrowest and the widest that text is set, for reading. */
const MIN_COLUMNS = 40, MAX_COLUMNS = 100;
/** Names that are longer have their text below them. */
const MAX_NAME_COLUMNS = 30;
/** In fewer columns than this, the program's help leaves out what has to wrap, and sets names of commands apart. */
const NARROW = 60, NARROW_NAME_COLUMNS = 8;

/** Help of a command, or of the program: as short as it can be, or everything. */
export interface HelpOptions {
  /** The flags that commands share, too. @default false */
  all?: boolean;
}

/** What a reader who knows nothing of the program tries first. */
const FIRST_STEPS: readonly [string, string][] = [
  ["push ./site ghcr.io/acme/site:v1", "push a directory"],
  ["ls ghcr.io/acme/site:v1", "list its files"],
  ["cat ghcr.io/acme/site:v1 index.html", "read one of them"],
  ["pull ghcr.io/acme/site:v1 ./copy", "pull it back"],
];

/**
 * Help for the program: one screen, or everything that several commands have in common.
 *
 * @param columns width of the terminal
 */
export function programHelp(columns: number, { all = false }: HelpOptions = {}): string {
  const what = paragraph(
    "blobber pushes directories to OCI registries, pulls them back, reads single files out of " +
      "them, and proves with Sigstore who made them.",
    columns,
  );
  if (all) {
    const topics = TOPICS.filter(({ name }) => ["commands", "flags"].includes(name));
    return [what, topicRows(columns), ...topics.map((topic) => topicHelp(topic, columns).trimEnd())]
      .join("\n\n") + "\n";
  }
  const groups = Object.entries(COMMAND_GROUPS).map(([group, title]): [string, string] => [
    title,
    COMMANDS.filter((c) => c.group === group && !c.hidden && !c.name.includes(" "))
      .map(({ name }) => name).join(", "),
  ]);
  const isNarrow = columns < NARROW;
  const program = isNarrow ? "" : "blobber ";
  const reading: [string, string][] = [
    [`${program}help commands`, "what each of them does"],
    [`${program}help COMMAND`, "one of them, with examples and its flags"],
    [`${program}help TOPIC`, topicNames()],
  ];
  const steps = FIRST_STEPS.map(([line, text]): [string, string] => [`blobber ${line}`, text]);
  return [
    what,
    // The screen is as high as ever, and examples stand in the help of each command.
    ...isNarrow ? [] : [table(steps, { columns: readable(columns), indent: 2 }).join("\n")],
    section("Commands", groups, columns, isNarrow ? NARROW_NAME_COLUMNS : MAX_NAME_COLUMNS),
    section(isNarrow ? "Read on with blobber" : "Read on", reading, columns),
  ].join("\n\n") + "\n";
}

/** What to write for TOPIC, but for what stands in a line of its own. */
function topicNames(): string {
  return TOPICS.map(({ name }) => name).filter((name) => name !== "commands").join(", ");
}

/**
 * Help for one command: examples, usage, and its own flags. Flags that it shares with others are counted, or shown
 * where all is wanted.
 *
 * @param command which
 * @param columns width of the terminal
 */
export function commandHelp(
  command: Command,
  columns: number,
  { all = false }: HelpOptions = {},
): string {
  const sentence = command.summary[0]!.toUpperCase() + command.summary.slice(1) + ".";
  const { examples = [], details = [], aliases } = command;
  const parts = [paragraph(sentence, columns)];
  if (examples.length > 0) parts.push(commandLines("Examples", examples, columns));
  parts.push(commandLines("Usage", [`${usageOf(command)} [FLAGS]`], columns));
  if (aliases) parts.push(`Aliases:\n  ${aliases.join(", ")}`);
  for (const detail of details) parts.push(paragraph(detail, columns));
  const below = subcommands(command.name).map((c): [string, string] => [usageOf(c), c.summary]);
  if (below.length > 0) parts.push(section("Commands", below, columns));
  const groups = Object.keys(GROUPS) as (keyof typeof GROUPS)[];
  const own = groups.filter((group) => isOwn(group, command));
  for (const group of all ? groups : own) parts.push(...flagSection(group, command.name, columns));
  if (!all) parts.push(...folded(groups.filter((group) => !own.includes(group)), command, columns));
  return parts.join("\n\n") + "\n";
}

/** Whether a command's help shows a group like its own flags. */
function isOwn(group: string, { about = [] }: Command): boolean {
  return group === "command" || (about as readonly string[]).includes(group);
}

/** How many flags there are beside a command's own, and where they are explained. */
function folded(
  groups: readonly (keyof typeof GROUPS)[],
  { name }: Command,
  columns: number,
): string[] {
  const counts = groups.map((group) => [GROUPS[group], shownFlags(group, name).length] as const)
    .filter(([, count]) => count > 0)
    .map(([title, count]) => `${title.toLowerCase()} (${count})`);
  if (counts.length === 0) return [];
  const list = new Intl.ListFormat("en").format(counts);
  return [
    paragraph(
      `Also: ${list} flags. blobber help ${name} --all shows them, blobber help flags those of ` +
        "all commands.",
      columns,
    ),
  ];
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

/** A section of the flags of a group that do something for a command. */
function flagSection(group: keyof typeof GROUPS, command: string, columns: number): string[] {
  const rows = shownFlags(group, command).map((setting) => flagRow(setting, command));
  return rows.length === 0 ? [] : [section(GROUPS[group], rows, columns)];
}

function shownFlags(group: keyof typeof GROUPS, command: string): Setting[] {
  return SETTING_NAMES.map(settingOf)
    .filter((s) => (s.upFront ? "command" : s.group) === group)
    .filter((s) => isShown(s) && appliesTo(s, command));
}

/** The topics, in two columns. */
function topicRows(columns: number): string {
  const rows = TOPICS.map(({ name, summary }): [string, string] => [name, summary]);
  return section("Topics (blobber help TOPIC)", rows, columns);
}

/** A section of help: names, and what they mean. */
function section(
  title: string,
  rows: [string, string][],
  columns: number,
  most: number = MAX_NAME_COLUMNS,
): string {
  const lines = table(rows, {
    columns: readable(columns),
    indent: 2,
    most,
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
