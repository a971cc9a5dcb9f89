/**
 * The call `pull`, and the way to `check`, which tells whether what was pulled is still that.
 *
 * @module
 */

import { checkDirectory } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { CheckOptions, PullOptions, PullTarOptions } from "../options.ts";
import type { CheckResult, PullResult } from "../results.ts";
import type { Source } from "../store.ts";
import type { StateDirectory } from "../stores/state/state_directory.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import type { ThreadCall } from "../threads/pool.ts";
import type { Session } from "../verbs/session.ts";
import type { Artifact } from "../verbs/resolve.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";
import type { PulledReceipt, ReceiptPull } from "./pull_receipt.ts";

/**
 * Pulls what a caller names into a directory.
 *
 * @param threads this call's part of the client's
 */
export async function pullNamed(
  session: Session,
  ref: Readable,
  dir: string,
  { options, threads }: { options: PullOptions; threads: Promise<ThreadCall> },
): Promise<PullResult> {
  checkDirectory(dir);
  if ("to" in options) {
    throw new BlobberError(
      "invalid-option",
      "invalid option to: a directory is the destination, expected a stream to write to",
    );
  }
  const receipt = options.receipt === undefined
    ? undefined
    : await receiptOf(session, ref, dir, { ...options, receipt: options.receipt });
  const loading = import("../verbs/pull.ts"); // while the registry is asked
  loading.catch(() => {}); // the registry may fail first
  const traffic = new Traffic();
  const { source, artifact } = await resolveNamed(session, ref, { ...options, traffic });
  const receipted = await receipt?.(source, artifact);
  const { pull } = await loading;
  const state = options.trustMtime ? await stateOf(session, options) : undefined;
  const result = await pull(source, artifact.manifest, dir, {
    ...options,
    traffic,
    state,
    threads: await threads,
    allowSharedDirectories: session.options.allowSharedDirectories,
    onOpen: receipted?.onOpen,
  });
  receipted?.write();
  return { ...result, verdict: artifact.proofs[0]?.verdict };
}

/**
 * Checks a directory against what a caller names.
 *
 * @param ref the artifact; left out, a receipt says which
 * @param how the options, and this call's part of the client's threads
 */
export async function checkNamed(
  session: Session,
  dir: string,
  ref: Readable | undefined,
  how: { options: CheckOptions; threads: Promise<ThreadCall> },
): Promise<CheckResult> {
  const { check } = await import("./check.ts");
  return await check(session, dir, ref, how);
}

/** Looks at what a receipt is asked of, and begins it when the artifact was found. */
async function receiptOf(session: Session, ref: Readable, dir: string, options: ReceiptPull) {
  const { beginReceipt, checkReceipt } = await import("./pull_receipt.ts");
  const { receipt: path, signal } = options;
  const reference = await checkReceipt(ref, dir, options);
  const { allowSharedDirectories: allowShared } = session.options;
  return (source: Source, artifact: Artifact): Promise<PulledReceipt> =>
    beginReceipt({ source, artifact, reference }, { dir, path, allowShared, signal });
}

/** Where it is recorded what was right. */
async function stateOf(
  { options: { stateDir } }: Session,
  observer: Observer,
): Promise<StateDirectory | undefined> {
  if (stateDir === undefined) {
    throw new BlobberError(
      "invalid-option",
      "invalid option trustMtime: the client has no directory to record what was right in, expected its option stateDir",
    );
  }
  const { StateDirectory } = await import("../stores/state/state_directory.ts");
  return StateDirectory.open(stateDir, observer);
}

/**
 * Pulls what a caller names into a stream, as a tar.
 *
 * @param options gives the caller's, or throws: the stream hears of it
 */
export async function pullToStream(
  session: Session,
  ref: Readable,
  stream: WritableStream<Uint8Array>,
  options: () => PullOptions | PullTarOptions,
): Promise<PullResult> {
  const { pullIntoStream } = await session.load(() => import("./pull_tar.ts"));
  return await pullIntoStream(session, ref, stream, options);
}
