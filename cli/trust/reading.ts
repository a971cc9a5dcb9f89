/**
 * What every command that reads an artifact gives to the library: who must have signed it, which digest
 * and platform are wanted, and where to report to. Flags and trust rules come together here, so that no
 * command forgets either.
 *
 * @module
 */

import type { OpenOptions, Reference, Verifier } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/printable";
import { parseReference } from "@blobber/core/reference";
import type { Context } from "../context.ts";
import { SYSTEM_HINT } from "../config/paths.ts";
import { expectedDigest, platformOf } from "../library/wanted.ts";
import type { Requirement } from "../rules/decide.ts";
import { namedInVain, planVerification, systemDemand } from "./verification_plan.ts";

/**
 * Puts together the options of a reading call: what is demanded, and how much is accepted.
 *
 * @param context of the command
 * @param command its name
 * @param reference what is to be read, as it was written
 * @throws {BlobberError} `trust-rule` when nothing allows to read it
 */
export async function readOptions(
  context: Context,
  command: string,
  reference: string,
): Promise<OpenOptions> {
  const { settings } = context;
  return {
    ...context.report.observer(context.signal),
    maxEntries: settings.get("maxEntries"),
    maxBytes: settings.get("maxBytes"),
    maxFileBytes: settings.get("maxFileBytes"),
    ...await judge(context, command, parseReference(reference)),
    expect: expectedDigest(settings),
    platform: platformOf(settings),
  };
}

/**
 * Every verifier that must be satisfied: one for each trust rule about the reference, and one for what the
 * flags demand or, where no rule is about it, the settings.
 *
 * @param context of the command
 * @param command its name
 * @param reference what is to be read
 */
export async function verifiersOf(
  context: Context,
  command: string,
  reference: Reference,
): Promise<Verifier[] | undefined> {
  return (await judge(context, command, reference)).verifier;
}

/** What rules and flags demand, and the layout that they were asked about. */
async function judge(
  context: Context,
  command: string,
  reference: Reference,
): Promise<{ verifier: Verifier[] | undefined; layoutPath?: string }> {
  const { settings, report } = context;
  const files = settings.files.flatMap(({ rules }) => rules ?? []);
  let plan = planVerification(command, settings);
  let requirements: Requirement[] = [];
  let demand = systemDemand(command, settings);
  let judged: { layoutPath?: string } = {};
  if (files.length > 0 || settings.get("noVerify")) {
    const { decide } = await import("../rules/decide.ts");
    const { layoutPathOf, trustName } = await import("../rules/subject.ts");
    const name = trustName(reference);
    judged = layoutPathOf(name);
    const decision = decide(name, files, {
      noVerify: settings.get("noVerify"),
      verifies: plan !== undefined,
      reports: command === "verify",
    });
    requirements = decision.requirements;
    if (decision.matched) plan = planVerification(command, settings, true);
    // A rule says it more closely than settings do, but the system's settings only to a rule of the system's.
    if (decision.matchedBySystem) demand = undefined;
    if (demand !== undefined && settings.get("noVerify")) {
      throw notSetAside("--no-verify", demand.path);
    }
    for (const warning of decision.warnings) report.warn("trust", warning);
  }
  const verifiers: Verifier[] = [];
  if (requirements.length > 0) {
    const { ruleVerifier } = await import("./rule_verifier.ts");
    for (const requirement of requirements) {
      verifiers.push(await ruleVerifier(requirement, context));
    }
  }
  if (demand?.plan !== undefined) {
    const { makeVerifier } = await import("./verifying.ts");
    verifiers.push(await makeVerifier(context, demand.plan));
    if (JSON.stringify(plan) === JSON.stringify(demand.plan)) plan = undefined;
  } else if (demand !== undefined && plan?.unsafe) {
    throw notSetAside("verify.unsafe", demand.path);
  }
  if (plan?.unsafe) {
    report.warn(
      "unsafe-verification",
      "any valid certificate is accepted, whoever signed: for development only",
    );
  }
  if (plan !== undefined) {
    const { makeVerifier } = await import("./verifying.ts");
    verifiers.push(await makeVerifier(context, plan));
  }
  if (verifiers.length > 0) return { verifier: verifiers, ...judged };
  if (demand !== undefined) throw notSetAside("a rule of the user's", demand.path);
  const vain = settings.get("noVerify") || settings.flagged("verify")
    ? undefined
    : namedInVain(settings);
  if (vain !== undefined) {
    report.warn(
      "not-verified",
      `${vain} names a signer, and nothing demands a signature: say --verify`,
    );
  }
  return { verifier: undefined, ...judged };
}

function notSetAside(what: string, path: string): BlobberError {
  return new BlobberError(
    "trust-rule",
    `${what} cannot set aside the signature that the system's configuration demands ` +
      `(verify.enabled in ${printable(path)})`,
    { hint: SYSTEM_HINT },
  );
}
