/**
 * What must hold of one reference in the end, when trust rules and the system's settings have had their say: the
 * decision as a table.
 *
 * @module
 */

import type { Answers, Row } from "./decision_table.ts";

/** What is asked of a run and its reference. */
export const JOINT_QUESTIONS = {
  /** When the run's own flags, variables and files demand a signature. */
  own: ["never", "where no rule matches", "always"],
  /** Whether they accept any signer. */
  ownIsUnsafe: ["no", "yes"],
  /** What the trust rules that match come to: none matches, those that do need no signature, or one is demanded. */
  rules: ["none", "unsigned", "signed"],
  /** Whether a rule of the system's matches: it says more closely what the system's settings say. */
  systemRule: ["no", "yes"],
  /** What the system's settings demand: nothing, a signature without a signer, or a signature of a signer. */
  system: ["nothing", "any signer", "a signer"],
  /** Whether `--no-verify` was given. */
  noVerify: ["no", "yes"],
} as const;

/** Answers for one reference. */
export type JointAnswers = Answers<typeof JOINT_QUESTIONS>;

/** Who asks for less than the system's settings demand. */
export type Lax = "--no-verify" | "verify.unsafe" | "a rule of the user's";

/** Refused, because it would set aside what the system's settings demand. The first row that holds decides. */
export const LAX: readonly Row<typeof JOINT_QUESTIONS, Lax>[] = [
  {
    when: { system: ["any signer", "a signer"], systemRule: ["no"], noVerify: ["yes"] },
    then: "--no-verify",
  },
  {
    when: { system: ["any signer"], systemRule: ["no"], own: ["always"], ownIsUnsafe: ["yes"] },
    then: "verify.unsafe",
  },
  {
    when: {
      system: ["any signer"],
      systemRule: ["no"],
      own: ["where no rule matches"],
      rules: ["none"],
      ownIsUnsafe: ["yes"],
    },
    then: "verify.unsafe",
  },
  // The system leaves open by whom, and nothing else says it.
  {
    when: { system: ["any signer"], systemRule: ["no"], own: ["never"], rules: ["none"] },
    then: "a rule of the user's",
  },
  {
    when: {
      system: ["any signer"],
      systemRule: ["no"],
      own: ["never", "where no rule matches"],
      rules: ["unsigned"],
    },
    then: "a rule of the user's",
  },
];

/** What must hold, each of them. */
export type Demanded = "every rule" | "the system's settings" | "the run's own";

/** Every row that holds adds what must hold; where none does, nothing is verified. */
export const JOINT_DEMAND: readonly Row<typeof JOINT_QUESTIONS, Demanded>[] = [
  { when: { rules: ["signed"] }, then: "every rule" },
  { when: { system: ["a signer"], systemRule: ["no"] }, then: "the system's settings" },
  { when: { own: ["always"] }, then: "the run's own" },
  { when: { own: ["where no rule matches"], rules: ["none"] }, then: "the run's own" },
];
