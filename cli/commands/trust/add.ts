/**
 * `trust add REF` and `trust add GLOB --verify-…`.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/printable";
import { parseReference } from "@blobber/core/reference";
import { canAsk, confirm } from "../../terminal/ask.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { editedPath } from "../../config/paths.ts";
import type { Context } from "../../context.ts";
import { planOf } from "../../plan/run_plan.ts";
import { claimedSigners, claimsInWords } from "../../trust/claimed.ts";
import { addRule, checkRule } from "../../config/edit_rules.ts";
import { chooseSigner, collecting, exhaust, type Found, provenRule } from "../../trust/propose.ts";
import { ruleName, type WrittenRule } from "../../rules/rule_text.ts";
import { ruleOfPlan } from "../../trust/rule_of_plan.ts";
import { trustName } from "../../rules/subject.ts";
import { signedAsOf } from "../../plan/verification.ts";
import { makeVerifier } from "../../trust/verifying.ts";

/** Adds a rule to the user's file: from flags, or proposed from the signature that is there. */
export async function runTrustAdd(context: Context): Promise<void> {
  const { out, settings, env } = context;
  const what = context.args[0]!;
  const taken = settings.files.flatMap(({ rules }) => rules?.rules ?? []).map(({ name }) => name);
  const { own } = planOf(context).verification;
  const plan = own.when === "never" ? undefined : own.plan;
  if (plan?.unsafe) {
    throw new BlobberError(
      "usage",
      "a rule names whom it trusts, and --verify-unsafe names nobody",
    );
  }
  const name = settings.get("ruleName");
  if (name !== undefined && taken.includes(name)) {
    throw new BlobberError("usage", `another rule is named ${quote(name)} already`);
  }
  const pattern = patternOf(what);
  const rule = plan === undefined
    ? await propose(context, what, (pattern) => name ?? ruleName(pattern, taken))
    : ruleOfPlan(name ?? ruleName(pattern, taken), pattern, plan, absolute);
  checkRule(rule);
  const file = editedPath(settings.get("config"), env);
  // Flags have said it all; what was found out is for a person to judge.
  if (plan === undefined && !settings.get("yes")) await ask(context, rule, file);
  await addRule(file, rule);
  await out.sentences({ rule, file }, `Added rule ${printable(rule.name)} to ${printable(file)}`);
}

/** What the rule is about: of a reference with a tag or digest, the repository. */
function patternOf(what: string): string {
  let reference: Reference;
  try {
    reference = parseReference(what);
  } catch { // a pattern, which is read as one
    return what;
  }
  return (reference.tag ?? reference.digest) === undefined ? what : trustName(reference);
}

/** A rule that what is there satisfies. */
async function propose(
  context: Context,
  ref: string,
  nameFor: (pattern: string) => string,
): Promise<WrittenRule> {
  const { settings } = context;
  if (ref.includes("*")) {
    throw new BlobberError("usage", `${quote(ref)} is a pattern, and nothing says whom to trust`, {
      hint: "add --verify-issuer with --verify-subject, or --verify-key",
    });
  }
  const reference = parseReference(ref);
  const trustedRoot = settings.file("trustedRoot");
  const signedAs = signedAsOf(settings);
  const verifier = await makeVerifier(context, {
    signers: [],
    unsafe: true,
    claims: {},
    name: signedAs === undefined ? "off" : "repository",
    ...signedAs !== undefined && { signedAs },
    requireLog: false,
    ...trustedRoot !== undefined && { trustedRoot },
    offline: settings.get("offline"),
  });
  const found: Found[] = [];
  const client = await makeClient(context);
  const search = client.verify(reference, {
    ...context.report.observer(context.signal),
    verifier: collecting(verifier, found),
  });
  await exhaust(search, found).catch((error) => {
    // All that was found is signed with keys, and who holds a key is nothing that could be found out.
    if (isBlobberError(error, "identity-mismatch")) return byKey(context, reference);
    throw error;
  });
  const repository = trustName(reference);
  return await provenRule(chooseSigner(found, settings.get("signer")), {
    name: nameFor(repository),
    repository,
    signedAs,
    trustedRoot: trustedRoot === undefined ? undefined : absolute(trustedRoot.path),
  }, context);
}

/** Asks whether to add a rule; without a terminal, shows it and stops. */
async function ask({ report, signal }: Context, rule: WrittenRule, file: string): Promise<void> {
  const { stringify } = await import("yaml");
  const lines = stringify([rule], { lineWidth: 0 }).trimEnd().split("\n")
    .map((line) => printable(line));
  if (!canAsk()) {
    report.show({ proposal: rule }, lines);
    throw new BlobberError("usage", "a rule is proposed, and there is no terminal to ask at", {
      hint: "say --yes to add it, or write another with trust add GLOB --verify-…",
    });
  }
  if (!await confirm(`${lines.join("\n")}\nAdd this rule to ${printable(file)}?`, signal)) {
    throw new BlobberError("interrupted", "no rule was added");
  }
}

async function byKey(context: Context, reference: Reference): Promise<never> {
  const claimed = await claimsInWords(await claimedSigners(context, reference));
  throw new BlobberError("usage", `a rule for a key needs the key's file; ${claimed}`, {
    hint: `blobber trust add ${
      trustName(reference)
    } --verify-key FILE, with the signer's public key`,
  });
}

function absolute(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (cause) {
    throw new BlobberError("invalid-option", `no such file: ${quote(path)}`, { cause });
  }
}
