/**
 * Settings of pulling and reading.
 *
 * @module
 */

import { DESCRIBERS, READERS, REFERRERS, type Setting, SIGNERS } from "./row.ts";

/** Rows of the table of settings. */
export const READING = {
  overwrite: {
    flag: "overwrite",
    type: "boolean",
    default: false,
    help: "replace existing files",
    group: "command",
    commands: ["pull"],
  },
  recursive: {
    flag: "recursive",
    short: "r",
    type: "boolean",
    default: false,
    help: "copy directories with all that is in them, and links as links",
    group: "command",
    commands: ["cp"],
  },
  links: {
    flag: "links",
    key: "pull.links",
    type: "enum",
    values: ["refuse", "keep"],
    default: "refuse",
    help: "refuse links with an absolute target, or keep them as they are, never followed",
    group: "command",
    commands: ["pull", "cp"],
    below: "stricter",
    strictness: ["keep", "refuse"],
  },
  special: {
    flag: "special",
    key: "pull.special",
    type: "enum",
    values: ["refuse", "skip"],
    default: "refuse",
    help: "refuse devices and named pipes, or skip them; they are never made",
    group: "command",
    commands: ["pull", "cp", "digest"],
    below: "free",
  },
  allowSharedDirectories: {
    flag: "allow-shared-directories",
    key: "allow-shared-directories",
    type: "boolean",
    default: false,
    help: "use a destination or layout even if another user can change what its path leads to",
    group: "general",
    commands: [...REFERRERS, "tags"],
    below: "stricter",
    strictness: [true, false],
    loosens: true,
  },
  platform: {
    flag: "platform",
    key: "platform",
    type: "string",
    placeholder: "OS/ARCH",
    help: "platform of the artifact, and the one to choose from an index",
    group: "command",
    commands: [...READERS, ...DESCRIBERS, "resolve", "verify", ...SIGNERS],
    below: "free",
  },
  expect: {
    flag: "expect",
    type: "string",
    placeholder: "DIGEST",
    help: "digest that the reference must resolve to",
    group: "command",
    commands: [...READERS, ...DESCRIBERS, "resolve", "copy", "verify", "sign"],
  },
  maxEntries: {
    flag: "max-entries",
    key: "pull.max-entries",
    type: "count",
    help: "most entries to accept; by default as many as fit the artifact's size",
    group: "limits",
    commands: [...READERS, "inspect", ...SIGNERS],
    below: "free",
  },
  maxBytes: {
    flag: "max-bytes",
    key: "pull.max-bytes",
    type: "size",
    help: "most bytes of all files; by default as many as fit the artifact's size",
    group: "limits",
    commands: [...READERS, ...SIGNERS],
    below: "free",
  },
  maxFileBytes: {
    flag: "max-file-bytes",
    key: "pull.max-file-bytes",
    type: "size",
    help: "most bytes of one file; by default as many as of all files",
    group: "limits",
    commands: READERS,
    below: "free",
  },
} as const satisfies Record<string, Setting>;
