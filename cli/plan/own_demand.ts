/**
 * Whether a run demands a signature by its flags, variables and files, before trust rules are looked at: the
 * decision as a table. What makes no sense is refused: a check that looks stricter than it is would be worse than
 * none.
 *
 * @module
 */

import type { Answers, Row } from "./decision_table.ts";

/** What is asked of a run. */
export const OWN_QUESTIONS = {
  /** What the command does with signatures: it ignores them, demands them, shows them, or makes a rule of flags. */
  command: ["ignores", "reads", "shows", "proposes"],
  /** Whether `--no-verify` was given. */
  noVerify: ["no", "yes"],
  /** `verify.enabled`: set by its flag, or to true by a variable or a file. */
  verify: ["unset", "--verify", "--verify=false", "by settings"],
  /** Whether a flag says whose signature, or a further condition: each row of the settings with `demands`. */
  flags: ["none", "some"],
  /** Who must have signed, as far as it is said at all. */
  signer: [
    "unnamed",
    "two ways",
    "subject without issuer",
    "issuer without subject",
    "two subjects",
    "unsafe",
    "key",
    "identity",
  ],
  /** Whether a flag says so. */
  signerByFlag: ["no", "yes"],
  /** Whether claims of a certificate are demanded. */
  claims: ["no", "yes"],
  /** `--signed-as` demands a signed name, `--verify-name off` demands none. */
  name: ["consistent", "contradictory"],
} as const;

/** Answers of one run. */
export type OwnAnswers = Answers<typeof OWN_QUESTIONS>;

/** When the signature is demanded that flags, variables and files ask for. */
export type OwnDemand = "never" | "where no rule matches" | "always";

/** Combinations that are refused; how each is told stands in `refusals.ts`. */
export type Refused =
  | "signed-as without a name"
  | "no-verify and a demand"
  | "no-verify and verify"
  | "verify=false and a demand"
  | "two ways to name a signer"
  | "two subjects"
  | "subject without issuer"
  | "issuer without subject"
  | "demand without signer"
  | "claims without identity";

/** What a row comes to. */
export type OwnOutcome = { demand: OwnDemand } | { refuse: Refused };

const never = { demand: "never" } as const;
const refuse = (refuse: Refused) => ({ refuse });

/** The first row that holds decides. */
export const OWN_DEMAND: readonly Row<typeof OWN_QUESTIONS, OwnOutcome>[] = [
  { when: { command: ["ignores"] }, then: never },
  { when: { name: ["contradictory"] }, then: refuse("signed-as without a name") },
  // Without a signer from flags, `trust add` finds out who signed, and proposes a rule.
  { when: { command: ["proposes"], signerByFlag: ["no"] }, then: never },

  // What was switched off for this run.
  { when: { noVerify: ["yes"], flags: ["some"] }, then: refuse("no-verify and a demand") },
  { when: { noVerify: ["yes"], verify: ["--verify"] }, then: refuse("no-verify and verify") },
  { when: { noVerify: ["yes"] }, then: never },
  {
    when: { verify: ["--verify=false"], flags: ["some"] },
    then: refuse("verify=false and a demand"),
  },
  { when: { verify: ["--verify=false"] }, then: never },

  // What asks for no signature. `verify` goes on, by trust rules, or to show who claims to have signed.
  {
    when: { command: ["reads", "proposes"], verify: ["unset"], flags: ["none"] },
    then: never,
  },
  {
    when: { command: ["shows"], verify: ["unset"], flags: ["none"], signer: ["unnamed"] },
    then: never,
  },

  // A signature is asked for: it has to be clear whose.
  { when: { signer: ["two ways"] }, then: refuse("two ways to name a signer") },
  { when: { signer: ["unnamed"] }, then: refuse("demand without signer") },
  { when: { signer: ["two subjects"] }, then: refuse("two subjects") },
  { when: { signer: ["subject without issuer"] }, then: refuse("subject without issuer") },
  { when: { signer: ["issuer without subject"] }, then: refuse("issuer without subject") },
  { when: { signer: ["unsafe", "key"], claims: ["yes"] }, then: refuse("claims without identity") },

  // Flags add to trust rules; variables and files say what holds where no rule matches.
  { when: { flags: ["some"] }, then: { demand: "always" } },
  { when: { verify: ["--verify"] }, then: { demand: "always" } },
  { when: {}, then: { demand: "where no rule matches" } },
];
