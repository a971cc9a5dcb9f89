/**
 * `trust check REF`.
 *
 * @module
 */

import { printable } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { expectedDigest, platformOf } from "../../library/wanted.ts";
import { verifiersOf } from "../../trust/reading.ts";
import { decideByRules } from "../../rules/decide.ts";
import { trustName } from "../../rules/subject.ts";
import { signedBy, signerText } from "../../trust/verdict.ts";
import { ruleDocument, ruleLines } from "./list.ts";

/** Shows which rules match a reference, and whether what is there satisfies them. */
export async function runTrustCheck(context: Context): Promise<void> {
  const { out, settings } = context;
  const reference = parseReference(context.args[0]!);
  const name = trustName(reference);
  const files = settings.files.flatMap(({ rules }) => rules ?? []);
  const { requirements, matched } = decideByRules(name, files, {
    noVerify: false,
    verifies: false,
  });
  const verifier = await verifiersOf(context, reference);
  const proven = verifier === undefined
    ? undefined
    : await (await makeClient(context)).verify(reference, {
      ...context.report.observer(context.signal),
      verifier,
      expect: expectedDigest(settings),
      platform: platformOf(settings),
    });
  const verdicts = proven?.proofs.map(({ verdict }) => verdict) ?? [];
  await out.sentences(
    {
      reference: formatReference(reference),
      name,
      matched,
      rules: requirements.map(({ rule, file, scope }) => ({ ...ruleDocument(rule), file, scope })),
      ...proven !== undefined &&
        { digest: proven.descriptor.digest, signers: verdicts.map(signerText) },
    },
    ...requirements.flatMap((one) => [...ruleLines(one.rule, one, out.columns), ""]),
    ...matched ? [] : [`No rule matches ${printable(name)}`],
    ...matched && requirements.length === 0
      ? [`${printable(name)} needs no signature by the rules`]
      : [],
    ...proven === undefined
      ? []
      : [`Satisfied by ${proven.descriptor.digest}`, ...new Set(verdicts.map(signedBy))],
  );
}
