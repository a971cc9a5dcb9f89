/**
 * Settings of pushing: what is packed, how, and which tags it gets.
 *
 * @module
 */

import { PACKERS, type Setting } from "./row.ts";

/** Rows of the table of settings. */
export const PACKING = {
  compression: {
    flag: "compression",
    key: "push.compression",
    type: "enum",
    values: ["gzip", "zstd"],
    default: "gzip",
    help: "how the layer is compressed",
    group: "command",
    commands: PACKERS,
    below: "free",
  },
  reproducible: {
    flag: "reproducible",
    key: "push.reproducible",
    type: "boolean",
    default: false,
    help: "make the same bytes with every version and runtime; slower, and gzip only",
    group: "command",
    commands: PACKERS,
    below: "free",
  },
  tags: {
    flag: "tag",
    type: "list",
    placeholder: "TAG",
    help: "another tag for the artifact; repeatable",
    group: "command",
    commands: ["push"],
  },
  dryRun: {
    flag: "dry-run",
    type: "boolean",
    default: false,
    help: "list what would be pushed, mark likely secrets, print the digest, and send nothing",
    group: "command",
    commands: ["push"],
  },
  allowSecrets: {
    flag: "allow-secrets",
    key: "push.allow-secrets",
    type: "boolean",
    default: false,
    help: "push private keys that are in the directory, except the one that signs",
    group: "command",
    commands: ["push", "digest"],
    loosens: true,
    below: "stricter",
    strictness: [true, false],
  },
  ifAbsent: {
    flag: "if-absent",
    key: "push.if-absent",
    type: "boolean",
    default: false,
    help: "refuse to move an existing tag",
    group: "command",
    commands: ["push", "tag", "copy"],
    below: "stricter",
    strictness: [false, true],
  },
  annotations: {
    flag: "annotation",
    type: "list",
    placeholder: "KEY=VALUE",
    help: "an annotation of the manifest; repeatable",
    group: "command",
    commands: PACKERS,
  },
  layerMediaType: {
    flag: "layer-media-type",
    key: "push.layer-media-type",
    type: "string",
    placeholder: "TYPE",
    help: "media type of the layer instead of OCI's",
    group: "command",
    commands: PACKERS,
    below: "free",
  },
  keepMtime: {
    flag: "keep-mtime",
    key: "push.keep-mtime",
    type: "boolean",
    default: false,
    help: "keep modification times; the digest then depends on them",
    group: "command",
    commands: PACKERS,
    below: "free",
  },
  from: {
    flag: "from",
    type: "directory",
    placeholder: "DIR",
    help: "pack this directory, and sign only if the reference has the same digest",
    group: "command",
    commands: ["sign"],
  },
} as const satisfies Record<string, Setting>;
