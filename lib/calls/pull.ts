/**
 * The call `pull`.
 *
 * @module
 */

import { checkDirectory } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { PullOptions, PullTarOptions } from "../options.ts";
import type { PullResult } from "../results.ts";
import type { StateDirectory } from "../stores/state/state_directory.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import type { ThreadCall } from "../threads/pool.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";

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
  const loading = import("../verbs/pull.ts"); // while the registry is asked
  loading.catch(() => {}); // the registry may fail first
  const traffic = new Traffic();
  const { source, artifact } = await resolveNamed(session, ref, { ...options, traffic });
  const { pull } = await loading;
  const state = options.trustMtime ? await stateOf(session, options) : undefined;
  const result = await pull(source, artifact.manifest, dir, {
    ...options,
    traffic,
    state,
    threads: await threads,
    allowSharedDirectories: session.options.allowSharedDirectories,
  });
  return { ...result, verdict: artifact.proofs[0]?.verdict };
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
