/**
 * The call `check`: whether a directory is what an artifact says, which a caller names, or a receipt does.
 *
 * @module
 */

import { checkDirectory } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { CheckOptions } from "../options.ts";
import type { CheckResult } from "../results.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import { readName } from "../stores/named.ts";
import type { ThreadCall } from "../threads/pool.ts";
import { checkTree } from "../verbs/check/check.ts";
import type { Session } from "../verbs/session.ts";
import type { Against } from "./against_receipt.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";

/**
 * Checks a directory against what a caller names.
 *
 * @param ref the artifact; left out, the receipt says which
 * @param threads this call's part of the client's
 */
export async function check(
  session: Session,
  directory: string,
  ref: Readable | undefined,
  { options, threads }: { options: CheckOptions; threads: Promise<ThreadCall> },
): Promise<CheckResult> {
  checkDirectory(directory);
  const traffic = new Traffic();
  const { receipt } = options;
  const against = receipt === undefined
    ? await ofStore(session, demanded(ref), { ...options, traffic })
    : await (await import("./against_receipt.ts"))
      .againstReceipt(session, ref, { ...options, receipt, traffic });
  const { source, artifact, reference, content, tableStart } = against;
  const result = await checkTree(directory, source, artifact.manifest, {
    ...options,
    ...{ traffic, content, tableStart },
    threads: await threads,
    allowSharedDirectories: session.options.allowSharedDirectories,
  });
  return { reference, ...result, verdict: artifact.proofs[0]?.verdict };
}

function demanded(ref: Readable | undefined): Readable {
  if (ref !== undefined) return ref;
  throw new BlobberError(
    "invalid-option",
    "nothing to check against, expected a reference or a receipt",
  );
}

async function ofStore(
  session: Session,
  ref: Readable,
  options: CheckOptions & { traffic: Traffic },
): Promise<Against> {
  const { text: reference } = readName(ref);
  return { reference, ...await resolveNamed(session, ref, options) };
}
