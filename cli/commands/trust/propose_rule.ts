/**
 * A rule for `trust add` from the signature that is there.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { claimedSigners, claimsInWords } from "../../trust/claimed.ts";
import {
  awaitCollection,
  chooseSigner,
  collectingVerifier,
  type Found,
  provenRule,
} from "../../trust/propose.ts";
import type { WrittenRule } from "../../rules/rule_text.ts";
import { absolutePath } from "../../trust/rule_of_plan.ts";
import { trustName } from "../../rules/subject.ts";
import { signedAsOf } from "../../plan/verification.ts";
import { makeVerifier } from "../../trust/verifying.ts";

/**
 * Proposes a rule that what is there satisfies.
 *
 * @param context of the command
 * @param ref the artifact
 * @param nameFor names the rule for a repository
 * @throws {BlobberError} when there is no signature that a rule could be made of
 */
export async function proposeRule(
  context: Context,
  ref: string,
  nameFor: (pattern: string) => string,
): Promise<WrittenRule> {
  const { settings } = context;
  if (ref.includes("*")) {
    throw new BlobberError("usage", `${quote(ref)} is a pattern, and no signer is named`, {
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
    verifier: collectingVerifier(verifier, found),
  });
  await awaitCollection(search, found).catch((error) => {
    // Every signature found is by a key, and no signature tells who holds it.
    if (isBlobberError(error, "identity-mismatch")) return byKey(context, reference);
    throw error;
  });
  const repository = trustName(reference);
  return await provenRule(chooseSigner(found, settings.get("signer")), {
    name: nameFor(repository),
    repository,
    signedAs,
    trustedRoot: trustedRoot === undefined ? undefined : absolutePath(trustedRoot.path),
  }, context);
}

async function byKey(context: Context, reference: Reference): Promise<never> {
  const claimed = await claimsInWords(await claimedSigners(context, reference));
  throw new BlobberError("usage", `a rule for a key needs the file of the public key; ${claimed}`, {
    hint: `blobber trust add ${
      trustName(reference)
    } --verify-key FILE, with the public key of the signer`,
  });
}
