/**
 * Settings that make no sense together are refused before anything is done, so that none is ever ignored.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import type { Settings } from "./config/effective.ts";
import { type SettingName, settingOf } from "./settings/table.ts";
import { SIGNERS } from "./settings/row.ts";
import { planVerification } from "./trust/verification_plan.ts";

const EXCLUSIVE: readonly [SettingName, SettingName][] = [
  ["cache", "cacheTtl"],
  ["quiet", "verbose"],
];

/**
 * Checks what was asked for as a whole.
 *
 * @param command name of the command
 * @param settings the settings in force
 * @throws {BlobberError} `usage`
 */
export async function checkCombinations(command: string, settings: Settings): Promise<void> {
  for (const [a, b] of EXCLUSIVE) {
    // --no-cache=false and --quiet=false exclude nothing.
    const active = (name: SettingName) =>
      settings.flagged(name) && settings.get(name) !== settingOf(name).default;
    if (active(a) && active(b)) {
      throw new BlobberError("usage", `${flagOf(a)} and ${flagOf(b)} are mutually exclusive`);
    }
  }
  if ((SIGNERS as readonly string[]).includes(command)) {
    const { planSigning } = await import("./signing/signing_plan.ts");
    planSigning(command, settings);
  }
  planVerification(command, settings);
}

/** The flag of a row as it is written. */
export function flagOf(name: SettingName): string {
  return `--${settingOf(name).flag}`;
}
