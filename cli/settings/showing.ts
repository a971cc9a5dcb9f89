/**
 * Settings of commands that show and ask.
 *
 * @module
 */

import { type Setting, SIGNERS } from "./row.ts";

/** Rows of the table of settings. */
export const SHOWING = {
  tree: {
    flag: "tree",
    type: "boolean",
    default: false,
    help: "print the digest of the tree, which no compression changes",
    group: "command",
    commands: ["digest"],
  },
  raw: {
    flag: "raw",
    type: "enum",
    values: ["manifest", "config", "table"],
    help: "print the bytes of this part as they are stored, checked, and nothing else",
    group: "command",
    commands: ["inspect"],
  },
  layer: {
    flag: "layer",
    type: "count",
    help: "with --raw table: of which layer, counted from 1",
    group: "command",
    commands: ["inspect"],
  },
  sameTags: {
    flag: "tags",
    type: "boolean",
    default: false,
    help: "also find the tags that name the same digest, which asks for each tag",
    group: "command",
    commands: ["inspect"],
  },
  long: {
    flag: "long",
    short: "l",
    type: "boolean",
    default: false,
    help: "show details in columns",
    helpOf: { tree: "show digests whole" },
    group: "command",
    commands: ["ls", "cache info", "tree"],
  },
  stat: {
    flag: "stat",
    type: "boolean",
    default: false,
    help: "sum up: files, directories and links that were added, removed and changed, and bytes",
    group: "command",
    commands: ["diff"],
  },
  nameOnly: {
    flag: "name-only",
    type: "boolean",
    default: false,
    help: "show paths alone",
    group: "command",
    commands: ["diff"],
  },
  patch: {
    flag: "patch",
    short: "p",
    type: "boolean",
    default: false,
    help: "show what changed in files, as a patch for git apply or patch -p1",
    group: "command",
    commands: ["diff"],
  },
  humanReadable: {
    flag: "human-readable",
    short: "H",
    type: "boolean",
    default: false,
    help: "show sizes like 1.2 MB instead of bytes",
    group: "command",
    commands: ["ls", "diff"],
  },
  limit: {
    flag: "limit",
    type: "count",
    placeholder: "N",
    help: "show only the first N",
    helpOf: { tags: "show only the N newest versions" },
    group: "command",
    commands: ["tags", "repos"],
  },
  all: {
    flag: "all",
    type: "boolean",
    default: false,
    help: "show the flags that commands share, too",
    helpOf: { tags: "show tags that were made of a digest, too" },
    group: "command",
    commands: ["tags", "help"],
  },
  yes: {
    flag: "yes",
    short: "y",
    type: "boolean",
    default: false,
    help: "do not ask for confirmation",
    group: "command",
    commands: [...SIGNERS, "rm", "cache clear", "trust add"],
  },
  ruleName: {
    flag: "name",
    type: "string",
    placeholder: "NAME",
    help: "name of the rule",
    group: "command",
    commands: ["trust add"],
  },
  signer: {
    flag: "signer",
    type: "string",
    placeholder: "SIGNER",
    help: "signer to trust if there are several: issuer=URL,subject=SUBJECT or SUBJECT",
    group: "command",
    commands: ["trust add"],
  },
} as const satisfies Record<string, Setting>;
