/**
 * The reference page, `docs/reference.md`, made from the tables of the code. Run as a program, it writes the page:
 *
 *     deno run -A cli/reference/page.ts
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { CODES, STATUS } from "@blobber/core/errors";
import { COMMAND_GROUPS, COMMANDS } from "../command_table/table.ts";
import { flagUsage } from "../help/flag_usage.ts";
import { usageOf } from "../line/parse.ts";
import { SHAPES } from "./shapes.ts";
import {
  appliesTo,
  GROUPS,
  helpIn,
  type Setting,
  SETTING_NAMES,
  settingOf,
  variablesOf,
} from "../settings/table.ts";
import { showValue } from "../line/values.ts";

/** Makes the page, before formatting. */
export function referencePage(): string {
  return [
    "# Reference",
    "Generated from the tables of the code by `deno run -A cli/reference/page.ts`; a test compares them.",
    ...commands(),
    ...settings(),
    ...registries(),
    ...results(),
    ...statuses(),
  ].join("\n\n") + "\n";
}

function commands(): string[] {
  const shown = COMMANDS.filter(({ hidden }) => !hidden);
  const everywhere = SETTING_NAMES.map(settingOf).filter((s) => s.everywhere)
    .map((s) => `\`--${s.flag}\``);
  return [
    "## Commands",
    "Flags may stand before or after the command. A command lists the flags that do something for it: its own " +
    "by name, and those that commands share by their group.",
    `${
      new Intl.ListFormat("en").format(everywhere)
    } are taken by every command, so that an alias or a script can have them in front of ` +
    "any, and act where they are listed.",
    ...Object.entries(COMMAND_GROUPS).flatMap(([group, title]) => [
      `### ${title}`,
      ...shown.filter((c) => c.group === group).flatMap((command) => {
        return [
          `#### \`${usageOf(command)}\``,
          `${capital(command.summary)}.`,
          ...command.aliases === undefined ? [] : [`Also: ${code(command.aliases)}.`],
          ...command.details ?? [],
          ...flagsOf(command.name),
          ...command.examples === undefined
            ? []
            : ["```sh\n" + command.examples.map((e) => `blobber ${e}`).join("\n") + "\n```"],
        ];
      }),
    ]),
  ];
}

/** Groups that are said once, in the tables of settings. */
const SHARED = ["signing", "verification", "limits", "connection", "cache", "general"];

/** The flags of a command: by name, and of groups that all of them share by the group's. */
function flagsOf(command: string): string[] {
  const shown = SETTING_NAMES.map(settingOf).filter((s) => s.flag !== undefined && !s.hidden);
  const named = (rows: Setting[]) => rows.map((s) => `\`--${s.flag}\``).join(", ");
  const taken = shown.filter((s) => appliesTo(s, command));
  const own = taken.filter((s) => !SHARED.includes(s.group));
  const shared = SHARED.flatMap((group) => {
    const all = shown.filter((s) => s.group === group && !["version", "dir"].includes(s.flag!));
    const some = taken.filter((s) => s.group === group);
    if (some.length === 0) return [];
    if (some.length < all.length / 2) return [`${group} (${named(some)})`];
    const missing = all.filter((s) => !some.includes(s));
    return [missing.length === 0 ? group : `${group} (not ${named(missing)})`];
  });
  return [
    ...own.length === 0 ? [] : [`Flags: ${named(own)}.`],
    `Shared: ${shared.join(", ")}.`,
  ];
}

function settings(): string[] {
  const rows = SETTING_NAMES.map(settingOf).filter(({ hidden }) => !hidden);
  return [
    "## Settings",
    "A flag wins over a variable, a variable over the user's file, that over the system's " +
    "(`/etc/blobber/config.yaml`), and that over the default. The user's file is " +
    "`$XDG_CONFIG_HOME/blobber/config.yaml`, or the one that `--config` names. Nothing is read from " +
    "the working directory; unknown keys and invalid values are errors.",
    ...Object.entries(GROUPS).flatMap(([group, title]) => [
      `### ${title}`,
      table(
        ["flag", "variable", "key", "default", "what it does"],
        rows.filter((s) => s.group === group).map((s) => [
          s.flag === undefined ? "" : `\`${flagUsage(s).trim()}\``,
          code(variablesOf(s)),
          s.key === undefined ? "" : `\`${s.key}\``,
          standardOf(s),
          [
            helpIn(s),
            ...Object.entries(s.helpOf ?? {}).map(([of, help]) => `with \`${of}\`: ${help}`),
          ]
            .join("; "),
        ]),
      ),
    ]),
  ];
}

function standardOf(setting: Setting): string {
  const { default: standard } = setting;
  return standard === undefined ? "" : `\`${showValue(setting, standard)}\``;
}

function registries(): string[] {
  return [
    "### Single registries",
    "A block for a host sets `insecure`, `insecure-skip-tls-verify` and `ca-file` for that host, " +
    "instead of the settings of these names:",
    "```yaml\nregistries:\n  registry.example.com:5000:\n    ca-file: /etc/ssl/example.pem\n```",
  ];
}

function results(): string[] {
  return [
    "## Results in JSON",
    "With `-o json` a result is one JSON document on one line, with `version: 1`. The version is " +
    "raised when a field is removed or changes its meaning; fields may be added. An error leaves stdout " +
    'empty and is `{"error": {"code", "message", "hint", "exitStatus"}}` on stderr, where notices are ' +
    '`{"notice": {"level", "code", "message"}}` and progress, with `--progress json`, is ' +
    '`{"progress": {"phase", "done", "total", "unit", "finished"}}`, one document on a line each.',
    ...Object.entries(SHAPES).flatMap(([command, fields]) => [
      `### \`${command}\``,
      table(["field", "what it is"], Object.entries(fields).map(([k, v]) => [`\`${k}\``, v])),
    ]),
  ];
}

function statuses(): string[] {
  const codesOf = (name: string) =>
    Object.entries(CODES).filter(([, row]) => row === name).map(([code]) => code);
  return [
    "## Exit statuses",
    table(
      ["status", "meaning", "error codes"],
      Object.entries(STATUS).map(([name, { status, meaning }]) => [
        String(status),
        meaning,
        code(codesOf(name)),
      ]),
    ),
  ];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

/** The page as `deno fmt` leaves it. */
export function formattedPage(): string {
  const args = ["fmt", "--line-width", "100", "--ext", "md", "-"];
  return execFileSync(process.execPath, args, { input: referencePage(), encoding: "utf8" });
}

if (import.meta.main) {
  writeFileSync(new URL("../../docs/reference.md", import.meta.url), formattedPage());
}
