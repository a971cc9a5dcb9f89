/**
 * Commands that tell what is there.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const LOOKING = {
  tags: {
    args: ["repository"],
    summary: "list the tags of a repository",
    details: [
      "One a line, in the order of versions: v1.9 before v1.10, 2.0-rc.1 before 2.0. Names that are no " +
      "versions stand first, so the newest version is the last line, and --limit shows the newest.",
      "Tags that stand in for a list of referrers, and those that cosign made of a digest, are shown " +
      "with --all only.",
    ],
    examples: ["tags ghcr.io/acme/site", "tags oci:./layout --limit 3"],
  },
  repos: {
    elsewhere: ["catalog"],
    args: ["host"],
    summary: "list the repositories of a registry",
    details: [
      "One a line, as other commands take them, in the order of the registry. It needs the registry's " +
      "catalogue, which many public registries do not have, or show to their operator alone.",
    ],
    examples: ["repos registry.example.com", "repos 127.0.0.1:5000 --limit 10"],
  },
  resolve: {
    args: ["reference"],
    summary: "print the digest that a reference names",
    details: [
      "Prints the digest and nothing else, of an index where the reference names one; with --platform, " +
      "that of the manifest that is chosen from it. digest prints that of the manifest which a pull " +
      "would take.",
      "With --verbose, media type and size are said on stderr, so that what a script reads stays the " +
      "digest. Nothing is printed where a signature that is demanded is missing.",
    ],
    examples: [
      "resolve ghcr.io/acme/site:v1",
      "resolve ghcr.io/acme/site:v1 --platform linux/arm64",
    ],
  },
  inspect: {
    elsewhere: ["info", "manifest", "show"],
    args: ["reference"],
    summary: "show what an artifact is, without downloading what is in it",
    details: [
      "Shows the digest, media types, layers, the number of files where a table of contents tells it, " +
      "annotations, and who signed it where flags, settings or rules demand a signature. Where none is " +
      "demanded, signatures are counted and not verified. Of an index, its manifests are listed; " +
      "--platform shows one of them.",
      "With --raw, prints the manifest, the config or the table of contents as it is stored: what its " +
      "digest is of.",
    ],
    examples: [
      "inspect ghcr.io/acme/site:v1",
      "inspect ghcr.io/acme/site:v1 --tags",
      "inspect ghcr.io/acme/app:v1 --platform linux/arm64",
      "inspect ghcr.io/acme/site:v1 --raw manifest",
    ],
  },
  tree: {
    elsewhere: ["discover", "referrers"],
    args: ["reference"],
    summary: "show an artifact and all that refers to it, as a tree",
    details: [
      "Signatures that satisfy flags, settings or rules are shown with who made them. Of others it is " +
      "shown what they claim, which any user who may push can have written. Attestations and bills of " +
      "materials are shown with the types that they state, everything else by its artifact type.",
    ],
    examples: [
      "tree ghcr.io/acme/site:v1",
      "tree ghcr.io/acme/site:v1 --verify-key acme.pub",
      "tree ghcr.io/acme/app:v1 --long",
    ],
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
} as const satisfies Record<string, CommandRow>;
