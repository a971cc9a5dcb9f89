/**
 * Commands of signatures and trust.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const SIGNATURES = {
  sign: {
    args: ["reference"],
    summary: "sign an existing artifact",
    details: [
      "Shows the digest and asks before it signs, and prints the digest once it is signed. Without " +
      "a terminal, give the digest in the reference, or name the directory that it was made of with " +
      "--from. REF:TAG@sha256:… signs the tag too.",
    ],
    examples: [
      "sign ghcr.io/acme/site:v1@sha256:… --sign-key acme.key",
      "sign ghcr.io/acme/site:v1 --from ./site",
    ],
    about: ["signing"],
  },
  verify: {
    args: ["reference"],
    summary: "show who signed an artifact, and the evidence",
    details: [
      "Prints the verified digest alone on the first line, and with --quiet nothing else. Use that " +
      "digest from then on: if an index is not signed itself, it is the digest of the signed manifest.",
    ],
    examples: [
      "verify ghcr.io/acme/site:v1 --verify-key acme.pub",
      "verify ghcr.io/acme/site:v1 --verify-issuer https://accounts.google.com " +
      "--verify-subject jo@acme.example",
    ],
    about: ["verification"],
  },
  trust: {
    args: [],
    summary: "list the trust rules",
    examples: ["trust"],
  },
  "trust list": {
    args: [],
    summary: "list the trust rules",
    examples: ["trust list"],
  },
  "trust check": {
    args: ["reference"],
    summary: "show which rules match an artifact, and whether it satisfies them",
    examples: ["trust check ghcr.io/acme/site:v1"],
  },
  "trust add": {
    args: [{ kind: "pattern", name: "REF|PATTERN" }],
    summary: "add a rule to the configuration file",
    details: [
      "With --verify-… flags, the rule demands of every repository that the pattern matches what " +
      "the flags demand in one run. Without them, a rule is proposed from the existing signature, " +
      "and added once you confirm it.",
    ],
    examples: [
      "trust add ghcr.io/acme/site:v1",
      "trust add 'ghcr.io/acme/**' --verify-key acme.pub",
    ],
    about: ["verification"],
  },
  "trust remove": {
    args: ["rule"],
    summary: "remove a rule from the configuration file",
    examples: ["trust remove acme"],
  },
} as const satisfies Record<string, CommandRow>;
