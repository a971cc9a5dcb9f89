/**
 * Which flags of `diff` change something, by what is compared.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { quote } from "@blobber/core/printable";
import type { Context } from "../../context.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { checkDirectory } from "../../library/user_paths.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../../settings/table.ts";

/** What is of no use where no directory is compared, and where no artifact is. */
const CHOOSING: readonly SettingName[] = ["exclude", "include", "ignoreFile"];
const READING: readonly SettingName[] = [
  "special",
  "platform",
  ...SETTING_NAMES.filter((name) => settingOf(name).group === "verification"),
];

/** One of the two. */
export interface Named {
  text: string;
  reference: Reference | undefined;
}

/** Refuses flags that change nothing, and directories whose names cannot be meant. */
export function checkFlags({ settings }: Context, both: readonly Named[]): void {
  const hasReference = both.some(({ reference }) => reference !== undefined);
  const hasDirectory = both.some(({ reference }) => reference === undefined);
  const [{ text }] = both as [Named];
  if (!hasReference) {
    refuseFlags(settings, READING, `${quote(text)} is a directory, and so is the other`);
  }
  if (!hasDirectory) {
    refuseFlags(settings, CHOOSING, `${quote(text)} is an artifact, and so is the other`);
  }
  for (const { text, reference } of both) {
    if (reference === undefined) checkDirectory(text);
  }
}
