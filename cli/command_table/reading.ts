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
    args: ["reference", { kind: "path-inside", name: "PATTERN" }],
    required: 1,
    variadic: true,
    summary: "list the files of an artifact",
    details: [
      "Fetches only the table of contents. A PATTERN is a path, or a pattern as in a shell: *, ? and " +
      "[…] stay within a name, ** is any number of directories, a backslash quotes. A directory that " +
      "is named lists all below it; a pattern lists what it matches. Quote patterns, or the shell " +
      "takes them for files here.",
      "One that matches nothing is an error, and nothing is listed.",
    ],
    examples: [
      "ls ghcr.io/acme/site:v1",
      "ls -lH ghcr.io/acme/site:v1 css",
      "ls ghcr.io/acme/site:v1 '*'",
      "ls ghcr.io/acme/site:v1 '**/*.css' '**/*.js'",
      "ls ghcr.io/acme/site:v1 '**/*.txt' -o paths0 | xargs -0 blobber cat ghcr.io/acme/site:v1 --",
    ],
  },
  cat: {
    args: ["reference", "path-inside"],
    variadic: true,
    summary: "print files of an artifact",
    details: [
      "Fetches only the parts of the artifact that hold the files, and prints them in the order in " +
      "which they are named. A PATH may be a pattern, as of ls: it stands for the files that it " +
      "matches, sorted. Nothing is printed before all of them are found.",
    ],
    examples: [
      "cat ghcr.io/acme/site:v1 index.html",
      "cat ghcr.io/acme/site:v1 head.html 'parts/*.html' foot.html",
    ],
  },
  cp: {
    args: ["reference", "path-inside", { kind: "file", name: "DEST" }],
    variadic: 1,
    summary: "copy files of an artifact to disk",
    details: [
      "DEST is a file, or a directory to copy into. Several files, and what a pattern matches, go " +
      "into a directory, which is made where its name ends in a slash. Missing parent directories " +
      "are made, and files that exist are replaced. Patterns are those of ls.",
      "With --recursive a directory is copied with all that is in it: into DEST where that is there, " +
      "else DEST becomes it. A path that ends in /. stands for what is in the directory, . for all. " +
      "Links stay links, and may not lead out of DEST.",
      "Nothing is written before all paths are found and all places looked at. A file is replaced in " +
      "one step; with --recursive all is checked before any of it is put in place.",
    ],
    examples: [
      "cp ghcr.io/acme/site:v1 css/site.css ./site.css",
      "cp ghcr.io/acme/site:v1 index.html 'css/*.css' ./out/",
      "cp -r ghcr.io/acme/site:v1 css ./styles",
      "cp -r ghcr.io/acme/site:v1 . ./site",
    ],
  },
  diff: {
    args: [
      { kind: "directory-or-reference", name: "DIR|REF" },
      { kind: "directory-or-reference", name: "DIR|REF" },
      "path-inside",
    ],
    required: 2,
    variadic: true,
    summary: "show what differs between two artifacts or directories",
    details: [
      "One line for each path: A added, D removed, M changed, T of another type, with modes and link " +
      "targets as they were and are. Exits with 0 if nothing differs, and with 14 if something does. " +
      "Contents, permission bits, types and link targets are compared; times, owners and extended " +
      "attributes are not.",
      "Of artifacts only the tables of contents are fetched, and files that two tables cut into " +
      "different chunks. A layer without a table is downloaded. Of a directory, what push would take " +
      "is compared: ignore files count. Write ./DIR if the name of a directory reads as a reference.",
      "A PATH is a path or a pattern, as of ls, on either side, with all below it. One that names a " +
      "file shows what changed in its text, as --patch does for all: only these files are fetched. " +
      "Flags that demand a signature count for both artifacts.",
    ],
    examples: [
      "diff ghcr.io/acme/site:v1 ghcr.io/acme/site:v2",
      "diff ./site ghcr.io/acme/site:v1",
      "diff --stat ghcr.io/acme/site:v1 ghcr.io/acme/site:v2 -- css",
      "diff ghcr.io/acme/site:v1 ghcr.io/acme/site:v2 -- index.html",
      "diff -o paths0 ghcr.io/acme/site:v1 ./site | xargs -0 ls -d",
    ],
  },
  check: {
    args: ["directory", "reference"],
    required: 1,
    summary: "check whether a directory is what an artifact says",
    details: [
      "Verifies the signature as pull does, fetches only the tables of contents, and hashes the files " +
      "in DIR. Prints a line for each path that is not as it is to be: A is there in excess, D is " +
      "missing, M has another content, mode or link target, T is of another type. Exits with 8 if there " +
      "is any. Times, owners and extended attributes are not compared.",
      "With --receipt the manifest, the tables and the signatures are read from the file that " +
      "pull --receipt left, and the signatures are verified again. REF may be left out: then the " +
      "reference in the receipt counts, which is a claim of the file. With --offline too, no socket is " +
      "opened.",
      "--repair puts in place what is missing or differs, and fetches only the chunks that are damaged. " +
      "What is there in excess stays, and so does what stands where a directory goes.",
    ],
    examples: [
      "check ./site ghcr.io/acme/site:v1",
      "check ./site ghcr.io/acme/site:v1 --ignore '*.local' --repair",
      "check ./site --receipt site.receipt --offline",
    ],
  },
} as const satisfies Record<string, CommandRow>;
