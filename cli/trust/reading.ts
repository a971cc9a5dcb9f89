/**
 * The options that every command that reads an artifact passes to the library: the signers that are demanded, the
 * expected digest and platform, and where to report to. Flags and trust rules are joined here, so that no command
 * forgets either.
 *
 * @module
 */

import type { OpenOptions, Reference, Verifier } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";
import { parseReference } from "@blobber/core/internal/reference";
import type { Context } from "../context.ts";
import { SYSTEM_HINT } from "../config/paths.ts";
import { expectedDigest, platformOf } from "../library/wanted.ts";
import { allThatHold, firstThatHolds } from "../plan/decision_table.ts";
import {
  type Demanded,
  JOINT_DEMAND,
  type JointAnswers,
  LAX,
  type Lax,
} from "../plan/joint_demand.ts";
import { runPlanOf } from "../plan/run_plan.ts";
import { namedInVain } from "../plan/signers.ts";
import type { Demands, VerificationPlan } from "../plan/verification.ts";
import type { Decision } from "../rules/decide.ts";

/**
 * Puts together the options of a reading call: what is demanded, and how much is accepted.
 *
 * @param context of the command
 * @param reference what is to be read, as it was written
 * @throws {BlobberError} `trust-rule` if nothing allows reading it
 */
export async function readOptions(context: Context, reference: string): Promise<OpenOptions> {
  const { settings } = context;
  return {
    ...context.report.observer(context.signal),
    maxEntries: settings.get("maxEntries"),
    maxBytes: settings.get("maxBytes"),
    maxFileBytes: settings.get("maxFileBytes"),
    ...await judge(context, parseReference(reference)),
    expect: expectedDigest(settings),
    platform: platformOf(settings),
  };
}

/**
 * Every verifier that must be satisfied: one for each trust rule that matches the reference, and one for
 * what the flags demand or, if no rule matches, the settings.
 *
 * @param context of the command
 * @param reference what is to be read
 */
export async function verifiersOf(
  context: Context,
  reference: Reference,
): Promise<Verifier[] | undefined> {
  return (await judge(context, reference)).verifier;
}

/** What rules and flags demand, and the layout that they were decided on. */
async function judge(
  context: Context,
  reference: Reference,
): Promise<{ verifier: Verifier[] | undefined; layoutPath?: string }> {
  const { verification } = runPlanOf(context);
  const { decision, layout } = await rulesFor(reference, context, verification);
  const answers = answersOf(verification, decision);
  const lax = firstThatHolds(LAX, answers);
  if (lax !== undefined) throw notSetAside(lax, verification.system!.path);
  for (const warning of decision.warnings) context.report.warn("trust", warning);
  const demanded = allThatHold(JOINT_DEMAND, answers);
  const verifiers = await verifiersFor(demanded, { context, verification, decision });
  if (verifiers.length > 0) return { verifier: verifiers, ...layout };
  if (demanded.length > 0) throw new Error("a signature is demanded, and nothing verifies it");
  warnOfVainName(context, verification);
  return { verifier: undefined, ...layout };
}

/** What no rule says anything about. */
const UNRULED: Decision = {
  requirements: [],
  matched: false,
  matchedBySystem: false,
  warnings: [],
};

async function rulesFor(
  reference: Reference,
  { settings }: Context,
  { own, noVerify, shows }: Demands,
): Promise<{ decision: Decision; layout: { layoutPath?: string } }> {
  const files = settings.files.flatMap(({ rules }) => rules ?? []);
  if (files.length === 0 && !noVerify) return { decision: UNRULED, layout: {} };
  const { decideByRules } = await import("../rules/decide.ts");
  const { layoutPathOf, trustName } = await import("../rules/subject.ts");
  const name = trustName(reference);
  const verifies = own.when !== "never";
  const decision = decideByRules(name, files, { noVerify, verifies, reports: shows });
  return { decision, layout: layoutPathOf(name) };
}

function answersOf({ own, system, noVerify }: Demands, decision: Decision): JointAnswers {
  const { requirements, matched, matchedBySystem } = decision;
  return {
    own: own.when,
    ownIsUnsafe: own.when !== "never" && own.plan.unsafe ? "yes" : "no",
    rules: requirements.length > 0 ? "signed" : matched ? "unsigned" : "none",
    systemRule: matchedBySystem ? "yes" : "no",
    system: system === undefined
      ? "nothing"
      : system.plan === undefined
      ? "any signer"
      : "a signer",
    noVerify: noVerify ? "yes" : "no",
  };
}

async function verifiersFor(
  demanded: readonly Demanded[],
  { context, verification: { own, system }, decision }: {
    context: Context;
    verification: Demands;
    decision: Decision;
  },
): Promise<Verifier[]> {
  const verifiers: Verifier[] = [];
  if (demanded.includes("every rule")) {
    const { ruleVerifier } = await import("./rule_verifier.ts");
    for (const requirement of decision.requirements) {
      verifiers.push(await ruleVerifier(requirement, context));
    }
  }
  const plans: VerificationPlan[] = [];
  if (demanded.includes("the system's settings")) plans.push(system!.plan!);
  if (demanded.includes("the run's own") && own.when !== "never") {
    // Where nothing is said below the system's settings, both are the same.
    if (JSON.stringify(own.plan) !== JSON.stringify(plans[0])) {
      plans.push(own.plan);
      if (own.plan.unsafe) {
        context.report.warn(
          "unsafe-verification",
          "any signer with a valid certificate is accepted: for development only",
        );
      }
    }
  }
  if (plans.length > 0) {
    const { makeVerifier } = await import("./verifying.ts");
    for (const plan of plans) verifiers.push(await makeVerifier(context, plan));
  }
  return verifiers;
}

/** So that the name of a signer is not taken for a demand. */
function warnOfVainName({ settings, report }: Context, { noVerify }: Demands): void {
  if (noVerify || settings.flagged("verify")) return;
  const vain = namedInVain(settings);
  if (vain === undefined) return;
  report.warn(
    "not-verified",
    `${vain} names a signer, but nothing demands a signature; --verify does`,
  );
}

function notSetAside(lax: Lax, path: string): BlobberError {
  return new BlobberError(
    "trust-rule",
    `${lax} cannot set aside the signature that the system's configuration demands ` +
      `(verify.enabled in ${printable(path)})`,
    { hint: SYSTEM_HINT },
  );
}
