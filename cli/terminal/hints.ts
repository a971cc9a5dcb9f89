/**
 * Whether a hint is of use to who reads it: the same failure may end commands that take different flags.
 *
 * @module
 */

import { findCommand } from "../command_table/table.ts";
import { appliesTo, SETTING_NAMES, settingOf } from "../settings/table.ts";

/** Flags of the runtime: they are given to another program. */
const OF_RUNTIME = /^--allow-/;

/**
 * Tells whether the command takes every flag that a hint names. Flags behind `blobber COMMAND` have to be
 * that command's.
 *
 * @param hint what is to be shown
 * @param command the command that was run; where none was, any command's flags will do
 */
export function isFor(hint: string, command?: string): boolean {
  return flagsIn(hint).every(({ flag, of = command }) => {
    if (OF_RUNTIME.test(flag)) return true;
    const setting = SETTING_NAMES.map(settingOf).find((one) => `--${one.flag}` === flag);
    return setting !== undefined && (of === undefined || appliesTo(setting, of));
  });
}

/** Every flag that a text names, and the command whose flag it is said to be. */
export function flagsIn(text: string): { flag: string; of: string | undefined }[] {
  const found: { flag: string; of: string | undefined }[] = [];
  let of: string | undefined;
  for (
    const [part, words, flag] of text.matchAll(
      /\bblobber ([a-z]+(?: [a-z]+)?)|(--[a-z][a-z-]*[a-z])|[;,.]/g,
    )
  ) {
    if (words !== undefined) of = findCommand(words.split(" "))?.command.name;
    else if (flag !== undefined) found.push({ flag, of });
    else if (part === ";") of = undefined;
  }
  return found;
}
