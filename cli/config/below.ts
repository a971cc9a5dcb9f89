/**
 * Settings of the system's file against those of the user: a stricter value counts, a looser one does not. The
 * table of settings says for which keys.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";
import type { Given, Origin } from "./origin.ts";
import { SYSTEM_HINT } from "./paths.ts";
import { type Setting, type SettingName, settingOf } from "../settings/table.ts";
import type { SettingValue } from "../line/values.ts";

/**
 * Whether a value given below the system's file gives up what that file demands.
 *
 * @param setting the row
 * @param system the system's value
 * @param below the value from the user's file, a variable or a flag
 */
export function isLooser(
  { below: rule, strictness }: Setting,
  system: SettingValue,
  below: SettingValue,
): boolean {
  if (rule === "fixed") return below !== system;
  if (rule !== "stricter") return false;
  const order: readonly SettingValue[] = strictness!;
  return order.indexOf(below) < order.indexOf(system);
}

/**
 * Takes out the values that ask for less than the system's file demands.
 *
 * @param values what flags, variables and the user's file say
 * @param demanded what the system's file says
 * @param path the system's file
 * @returns what to say of each
 * @throws {BlobberError} `trust-rule` for one that a flag gives
 */
export function dropLooser(
  values: Map<SettingName, Given>,
  demanded: ReadonlyMap<SettingName, Given>,
  path: string,
): string[] {
  const told: string[] = [];
  for (const [name, { value }] of demanded) {
    const row = settingOf(name);
    const below = values.get(name);
    if (below === undefined || !isLooser(row, value, below.value)) continue;
    const text = looserText(placeOf(row, below.origin), row.key!, path);
    if (below.origin.kind === "flag") {
      throw new BlobberError("trust-rule", text, { hint: SYSTEM_HINT });
    }
    told.push(`${text}, so it is ignored`);
    values.delete(name);
  }
  return told;
}

/**
 * The sentence for a value that asks for less.
 *
 * @param place where it is said
 * @param key the key in the system's file
 * @param path the system's file
 */
export function looserText(place: string, key: string, path: string): string {
  return `${place} asks for less than the system's configuration demands ` +
    `(${key} in ${printable(path)})`;
}

function placeOf({ flag, key }: Setting, origin: Origin): string {
  if (origin.kind === "flag") return `--${flag}`;
  return origin.kind === "file" ? `${key} in ${printable(origin.path)}` : String(
    origin.kind === "variable" ? origin.name : key,
  );
}
