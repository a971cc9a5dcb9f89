/**
 * Flags that a command takes, and that would change nothing in this run of it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import type { Settings } from "../config/effective.ts";
import { type SettingName, settingOf } from "../settings/table.ts";

/**
 * Refuses a flag that would change nothing: without a word, it would seem to have worked.
 *
 * @param settings the settings in force
 * @param names of those that have no effect
 * @param why they have none
 * @throws {BlobberError} `usage`
 */
export function refuseFlags(settings: Settings, names: readonly SettingName[], why: string): void {
  const given = names.find((name) => settings.flagged(name));
  if (given === undefined) return;
  throw new BlobberError("usage", `--${settingOf(given).flag} does not apply: ${why}`);
}
