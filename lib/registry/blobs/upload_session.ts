/**
 * The session of an upload: the requests that begin it, carry it on and end it.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { Descriptor } from "../../types.ts";
import { drop } from "../http/body.ts";
import { type HttpResponse, isStreamBody, type StreamBody } from "../http/exchange.ts";
import type { Repository } from "../repository.ts";

/** What is done, for messages. */
export const DOING = "uploading a blob";

/** How long a registry has to hear that an upload was given up, in milliseconds. */
const CANCEL_MS = 3_000;

/** Headers of a request that carries a blob or a part of one. */
export const OCTETS = { "content-type": "application/octet-stream" };

/** An upload that the registry has begun. */
export interface Session {
  url: URL;
  /** Smallest piece that the registry takes (`OCI-Chunk-Min-Length`). */
  minPiece: number;
}

/** POST: asks for a place to upload to. */
export async function begin(
  repository: Repository,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const response = await repository.expect(
    "push",
    { method: "POST", to: repository.at("blobs/uploads/"), signal },
    [200, 201, 202],
    { doing: DOING },
  );
  await drop(response);
  return await next(repository, response, undefined);
}

/** The place that an answer names for the next request. Its query is kept: it holds the state. */
export async function next(
  repository: Repository,
  response: HttpResponse,
  before: Session | undefined,
): Promise<Session> {
  const location = response.headers.get("location");
  const minPiece = leastPiece(response) ?? before?.minPiece ?? 0;
  if (location !== null) {
    const { transport } = repository;
    const url = await transport.checkLocation(location, response.url, "the location of an upload");
    return { url, minPiece };
  }
  if (before !== undefined) return { url: before.url, minPiece };
  throw new BlobberError(
    "registry",
    `${DOING}: ${response.url.host} answered ${response.status} without a Location`,
  );
}

/** `OCI-Chunk-Min-Length`, where the answer has one that is a number (distribution spec, "Pushing a blob in chunks"). */
function leastPiece({ headers }: HttpResponse): number | undefined {
  const value = headers.get("oci-chunk-min-length")?.trim() ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/**
 * DELETE: gives an upload up, so that the registry need not keep what came of it until it expires
 * (distribution spec, "Canceling a blob upload"). It is a courtesy: no longer waited for than a moment, and
 * whatever becomes of it, the upload has failed for another reason.
 */
export async function cancel(repository: Repository, session: Session): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  try {
    const request = { method: "DELETE", to: session.url, signal, retry: false };
    await drop(await repository.request("cancel", request));
  } catch { // a registry that cannot be told forgets the upload in time
  }
}

/** PUT with the digest: ends an upload, with all of the blob or nothing left to send. */
export async function close(
  repository: Repository,
  session: Session,
  descriptor: Descriptor,
  body: Uint8Array | StreamBody | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const url = new URL(session.url);
  // Appended by hand: searchParams would write the rest of the query anew.
  url.search += `${url.search === "" ? "?" : "&"}digest=${encodeURIComponent(descriptor.digest)}`;
  const response = await repository.expect(
    "push",
    {
      method: "PUT",
      to: url,
      headers: OCTETS,
      body,
      signal,
      // The session may be gone after a broken try: who sends much begins again from the POST.
      retry: !isStreamBody(body),
    },
    [200, 201, 202, 204],
    { doing: DOING },
  );
  await drop(response);
  const stored = response.headers.get("docker-content-digest");
  if (stored !== null && stored !== descriptor.digest) {
    throw new BlobberError(
      "integrity",
      `${repository.name} stored a blob under another digest, expected ${descriptor.digest}`,
    );
  }
}
