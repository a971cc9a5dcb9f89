/**
 * Commands of signatures and trust.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

const REF = { name: "REF", kind: "reference" } as const;

/** Rows of the table of commands. */
export const SIGNATURES = {
  sign: {
    args: [REF],
    summary: "sign an artifact that is already there",
    details: [
      "Prints the digest first and asks. Without a terminal the digest must be in the reference, or " +
      "--from names the directory that it must be made of. REF:TAG@sha256:… signs the tag with it.",
    ],
    examples: [
      "sign ghcr.io/acme/site:v1@sha256:… --sign-key acme.key",
      "sign ghcr.io/acme/site:v1 --from ./site",
    ],
  },
  verify: {
    args: [REF],
    summary: "show who signed an artifact and what proves it",
    details: [
      "Prints the proven digest alone on the first line, and with --quiet nothing else. Go on with " +
      "that digest: where an index is not signed itself, it is the digest of the signed manifest.",
    ],
    examples: [
      "verify ghcr.io/acme/site:v1 --verify-key acme.pub",
      "verify ghcr.io/acme/site:v1 --verify-issuer https://accounts.google.com " +
      "--verify-subject jo@acme.example",
    ],
  },
  trust: {
    args: [],
    summary: "show the rules that say whom to trust for what",
  },
  "trust list": {
    args: [],
    summary: "show the rules that say whom to trust for what",
  },
  "trust check": {
    args: [REF],
    summary: "show which rules are about an artifact, and whether it satisfies them",
    examples: ["trust check ghcr.io/acme/site:v1"],
  },
  "trust add": {
    args: [{ name: "REF|PATTERN", kind: "reference" }],
    summary: "add a rule to the configuration file",
    details: [
      "With --verify-… flags, the rule says for every repository that the pattern is about what the " +
      "flags say for one run. Without, a rule is proposed from the signature that is there, and asked about.",
    ],
    examples: [
      "trust add ghcr.io/acme/site:v1",
      "trust add 'ghcr.io/acme/**' --verify-key acme.pub",
    ],
  },
  "trust remove": {
    args: [{ name: "NAME", kind: "text" }],
    summary: "remove a rule from the configuration file",
  },
} as const satisfies Record<string, CommandRow>;
