/**
 * Commands that move and read artifacts.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

const REF = { name: "REF", kind: "reference" } as const;
const DIR = { name: "DIR", kind: "directory" } as const;
const PATH = { name: "PATH", kind: "path-inside" } as const;

/** Rows of the table of commands. */
export const ARTIFACTS = {
  push: {
    args: [DIR, REF],
    summary: "push a directory",
    details: [
      "Prints the digest of what was pushed. Content and permission bits alone decide the digest.",
      "What the registry has already, and the cache knows of an earlier push, is not packed again. " +
      "Private keys in PEM are refused. A signature covers the digest and every tag that will point at it.",
    ],
    examples: [
      "push ./site ghcr.io/acme/site:v1",
      "push ./site oci:./layout:v1 --tag latest",
      "push ./site ghcr.io/acme/site:v1 --sign",
      "push ./site ghcr.io/acme/site:v1 --dry-run",
    ],
  },
  pull: {
    args: [REF, DIR],
    summary: "pull an artifact into a directory",
    details: [
      "Nothing is moved into the directory before all of it has been checked. What exists is kept " +
      "unless --overwrite says otherwise.",
    ],
    examples: [
      "pull ghcr.io/acme/site:v1 ./site",
      "pull ghcr.io/acme/site:v1 ./site --verify-key acme.pub",
    ],
  },
  ls: {
    aliases: ["list"],
    args: [REF],
    summary: "list the files of an artifact",
    details: ["Fetches the table of contents and nothing else."],
    examples: ["ls ghcr.io/acme/site:v1", "ls -lH ghcr.io/acme/site:v1"],
  },
  cat: {
    args: [REF, PATH],
    summary: "print one file of an artifact",
    details: ["Fetches only the parts of the artifact that hold the file."],
    examples: ["cat ghcr.io/acme/site:v1 index.html"],
  },
  cp: {
    args: [REF, PATH, { name: "DEST", kind: "file" }],
    summary: "copy one file of an artifact to disk",
    details: [
      "DEST is a file, or a directory that the file goes into. Missing parents are made.",
    ],
    examples: ["cp ghcr.io/acme/site:v1 css/site.css ./site.css"],
  },
  copy: {
    args: [{ name: "FROM", kind: "reference" }, { name: "TO", kind: "reference" }],
    summary: "copy an artifact with its signatures to another place",
    details: [
      "Signatures go along and name the original: read the copy with --signed-as, or sign it.",
    ],
    examples: ["copy ghcr.io/acme/site:v1 registry.example.com/mirror/site:v1"],
  },
  tag: {
    args: [REF, { name: "TAG", kind: "tag" }],
    variadic: true,
    summary: "point further tags at an artifact",
    examples: ["tag ghcr.io/acme/site:v1 stable latest"],
  },
} as const satisfies Record<string, CommandRow>;
