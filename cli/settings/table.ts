/**
 * The one table of settings. Flags, `BLOBBER_*` variables, keys of `config.yaml`, help, completion and the
 * reference page are made from it, so that they agree.
 *
 * It is data. Help and completion load it, so it imports nothing but numbers.
 *
 * @module
 */

import { PACKING } from "./packing.ts";
import { PROGRAM } from "./program.ts";
import { READING } from "./reading.ts";
import { EVERY, type Setting, type SettingType } from "./row.ts";
import { SHOWING } from "./showing.ts";
import { SIGNING } from "./signing.ts";
import { VERIFICATION } from "./verification.ts";

export { GROUPS, type Setting, type SettingType } from "./row.ts";

/** The table. The name of a row is what the code calls it. */
export const SETTINGS = {
  ...PACKING,
  ...READING,
  ...SHOWING,
  ...SIGNING,
  ...VERIFICATION,
  ...PROGRAM,
} as const;

/** Name of a row. */
export type SettingName = keyof typeof SETTINGS;

type TypeOf<T extends SettingType> = T extends "boolean" ? boolean
  : T extends "count" | "duration" | "size" ? number
  : T extends "list" ? string[]
  : string;

/** What a row's value is in code: durations in milliseconds, sizes in bytes. */
export type Value<N extends SettingName> = typeof SETTINGS[N] extends
  { values: readonly (infer V)[] } ? V
  : TypeOf<typeof SETTINGS[N]["type"]>;

/** A row's value, or `undefined` where it has no default. */
export type Maybe<N extends SettingName> = typeof SETTINGS[N] extends { default: unknown }
  ? Value<N>
  : Value<N> | (typeof SETTINGS[N]["type"] extends "list" ? never : undefined);

/** The row of a name, without the narrow type that the table gives it. */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** The flag of a row as it is written. */
export function flagOf(name: SettingName): string {
  return `--${settingOf(name).flag}`;
}

/** Every name in the order of the table. */
export const SETTING_NAMES: SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** The variables that set a row, the one that documentation shows first. */
export function variablesOf(setting: Setting): string[] {
  const first = setting.key === undefined
    ? []
    : ["BLOBBER_" + setting.key.toUpperCase().replaceAll(/[.-]/g, "_")];
  return [...first, ...setting.variables ?? []];
}

/**
 * Whether a row's flag does something for a command. A name of two words also has what its first word has.
 *
 * @param command name of a command, `""` for the program itself
 */
export function appliesTo(setting: Setting, command: string): boolean {
  if (setting.commands === EVERY) return true;
  return setting.commands.includes(command) ||
    setting.commands.includes(command.split(" ")[0]!);
}

/**
 * What a flag does, in a command's own words where it has some.
 *
 * @param setting which
 * @param command in whose help it stands; none where it stands for all of them
 */
export function helpIn({ help, helpOf, valuesOf = {} }: Setting, command?: string): string {
  const own = command === undefined ? help : helpOf?.[command] ?? help;
  const values = Object.values(valuesOf).flatMap(({ commands, help }) => {
    if (!command) return [`with ${commands.join(", ")}: ${help}`];
    return commands.includes(command) ? [help] : [];
  });
  return [own, ...values].join("; ");
}

/**
 * The values that a flag may have.
 *
 * @param setting which
 * @param command of which command; what any command takes without it
 */
export function valuesIn(
  { values, valuesOf = {} }: Setting,
  command?: string,
): readonly string[] | undefined {
  if (!command) return values;
  return values?.filter((value) => valuesOf[value]?.commands.includes(command) ?? true);
}

/** Whether a command takes a row's flag, be it only for the sake of scripts. */
export function isTakenBy(setting: Setting, command: string): boolean {
  return setting.everywhere === true || appliesTo(setting, command);
}
