/**
 * The effective configuration as it is shown.
 *
 * @module
 */

import type { Settings } from "./effective.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";
import { formatDuration, type SettingValue } from "../line/values.ts";

/** Shown instead of a secret. */
const MASK = "********";

/** One line of the configuration. */
export interface Shown {
  key: string;
  value: SettingValue;
  /** `flag`, `default`, a variable's name or a file's path. */
  origin: string;
}

/** Every setting that has a key and a value. */
export function shownSettings(settings: Settings): Shown[] {
  return SETTING_NAMES.flatMap((name) => {
    const { key } = settingOf(name);
    const value = settings.get(name) as SettingValue | undefined;
    if (key === undefined || value === undefined) return [];
    const origin = settings.origin(name);
    const from = origin.kind === "variable"
      ? origin.name
      : origin.kind === "file"
      ? origin.path
      : origin.kind;
    return [{ key, value: shownValue(name, value), origin: from }];
  });
}

/** A value as a file would hold it, a secret masked. */
export function shownValue(name: SettingName, value: SettingValue): SettingValue {
  const { type } = settingOf(name);
  if (type === "secret" && !isNamed(String(value))) return MASK;
  return type === "duration" ? formatDuration(value as number) : value;
}

/** Whether a secret is only named: `file:PATH`, `env:NAME`, or `-` for stdin. */
export function isNamed(secret: string): boolean {
  return /^(?:file|env):./.test(secret) || secret === "-";
}

/** Dotted keys as nested mappings. */
export function nested(shown: readonly Shown[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { key, value } of shown) {
    const path = key.split(".");
    let at = root;
    for (const step of path.slice(0, -1)) at = (at[step] ??= {}) as Record<string, unknown>;
    at[path.at(-1)!] = value;
  }
  return root;
}
