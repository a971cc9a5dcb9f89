/**
 * `verify REF`.
 *
 * @module
 */

import type { VerifyResult } from "@blobber/core";
import { printable, printableSentence } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf, signerText } from "../../trust/verdict.ts";

/** Says who signed an artifact and what shows it. The digest comes first, alone on its line. */
export async function runVerify(context: Context): Promise<void> {
  const { out, settings, report } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const options = await readOptions(context, "verify", ref);
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
  await out.result({
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
  }, settings.get("quiet") ? descriptor.digest : describe(result).join("\n"));
}

function describe({ descriptor, named, signed, verdict, rejected }: VerifyResult): string[] {
  const { signer, time, log, checks } = verdict;
  const lines: [string, string][] = [["Signer", signerText(verdict)]];
  if (signer.kind === "certificate") {
    lines[0]![1] = printable(signer.subject);
    lines.push(["Issuer", printable(signer.issuer)]);
  }
  if (time !== undefined) lines.push(["Time", time.toISOString()]);
  if (log !== undefined) {
    lines.push(["Log", `${printable(log.url)}, entry ${printable(log.index)}`]);
  }
  if (signed === "manifest") {
    lines.push(["Index", `${named.digest}, which is not signed itself`]);
  }
  const width = Math.max(...[...lines.map(([name]) => name), ...checks.map((c) => c.name)]
    .map(({ length }) => length));
  return [
    descriptor.digest,
    ...lines.map(([name, text]) => `${`${name}:`.padEnd(width + 1)}  ${text}`),
    ...checks.map(({ name, result, evidence }) =>
      `${name.padEnd(width + 1)}  ${WORDS[result]}: ${printableSentence(evidence)}`
    ),
    ...rejected.slice(0, SHOWN).map(({ descriptor: { digest }, error }) =>
      `rejected ${digest}: ${printableSentence(error.message)}`
    ),
    ...rejected.length > SHOWN ? [`rejected ${rejected.length - SHOWN} more`] : [],
  ];
}

/** Rejected signatures that are shown one by one: any user who may push can add thousands. */
const SHOWN = 10;

const WORDS = { passed: "passed", absent: "absent", unchecked: "present, not checked" } as const;
