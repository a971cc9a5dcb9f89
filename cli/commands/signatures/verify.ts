/**
 * `verify REF`.
 *
 * @module
 */

import type { Proof, VerifyResult } from "@blobber/core";
import { printableSentence } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";
import { signedBy, signerOf } from "../../trust/verdict.ts";
import { table } from "../../terminal/wrap.ts";

/** Says who signed an artifact and what shows it. The digest comes first, alone on its line. */
export async function runVerify(context: Context): Promise<void> {
  const { out, settings, report } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const options = await readOptions(context, ref);
  if (options.verifier === undefined) {
    const { nobodyNamed } = await import("../../trust/claimed.ts");
    throw await nobodyNamed(context, reference);
  }
  const onNotice: typeof report.onNotice = (notice) => {
    if (notice.code !== "unsigned-index") report.onNotice(notice); // said below, as a warning
  };
  const result = await (await makeClient(context)).verify(reference, { ...options, onNotice });
  const { descriptor, named, signed, signature, verdict, rejected } = result;
  if (signed === "manifest") {
    report.warn(
      "unsigned-index",
      `the index ${named.digest} is not signed; only ${descriptor.digest}, which was chosen from it, ` +
        "is verified",
    );
  }
  await out.sentences({
    reference: formatReference(reference),
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    signed: { what: signed, digest: descriptor.digest },
    ...signed === "manifest" && { unsignedIndex: named.digest },
    signature: signature.digest,
    signer: signerOf(verdict),
    checks: verdict.checks,
    rejected: rejected.map(({ descriptor: { digest }, error: { code, message } }) => ({
      digest,
      code,
      message,
    })),
  }, ...settings.get("quiet") ? [descriptor.digest] : verdictLines(result, out.columns));
}

/** Rejected signatures that are shown one by one: any user who may push can add thousands. */
const MAX_SHOWN = 10;

const RESULTS = { passed: "passed", absent: "absent", unchecked: "not checked" } as const;

/** The digest, who signed it, and for every signature the table of what was checked. */
function verdictLines(result: VerifyResult, columns: number): string[] {
  const { descriptor, named, signed, rejected } = result;
  const proofs = distinct([result, ...result.proofs]);
  return [
    descriptor.digest,
    ...proofs.keys(),
    ...signed === "manifest" ? [`The index ${named.digest} is not signed itself.`] : [],
    ...[...proofs].flatMap(([signer, proof], i) => [
      "",
      // The first table follows the line about its signer, or the list that begins with it.
      ...i === 0 ? [] : [signer],
      ...checkTable(proof, descriptor.digest, columns),
    ]),
    ...rejected.length === 0 ? [] : [""],
    ...rejected.slice(0, MAX_SHOWN).map(({ descriptor: { digest }, error }) =>
      `rejected ${digest}: ${printableSentence(error.message)}`
    ),
    ...rejected.length > MAX_SHOWN ? [`rejected ${rejected.length - MAX_SHOWN} more`] : [],
  ];
}

/** One proof for each line about a signer: the same signature may satisfy several rules. */
function distinct(proofs: readonly Proof[]): Map<string, Proof> {
  const found = new Map<string, Proof>();
  for (const proof of proofs) {
    const signer = signedBy(proof.verdict);
    if (!found.has(signer)) found.set(signer, proof);
  }
  return found;
}

function checkTable({ verdict }: Proof, digest: string, columns: number): string[] {
  const { signer, checks } = verdict;
  // They stand in full above the table.
  const known = [digest, ...signer.kind === "key" ? [signer.fingerprint] : []];
  const rows = checks.map(({ name, result, evidence }) => [
    name,
    RESULTS[result],
    known.reduce((text, one) => text.replaceAll(one, shortened(one)), printableSentence(evidence)),
  ]);
  return table(rows, { columns });
}

/** `sha256:46721fa043b1…`. */
function shortened(digest: string): string {
  return `${digest.slice(0, digest.indexOf(":") + 1 + 12)}…`;
}
