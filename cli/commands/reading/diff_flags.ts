/**
 * Which flags of `diff` change something, by what is compared.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { quote } from "@blobber/core/internal/printable";
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

/** What is shown, of which only one can be. */
const FORMS: readonly SettingName[] = ["nameOnly", "stat", "patch"];

/** One of the two. */
export interface Named {
  text: string;
  reference: Reference | undefined;
}

/** Refuses flags that change nothing, and directories whose names cannot be meant. */
export function checkFlags({ settings, out }: Context, both: readonly Named[]): void {
  const asked = FORMS.filter((name) => settings.flagged(name));
  const [form] = asked;
  const names = out.form === "paths0" && form !== "nameOnly";
  if (form !== undefined) {
    const others = names ? asked : asked.slice(1);
    refuseFlags(
      settings,
      others,
      `${names ? "--output paths0" : `--${settingOf(form).flag}`} shows something else`,
    );
  }
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
