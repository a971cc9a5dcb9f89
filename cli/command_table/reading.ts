/**
 * Commands that read the files of an artifact.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const READING = {
  ls: {
    aliases: ["list"],
    args: ["reference"],
    lists: true,
    summary: "list the files of an artifact",
    details: ["Fetches only the table of contents."],
    examples: [
      "ls ghcr.io/acme/site:v1",
      "ls -lH ghcr.io/acme/site:v1",
      "ls ghcr.io/acme/site:v1 -o paths0 | xargs -0 -n1 blobber cat ghcr.io/acme/site:v1",
    ],
  },
  cat: {
    args: ["reference", "path-inside"],
    summary: "print one file of an artifact",
    details: ["Fetches only the parts of the artifact that hold the file."],
    examples: ["cat ghcr.io/acme/site:v1 index.html"],
  },
  cp: {
    args: ["reference", "path-inside", { kind: "file", name: "DEST" }],
    summary: "copy one file of an artifact to disk",
    details: [
      "DEST is a file, or a directory to copy the file into. Missing parent directories are made.",
    ],
    examples: ["cp ghcr.io/acme/site:v1 css/site.css ./site.css"],
  },
} as const satisfies Record<string, CommandRow>;
