/**
 * How a flag is shown, in help and on the reference page.
 *
 * @module
 */

import { showValue } from "../line/values.ts";
import { helpIn, type Setting, valuesIn } from "../settings/table.ts";

/**
 * `-o, --output text|json`.
 *
 * @param setting which
 * @param command in whose help it stands; none where it stands for all of them
 */
export function flagUsage(setting: Setting, command?: string): string {
  const short = setting.short === undefined ? "    " : `-${setting.short}, `;
  return `${short}--${setting.flag}${valueUsage(setting, command)}`;
}

function valueUsage(setting: Setting, command?: string): string {
  if (setting.type === "boolean") return "";
  const values = valuesIn(setting, command);
  if (values !== undefined) return ` ${values.join("|")}`;
  const standard = {
    count: "N",
    duration: "TIME",
    size: "SIZE",
    directory: "DIR",
    path: "FILE",
  } as Record<string, string>;
  return ` ${setting.placeholder ?? standard[setting.type] ?? "VALUE"}`;
}

/**
 * A flag and what it does, in two columns.
 *
 * @param setting which
 * @param command in whose help it stands; none where it stands for all of them
 */
export function flagRow(setting: Setting, command?: string): [string, string] {
  const { default: standard } = setting;
  const help = helpIn(setting, command);
  const isSaid = standard === undefined || typeof standard === "boolean";
  return [flagUsage(setting, command), isSaid ? help : `${help} [${showValue(setting, standard)}]`];
}
