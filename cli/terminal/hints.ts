/**
 * What a reader can do about an error, in words of the command line: a remedy of the library is a flag or a
 * command here. A hint is of use only where the command that was run takes the flags that it names.
 *
 * @module
 */

import { type Hint, hintText, type OptionName, type Remedy } from "@blobber/core/errors";
import { findCommand } from "../command_table/table.ts";
import { appliesTo, SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";

/** Permissions of Deno and Node: they are given to another program. */
export const OF_RUNTIME =
  /^--(?:permission$|allow-(?:all|read|write|net|env|run|sys|ffi|import|fs-read|fs-write|child-process|worker|addons)$)/;

/** The setting that gives each option of the library, or what the command line has in its place. */
export const OPTIONS: Record<OptionName, SettingName | { insteadOfFlag: string }> = {
  allowSecrets: "allowSecrets",
  allowSharedDirectories: "allowSharedDirectories",
  caCerts: "caFile",
  exclude: "exclude",
  fulcioUrl: "fulcioUrl",
  insecure: "insecure",
  insecureSkipTlsVerify: "insecureSkipTlsVerify",
  issuer: "oidcIssuer",
  key: "signKey",
  layer: "layer",
  legacyMessageSignature: { insteadOfFlag: "`legacy: true` in a trust rule" },
  links: "links",
  maxBytes: "maxBytes",
  maxConnections: { insteadOfFlag: "`maxConnections` of the library" },
  maxEntries: "maxEntries",
  maxFileBytes: "maxFileBytes",
  offline: "offline",
  overwrite: "overwrite",
  passphrase: "signPassword",
  platform: "platform",
  referrers: "referrers",
  rekorUrl: "rekorUrl",
  special: "special",
  token: "identityToken",
  trust: "trustedRoot",
};

const CALLS = { sign: "blobber sign REF", storeLogin: "blobber login" } as const;

/**
 * A hint in words of the command line.
 *
 * @param hint of an error
 * @param command the command that was run; where none was, any command's flags will do
 * @returns nothing where the command does not take a flag that the hint names
 */
export function hintFor(hint: Hint, command?: string): string | undefined {
  const text = hintText(hint, nameOf);
  return hintAppliesTo(text, command) ? text : undefined;
}

/** What a remedy is called on a command line. */
function nameOf(remedy: Remedy): string {
  if ("call" in remedy) return CALLS[remedy.call];
  const row = OPTIONS[remedy.option];
  if (typeof row === "object") return row.insteadOfFlag;
  const { value } = remedy;
  const flag = `--${settingOf(row).flag}`;
  return value === undefined || value === true ? flag : `${flag} ${value}`;
}

/**
 * Tells whether the command takes every flag that a hint names. Flags behind `blobber COMMAND` have to be
 * that command's.
 *
 * @param hint what is to be shown
 * @param command the command that was run; where none was, any command's flags will do
 */
export function hintAppliesTo(hint: string, command?: string): boolean {
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
