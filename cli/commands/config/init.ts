/**
 * `config init`.
 *
 * @module
 */

import { writeWhole } from "../../config/edit.ts";
import { editedPath } from "../../config/paths.ts";
import type { Context } from "../../context.ts";
import { helpIn, SETTING_NAMES, settingOf } from "../../settings/table.ts";
import { showValue } from "../../line/values.ts";

/** Creates the configuration file, with every setting explained and none of them set. */
export async function runConfigInit({ settings, env, out }: Context): Promise<void> {
  const path = editedPath(settings.get("config"), env);
  writeWhole(path, template(), { fresh: true });
  await out.sentences({ path, created: true }, `Created configuration file: ${path}`);
}

function template(): string {
  const lines = [
    "# Configuration of blobber. Flags and BLOBBER_* variables win over this file.",
    "# Lines in comments show the default, or what kind of value is expected.",
  ];
  let section: string | undefined;
  const rows = SETTING_NAMES.map(settingOf).filter((s) => s.key !== undefined && !s.hidden)
    .toSorted((a, b) => sectionOf(a.key!).localeCompare(sectionOf(b.key!)));
  for (const setting of rows) {
    const key = setting.key!;
    const name = sectionOf(key);
    if (name !== section) {
      lines.push("");
      if (name !== "") lines.push(`# ${name}:`);
      section = name;
    }
    const { default: standard } = setting;
    const value = standard === undefined
      ? ` # ${setting.placeholder ?? "N"}`
      : ` ${showValue(setting, standard)}`;
    const indent = name === "" ? "" : "  ";
    const text = setting.keyHelp ?? helpIn(setting);
    const help = setting.values === undefined ? text : `${text} (${setting.values.join("|")})`;
    lines.push(`# ${indent}# ${help}`, `# ${indent}${key.slice(key.indexOf(".") + 1)}:${value}`);
  }
  return lines.join("\n") + "\n";
}

function sectionOf(key: string): string {
  return key.includes(".") ? key.slice(0, key.indexOf(".")) : "";
}
