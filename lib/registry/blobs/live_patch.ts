/**
 * The first way to send a blob: one PATCH that is streamed while the blob is made, and a PUT with the digest.
 * Docker pushes this way, so every registry accepts it.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { Descriptor } from "../../types.ts";
import { bodyInMemory, discardBody } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import type { Outcome } from "../http/retry.ts";
import { Channel } from "./channel.ts";
import { OCTETS, type Session, TAKEN, UPLOADING, type UploadSessions } from "./upload_sessions.ts";

/** A PATCH that is under way. */
export class LivePatch {
  readonly #sessions: UploadSessions;
  readonly #session: Session;
  readonly #channel = new Channel();
  readonly #stop = new AbortController();
  #outcome: Promise<Outcome<HttpResponse>>;

  private constructor(
    sessions: UploadSessions,
    session: Session,
    permit: (() => void) | undefined,
  ) {
    this.#sessions = sessions;
    this.#session = session;
    const { repository, signal } = sessions;
    this.#outcome = repository
      .request("push", {
        method: "PATCH",
        to: session.url,
        headers: OCTETS,
        body: this.#channel,
        signal: signal === undefined
          ? this.#stop.signal
          : AbortSignal.any([signal, this.#stop.signal]),
        retry: false,
        uncounted: permit === undefined,
      })
      // Read at once: the writer, who looks at it, may be waiting for another request.
      .then(async (answer) => ({ answer: await bodyInMemory(answer) }))
      .catch((error: unknown) => ({ error }))
      .finally(() => {
        permit?.();
        this.#channel.break();
      });
  }

  /**
   * Begins a session and sends the head of the PATCH, where there is a connection to spare for it.
   *
   * @param sessions where to
   * @param canWait whether the blob can be sent when it is complete; else a connection is opened in any case
   * @returns nothing where there is none to spare; the session is kept for the next way of sending
   */
  static async start(sessions: UploadSessions, canWait: boolean): Promise<LivePatch | undefined> {
    const session = await sessions.begin();
    const transport = await sessions.repository.transport();
    const permit = transport.permitLive(session.url);
    if (permit !== undefined || !canWait) return new LivePatch(sessions, session, permit);
    sessions.keep(session);
    return undefined;
  }

  /**
   * Sends bytes, which may be reused once this resolves.
   *
   * @returns whether they were taken; `false` once the PATCH is over: see {@linkcode failure}
   */
  write(bytes: Uint8Array): Promise<boolean> {
    return this.#channel.write(bytes);
  }

  /** Why the PATCH is over although not all was sent. */
  async failure(): Promise<unknown> {
    const outcome = await this.#outcome;
    if ("error" in outcome) return outcome.error;
    const error = await this.#sessions.repository.refusedError(outcome.answer, {
      doing: UPLOADING,
    });
    this.#outcome = Promise.resolve({ error });
    return error;
  }

  /**
   * Ends the PATCH and the session.
   *
   * @param descriptor what the blob must be
   * @throws what went wrong with either
   */
  async finish(descriptor: Descriptor): Promise<void> {
    await this.#channel.end();
    const outcome = await this.#outcome;
    if ("error" in outcome) throw outcome.error;
    const { answer } = outcome;
    if (!TAKEN.includes(answer.status)) throw await this.failure();
    await discardBody(answer);
    const session = await this.#sessions.advance(answer, this.#session);
    if (!tookAll(answer, descriptor.size)) {
      throw new BlobberError("registry", `${UPLOADING}: the registry did not take all of it`);
    }
    await this.#sessions.finish(session, descriptor);
  }

  /** Ends the PATCH wherever it is. Safe at any time. */
  async stop(): Promise<void> {
    this.#channel.break();
    this.#stop.abort(new BlobberError("closed", "the upload was given up"));
    const outcome = await this.#outcome;
    if ("answer" in outcome) await outcome.answer.body.cancel();
  }
}

/** Whether the `Range` of an answer, where it has one, covers so many bytes. */
function tookAll(response: HttpResponse, size: number): boolean {
  const match = /^(?:bytes[= ])?0-(\d+)$/.exec(response.headers.get("range") ?? "");
  return match === null || Number(match[1]) === size - 1;
}
