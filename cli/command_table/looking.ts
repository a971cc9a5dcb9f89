/**
 * Commands that tell what is there.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const LOOKING = {
  digest: {
    args: ["directory-or-reference"],
    summary: "print the digest of a directory or an artifact",
    details: [
      "Of a directory: the digest that push would print, without pushing. Of an artifact: the digest " +
      "of its manifest.",
      "With --tree: the digest of the files alone (names, content, permission bits, link targets), " +
      "which compression and other flags of push do not change. Of an artifact it is computed, and " +
      "must match what the manifest states. Write ./DIR if the name of a directory reads as a reference.",
    ],
    examples: [
      "digest ./site --reproducible",
      "digest --tree ./site",
      "digest --tree ghcr.io/acme/site:v1",
    ],
  },
} as const satisfies Record<string, CommandRow>;
