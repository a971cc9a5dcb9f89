/**
 * Commands that move and read artifacts.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const ARTIFACTS = {
  push: {
    args: ["directory", "reference"],
    summary: "push a directory",
    details: [
      "Prints the digest. It depends on what is in the directory and on the flags, but not on times or " +
      "owners; and on the compressor of this version and runtime, unless you pass --reproducible.",
      "A directory that the cache knows from an earlier push, and the registry still has, is not " +
      "packed again. Private keys in PEM are refused. A signature covers the digest and every tag " +
      "that is pushed.",
    ],
    examples: [
      "push ./site ghcr.io/acme/site:v1",
      "push ./site oci:./layout:v1 --tag latest",
      "push ./site ghcr.io/acme/site:v1 --sign",
      "push ./site ghcr.io/acme/site:v1 --reproducible",
      "push ./site ghcr.io/acme/site:v1 --dry-run",
    ],
  },
  pull: {
    args: ["reference", "directory"],
    summary: "pull an artifact into a directory",
    details: [
      "Files are moved into the directory after all of them have been checked. Existing files are " +
      "replaced only with --overwrite.",
    ],
    examples: [
      "pull ghcr.io/acme/site:v1 ./site",
      "pull ghcr.io/acme/site:v1 ./site --verify-key acme.pub",
    ],
  },
  ls: {
    aliases: ["list"],
    args: ["reference"],
    summary: "list the files of an artifact",
    details: ["Fetches only the table of contents."],
    examples: ["ls ghcr.io/acme/site:v1", "ls -lH ghcr.io/acme/site:v1"],
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
  copy: {
    args: [{ kind: "reference", name: "FROM" }, { kind: "reference", name: "TO" }],
    summary: "copy an artifact and its signatures to another place",
    details: [
      "The signatures still name the original repository: verify the copy with --signed-as, or " +
      "sign it too.",
    ],
    examples: ["copy ghcr.io/acme/site:v1 registry.example.com/mirror/site:v1"],
  },
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
  tag: {
    args: ["reference", "tag"],
    variadic: true,
    summary: "add tags to an artifact",
    examples: ["tag ghcr.io/acme/site:v1 stable latest"],
  },
} as const satisfies Record<string, CommandRow>;
