/**
 * Blobs on their way out (distribution spec, "Pushing blobs").
 *
 * A small blob is one POST and one PUT. A larger one is sent while it is made: POST, one streamed PATCH
 * without ranges, PUT with the digest, which is what Docker does and so what every registry takes. It is
 * kept in a temporary file meanwhile. When that goes wrong, the blob is sent again from the file: in one
 * PUT with its length, and where that is refused as well, in pieces.
 *
 * @module
 */

import { type Digest, digestOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_TRIES } from "../../limits.ts";
import type { BlobWriter, CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { drop } from "../http/body.ts";
import { Channel } from "./channel.ts";
import { RefusedError } from "../http/registry_error.ts";
import type { HttpResponse, StreamBody } from "../http/exchange.ts";
import { ExchangeError } from "../http/failure.ts";
import type { Repository } from "../repository.ts";
import { backoff, isTemporary } from "../http/retry.ts";
import { sendInPieces } from "./pieces.ts";
import { begin, cancel, close, DOING, next, OCTETS, type Session } from "./upload_session.ts";
import { Spool } from "./spool.ts";

/** Blobs up to this many bytes are kept in memory and sent in one request. */
const SMALL = 1024 * 1024;

/** A PATCH that is under way. */
interface Live {
  session: Session;
  channel: Channel;
  answer: Promise<HttpResponse | { failed: unknown }>;
  stop: AbortController;
}

/** Begins a blob. Nothing is asked of the registry before there is something to send. */
export function beginUpload(
  repository: Repository,
  observer: Pick<Observer, "onNotice">,
  options: CallOptions = {},
): BlobWriter {
  return new Upload(repository, observer, options.signal);
}

class Upload implements BlobWriter {
  readonly #repository: Repository;
  readonly #observer: Pick<Observer, "onNotice">;
  readonly #signal: AbortSignal | undefined;
  #buffer: Uint8Array | undefined = new Uint8Array(64 * 1024);
  #size = 0;
  #spool: Spool | undefined;
  #live: Live | undefined;
  #state: "open" | "committing" | "done" = "open";
  /** The last session that was begun and not ended. */
  #session: Session | undefined;

  constructor(
    repository: Repository,
    observer: Pick<Observer, "onNotice">,
    signal: AbortSignal | undefined,
  ) {
    this.#repository = repository;
    this.#observer = observer;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#signal?.throwIfAborted();
    if (this.#buffer !== undefined && this.#size + bytes.length <= SMALL) {
      this.#keep(bytes);
      return;
    }
    if (this.#buffer !== undefined) {
      const kept = this.#buffer.subarray(0, this.#size);
      this.#buffer = undefined;
      await this.#goLive();
      await this.#pass(kept);
    }
    this.#size += bytes.length;
    await this.#pass(bytes);
  }

  async commit(descriptor: Descriptor): Promise<void> {
    this.#checkOpen();
    this.#state = "committing";
    try {
      if (this.#size !== descriptor.size) {
        throw new BlobberError(
          "integrity",
          `${this.#size} bytes were written for blob ${descriptor.digest}, ` +
            `expected ${descriptor.size}`,
        );
      }
      if (this.#buffer !== undefined) {
        const bytes = this.#buffer.subarray(0, this.#size);
        checkDigest(descriptor, digestOf(bytes));
        await this.#sendWhole(descriptor, bytes);
      } else if (!await this.#finishLive(descriptor)) await this.#sendAgain(descriptor);
      this.#session = undefined;
    } finally {
      await this.#cleanUp();
    }
  }

  async abort(): Promise<void> {
    await this.#cleanUp();
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw new BlobberError("closed", `a blob of ${this.#repository.name} is written after its end`);
  }

  #keep(bytes: Uint8Array): void {
    let buffer = this.#buffer!;
    if (this.#size + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.min(SMALL, 2 * (this.#size + bytes.length)));
      larger.set(buffer.subarray(0, this.#size));
      this.#buffer = buffer = larger;
    }
    buffer.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  /** Opens the temporary file and the upload. A failure of the upload waits until `commit`. */
  async #goLive(): Promise<void> {
    this.#openSpool();
    let session: Session;
    try {
      session = await this.#begin();
    } catch (error) {
      if (this.#spool === undefined || isFinal(error)) throw error;
      this.#lastFailure = error;
      return;
    }
    const channel = new Channel();
    const stop = new AbortController();
    const signal = this.#signal === undefined
      ? stop.signal
      : AbortSignal.any([this.#signal, stop.signal]);
    const answer = this.#repository
      .request("push", {
        method: "PATCH",
        to: session.url,
        headers: OCTETS,
        body: channel,
        signal,
        retry: false,
      })
      .catch((failed: unknown) => ({ failed }))
      .finally(() => channel.break());
    this.#live = { session, channel, answer, stop };
  }

  /** Bytes go to the file and on the wire, at the speed of the slower one. */
  async #pass(bytes: Uint8Array): Promise<void> {
    if (this.#spool !== undefined) {
      try {
        this.#spool.write(bytes);
      } catch (cause) {
        this.#spool.close();
        this.#spool = undefined;
        this.#note(`no temporary file for the upload (${(cause as Error).message})`);
      }
    }
    if (this.#live !== undefined && await this.#live.channel.write(bytes)) return;
    this.#signal?.throwIfAborted();
    // Refused for good, or broken without a copy: there is no use in making the rest.
    const failed = await this.#failureOfLive();
    if (this.#spool === undefined || isFinalForLive(failed)) throw failed;
  }

  #openSpool(): void {
    try {
      this.#spool = new Spool();
    } catch (cause) {
      this.#note(`no temporary file for the upload (${(cause as Error).message})`);
    }
  }

  #note(why: string): void {
    notify(
      this.#observer,
      "info",
      "upload-not-repeatable",
      `${why}; if the upload breaks it cannot be repeated`,
    );
  }

  async #failureOfLive(): Promise<unknown> {
    if (this.#live === undefined) return this.#lastFailure;
    const outcome = await this.#live.answer;
    if ("failed" in outcome) return outcome.failed;
    const error = await this.#repository.refusal(outcome, { doing: DOING });
    this.#live.answer = Promise.resolve({ failed: error });
    return error;
  }

  /**
   * Ends the streamed PATCH and closes the upload.
   *
   * @returns whether the blob is there now; `false` when it is to be sent again from the file
   */
  async #finishLive(descriptor: Descriptor): Promise<boolean> {
    if (this.#live === undefined) return false;
    await this.#live.channel.end();
    let failed: unknown;
    const outcome = await this.#live.answer;
    if ("failed" in outcome) failed = outcome.failed;
    else if (![200, 201, 202, 204].includes(outcome.status)) {
      failed = await this.#repository.refusal(outcome, { doing: DOING });
    } else {
      await drop(outcome);
      try {
        const session = await next(this.#repository, outcome, this.#live.session);
        this.#session = session;
        if (!tookAll(outcome, this.#size)) {
          failed = new BlobberError("registry", `${DOING}: the registry did not take all of it`);
        } else {
          await close(this.#repository, session, descriptor, undefined, this.#signal);
          return true;
        }
      } catch (error) {
        failed = error;
      }
    }
    this.#signal?.throwIfAborted();
    if (this.#spool === undefined || isFinalForLive(failed)) throw failed;
    this.#lastFailure = failed;
    notify(
      this.#observer,
      "info",
      "upload-again",
      `the upload of ${descriptor.digest} failed and is repeated: ${(failed as Error).message}`,
    );
    return false;
  }

  #lastFailure: unknown;

  /** From the file: in one PUT, or in pieces where the blob as a whole is refused. */
  async #sendAgain(descriptor: Descriptor): Promise<void> {
    const spool = this.#spool!;
    checkDigest(descriptor, spool.digest());
    const tooLarge = (error: unknown) => error instanceof RefusedError && error.httpStatus === 413;
    let failed = this.#lastFailure;
    if (!tooLarge(failed)) {
      try {
        return await this.#sendWhole(descriptor, spool.body());
      } catch (error) {
        failed = error;
        this.#signal?.throwIfAborted();
        if (isFinal(error)) throw error;
      }
    }
    if (!(failed instanceof RefusedError)) throw failed;
    await sendInPieces(this.#repository, descriptor, spool, {
      signal: this.#signal,
      onSession: (session) => this.#session = session,
    });
  }

  async #begin(): Promise<Session> {
    return this.#session = await begin(this.#repository, this.#signal);
  }

  /** POST and PUT. Both are begun anew when the PUT fails in a way that may pass. */
  async #sendWhole(
    descriptor: Descriptor,
    body: Uint8Array | StreamBody,
  ): Promise<void> {
    const { clock } = this.#repository.transport;
    for (let tries = 1;; tries++) {
      try {
        const session = await this.#begin();
        return await close(this.#repository, session, descriptor, body, this.#signal);
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (!isLost(error) || tries >= MAX_TRIES) throw error;
        await clock.delay(backoff(tries, clock), this.#signal);
      }
    }
  }

  async #cleanUp(): Promise<void> {
    if (this.#state === "done") return;
    this.#state = "done";
    this.#buffer = undefined;
    this.#spool?.close();
    const live = this.#live;
    if (live !== undefined) {
      this.#live = undefined;
      live.channel.break();
      live.stop.abort(new BlobberError("closed", "the upload was given up"));
      const outcome = await live.answer;
      if (!("failed" in outcome)) await outcome.body.cancel();
    }
    if (this.#session !== undefined) await cancel(this.#repository, this.#session);
  }
}

function checkDigest(descriptor: Descriptor, actual: Digest): void {
  if (actual === descriptor.digest) return;
  throw new BlobberError(
    "integrity",
    `what was written for blob ${descriptor.digest} has the digest ${actual}`,
  );
}

/** Whether the `Range` of an answer, where it has one, covers so many bytes. */
function tookAll(response: HttpResponse, size: number): boolean {
  const match = /^(?:bytes[= ])?0-(\d+)$/.exec(response.headers.get("range") ?? "");
  return match === null || Number(match[1]) === size - 1;
}

/** Whether sending the same again, in whatever way, cannot help. */
function isFinal(error: unknown): boolean {
  if (error instanceof RefusedError) {
    return ["unauthorized", "denied", "rate-limited"].includes(error.code);
  }
  if (error instanceof ExchangeError) return !error.retryable;
  return !(error instanceof BlobberError &&
    error.code === "registry");
}

/** The same for a streamed PATCH, which could be repeated neither with a fresh token nor after a pause. */
function isFinalForLive(error: unknown): boolean {
  const repeatable = error instanceof RefusedError && [401, 429].includes(error.httpStatus);
  return isFinal(error) && !repeatable;
}

/** Whether an upload was lost in a way that a fresh one may not be. */
function isLost(error: unknown): boolean {
  if (error instanceof ExchangeError) return error.retryable;
  if (!(error instanceof RefusedError)) return false;
  return isTemporary(error.httpStatus) || error.registryCodes.includes("BLOB_UPLOAD_UNKNOWN") ||
    error.registryCodes.includes("DIGEST_INVALID");
}
