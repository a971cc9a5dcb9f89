/**
 * The requests that begin an upload, carry it on and end it (distribution spec, "Pushing blobs"). Every way of
 * sending a blob is made of them.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { CANCEL_TIMEOUT_MS } from "../../limits.ts";
import type { Descriptor } from "../../types.ts";
import { discardBody } from "../http/body.ts";
import { type HttpRequest, type HttpResponse, isStreamBody } from "../http/exchange.ts";
import { wholeNumberIn } from "../http/header_number.ts";
import type { Repository } from "../repository.ts";

/** What is done, for messages. */
export const UPLOADING = "uploading a blob";

/** Statuses with which registries take what was sent, whichever the specification has for it. */
export const TAKEN = [200, 201, 202, 204];

/** Headers of a request that carries a blob or a part of one. */
export const OCTETS = { "content-type": "application/octet-stream" };

/** An upload that the registry has begun: where the next request goes, and what it may be. */
export interface Session {
  url: URL;
  /** Smallest piece that the registry takes (`OCI-Chunk-Min-Length`). */
  minPiece: number;
}

/** The sessions of one blob, of which at most one is open. */
export class UploadSessions {
  readonly repository: Repository;
  readonly signal: AbortSignal | undefined;
  /** The session that was begun last and has not ended. */
  #open: Session | undefined;
  /** One that was begun and not used. */
  #kept: Session | undefined;

  /**
   * @param repository where the blob goes
   * @param signal stops every request but the one that cancels
   */
  constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.repository = repository;
    this.signal = signal;
  }

  /** POST: asks for a place to upload to, unless there is one that was kept. */
  async begin(): Promise<Session> {
    const { repository, signal } = this;
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined) return kept;
    const response = await repository.expect(
      "push",
      { method: "POST", to: repository.at("blobs/uploads/"), signal },
      { statuses: [200, 201, 202], doing: UPLOADING },
    );
    await discardBody(response);
    return await this.advance(response, undefined);
  }

  /** Keeps a session that was begun for who begins one next. */
  keep(session: Session): void {
    this.#kept = session;
  }

  /**
   * Goes on to the place that an answer names for the next request. Its query is kept: it holds the state.
   *
   * @param response the answer to a POST or a PATCH
   * @param before the session as it was, for what the answer leaves out
   */
  async advance(response: HttpResponse, before: Session | undefined): Promise<Session> {
    const location = response.headers.get("location");
    const minPiece = wholeNumberIn(response.headers, "oci-chunk-min-length") ?? before?.minPiece ??
      0;
    if (location === null && before === undefined) {
      throw new BlobberError(
        "registry",
        `${UPLOADING}: ${response.url.host} answered ${response.status} without a Location`,
      );
    }
    const transport = await this.repository.transport();
    const url = location === null
      ? before!.url
      : await transport.checkLocation(location, response.url, "the location of an upload");
    return this.#open = { url, minPiece };
  }

  /**
   * PUT with the digest: ends a session, with all of the blob or nothing left to send.
   *
   * @param session as it is after the request before
   * @param descriptor what the blob must be
   * @param body all of it; left out when it was sent before
   */
  async finish(
    session: Session,
    descriptor: Descriptor,
    body?: HttpRequest["body"],
  ): Promise<void> {
    const { repository, signal } = this;
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
        // The session may be gone after a broken try: a long body is sent again after a new POST.
        retry: !isStreamBody(body),
      },
      { statuses: TAKEN, doing: UPLOADING },
    );
    await discardBody(response);
    const stored = response.headers.get("docker-content-digest");
    if (stored !== null && stored !== descriptor.digest) {
      throw new BlobberError(
        "integrity",
        `${repository.name} stored a blob under another digest, expected ${descriptor.digest}`,
      );
    }
    this.#open = undefined;
  }

  /**
   * DELETE: gives the open session up, so that the registry need not keep what came of it until it expires
   * (distribution spec, "Canceling a blob upload"). It is a courtesy: a moment is all that it may take, and
   * whether it works or not, the upload has failed for another reason.
   */
  async cancel(): Promise<void> {
    const session = this.#open;
    if (session === undefined) return;
    this.#open = undefined;
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    try {
      const request = { method: "DELETE", to: session.url, signal, retry: false };
      await discardBody(await this.repository.request("cancel", request));
    } catch { // a registry that cannot be told forgets the upload in time
    }
  }
}
