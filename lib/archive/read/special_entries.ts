/**
 * Devices and named pipes in an image: archives may have them, and no tree that is compared or hashed does.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { quote } from "../../text/printable.ts";
import { type Entry, specialName } from "../entry.ts";

/** What happens to them. */
export interface SpecialOptions {
  /** Whether devices and named pipes, which no tree has, are refused or left out. @default "refuse" */
  special?: "refuse" | "skip" | undefined;
}

/** What is done, in words. */
export interface Judging extends Observer, SpecialOptions {
  /** What cannot be done with them. */
  refusal: string;
  /** What they are left out of. */
  leftOut: string;
}

/**
 * Refuses them, or tells that they are left out.
 *
 * @param special those that are there
 * @throws {BlobberError} `invalid-archive`
 */
export function judgeSpecial(special: readonly Entry[], options: Judging): void {
  const [first] = special;
  if (first === undefined) return;
  const what = `${quote(first.path)} is ${specialName(first.type)}`;
  if (options.special !== "skip") {
    throw new BlobberError(
      "invalid-archive",
      `${options.refusal}: ${what}, expected files, directories and links`,
      {
        hint: ["devices and named pipes are left out with ", { option: "special", value: "skip" }],
      },
    );
  }
  const more = special.length > 1 ? `, and ${special.length - 1} more like it` : "";
  notify(options, {
    level: "warning",
    code: "special-files",
    message: `left out of ${options.leftOut}: ${what}${more}`,
  });
}
