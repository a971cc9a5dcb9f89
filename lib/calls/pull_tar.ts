/**
 * The call `pull` into a stream, which is closed when all is in it, and aborted with the error when it fails.
 *
 * @module
 */

import { theirs, untilAborted } from "../caller_errors.ts";
import { BlobberError } from "../errors.ts";
import type { PullOptions, PullTarOptions } from "../options.ts";
import type { PullResult } from "../results.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";

/** A stream that takes bytes. */
type Sink = WritableStream<Uint8Array>;

/**
 * Pulls what a caller names into a stream, as a tar.
 *
 * @param session of the client
 * @param ref what to pull
 * @param sink the caller's stream
 * @param options gives the caller's, or throws
 * @throws {BlobberError} `invalid-option`, and as `pullTar`
 */
export async function pullIntoStream(
  session: Session,
  ref: Readable,
  sink: Sink,
  options: () => PullOptions | PullTarOptions,
): Promise<PullResult> {
  return await withWriter(sink, async (writer) => {
    return await session.run(options(), async (options) => {
      if (!("to" in options) || options.to === undefined) {
        throw new BlobberError(
          "invalid-option",
          'invalid option to: undefined, expected "tar" where the destination is a stream',
        );
      }
      return await pullNamedTar(session, ref, writer, options);
    });
  });
}

/** Does work that writes to a stream, and ends the stream as the work ends. */
async function withWriter<T>(
  sink: Sink,
  work: (writer: WritableStreamDefaultWriter<Uint8Array>) => Promise<T>,
): Promise<T> {
  if (sink.locked) {
    throw new BlobberError(
      "invalid-option",
      "invalid destination: a locked stream, expected one that can be written to",
    );
  }
  const writer = sink.getWriter();
  writer.closed.catch(() => {}); // its error comes with the next write
  try {
    return await work(writer);
  } catch (error) {
    writer.abort(error).catch(() => {}); // not waited for: it may be what does not end
    throw error;
  } finally {
    writer.releaseLock();
  }
}

async function pullNamedTar(
  session: Session,
  ref: Readable,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  options: PullTarOptions,
): Promise<PullResult> {
  const { signal } = options;
  if ("receipt" in options && options.receipt !== undefined) {
    throw new BlobberError(
      "invalid-option",
      "no receipt can be made of a tar: a receipt is of a directory",
    );
  }
  const loading = import("../verbs/pull_tar.ts"); // while the registry is asked
  loading.catch(() => {}); // the registry may fail first
  const traffic = new Traffic();
  const { source, artifact } = await resolveNamed(session, ref, { ...options, traffic });
  const { pullTar } = await loading;
  const ready = () => untilAborted(signal, theirs(() => writer.ready));
  const take = async (bytes: Uint8Array<ArrayBuffer>) => {
    await ready();
    // Not waited for: the next bytes are made meanwhile. Where it fails, the stream is not ready any more.
    writer.write(bytes).catch(() => {});
  };
  const result = await pullTar(source, artifact.manifest, take, { ...options, traffic });
  await ready(); // what is closed after an error does not say which
  await untilAborted(signal, theirs(() => writer.close()));
  return { ...result, verdict: artifact.proofs[0]?.verdict };
}
