/**
 * Blobs on their way out (distribution spec, "Pushing blobs").
 *
 * A small blob is kept in memory and sent whole. A larger one is sent live, while it is made, and kept in a
 * temporary file meanwhile. When the live PATCH fails, the blob is sent again from the file: whole, and where
 * that is refused as well, in pieces. Where all connections are taken, it is not sent live at all, and from the
 * file when it is complete (`http/slots.ts`). What is done after which failure stands in `upload_failure.ts`.
 *
 * | state        | holds                            | `write`                          | `commit`                  |
 * | ------------ | -------------------------------- | -------------------------------- | ------------------------- |
 * | `small`      | all bytes, in memory             | keeps them, or goes on to `live` | sends them whole          |
 * | `live`       | the PATCH, perhaps a copy        | sends them and copies them       | ends it, or repeats       |
 * | `copy-only`  | a copy; no PATCH, or it failed   | copies them                      | sends the copy            |
 * | `committing` | what the state before it holds   | is refused                       | is refused                |
 * | `ended`      | nothing                          | is refused                       | is refused                |
 *
 * `abort` releases what the state holds and cancels the open session, in every state.
 *
 * @module
 */

import { digestOf } from "../../digest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_UPLOAD_IN_MEMORY_BYTES } from "../../limits.ts";
import type { BlobWriter, CallOptions } from "../../store.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";
import type { Descriptor } from "../../types.ts";
import type { Repository } from "../repository.ts";
import { LivePatch } from "./live_patch.ts";
import { checkWritten, repeatFromFile } from "./repeat_from_file.ts";
import { type AfterFailure, afterUploadFailure } from "./upload_failure.ts";
import { UploadSessions } from "./upload_sessions.ts";
import { sendWhole } from "./whole_put.ts";

/** The first buffer of a blob; it grows. Manifest-sized blobs fit into it. */
const FIRST_BUFFER = 64 * 1024;

/** Why the live PATCH is over, and what is done about that. */
interface Failed {
  error: unknown;
  next: AfterFailure;
}

type Small = { state: "small"; size: number; buffer: Uint8Array };
type Live = { state: "live"; size: number; patch: LivePatch; copy: TemporaryFile | undefined };
type CopyOnly = {
  state: "copy-only";
  size: number;
  copy: TemporaryFile;
  /** Left out where no PATCH was begun. */
  failed?: Failed;
};
type Open = Small | Live | CopyOnly;
type UploadState = Open | { state: "committing"; from: Open } | { state: "ended" };

/** Begins a blob. Nothing is asked of the registry before there is something to send. */
export function beginUpload(
  repository: Repository,
  observer: Pick<Observer, "onNotice">,
  options: CallOptions = {},
): BlobWriter {
  return new Upload(repository, observer, options.signal);
}

class Upload implements BlobWriter {
  readonly #sessions: UploadSessions;
  readonly #observer: Pick<Observer, "onNotice">;
  readonly #signal: AbortSignal | undefined;
  #now: UploadState = { state: "small", size: 0, buffer: new Uint8Array(FIRST_BUFFER) };

  constructor(
    repository: Repository,
    observer: Pick<Observer, "onNotice">,
    signal: AbortSignal | undefined,
  ) {
    this.#sessions = new UploadSessions(repository, signal);
    this.#observer = observer;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let open = this.#open();
    checkAborted(this.#signal);
    if (open.state === "small") {
      const { size, buffer } = open;
      if (size + bytes.length <= MAX_UPLOAD_IN_MEMORY_BYTES) {
        this.#now = keepInMemory(open, bytes);
        return;
      }
      open = await this.#goOn(await this.#startSending());
      open = await this.#goOn(await this.#send(open, buffer.subarray(0, size)));
    }
    await this.#goOn(await this.#send(open, bytes));
  }

  async commit(descriptor: Descriptor): Promise<void> {
    const from = this.#open();
    this.#now = { state: "committing", from };
    try {
      if (from.size !== descriptor.size) {
        throw new BlobberError(
          "integrity",
          `${from.size} bytes were written for blob ${descriptor.digest}, ` +
            `expected ${descriptor.size}`,
        );
      }
      if (from.state === "small") {
        const bytes = from.buffer.subarray(0, from.size);
        checkWritten(descriptor, digestOf(bytes));
        await sendWhole(this.#sessions, descriptor, bytes);
      } else if (from.state === "live") await this.#finish(from, descriptor);
      else await this.#repeat(from, descriptor);
    } finally {
      await this.abort();
    }
  }

  async abort(): Promise<void> {
    const { state } = this.#now;
    if (state === "ended") return;
    const held = state === "committing" ? this.#now.from : this.#now;
    this.#now = { state: "ended" };
    await release(held);
    await this.#sessions.cancel();
  }

  #open(): Open {
    const now = this.#now;
    if (now.state !== "committing" && now.state !== "ended") return now;
    const { name } = this.#sessions.repository;
    throw new BlobberError("closed", `a blob of ${name} is written after its end`);
  }

  /** Takes the next state, unless the upload was ended meanwhile. */
  async #goOn<T extends Open>(next: T): Promise<T> {
    if (this.#now.state === "ended") {
      await release(next);
      await this.#sessions.cancel();
    }
    this.#open();
    this.#now = next;
    return next;
  }

  /** From `small`: opens the temporary file and the PATCH. What can be mended later waits until `commit`. */
  async #startSending(): Promise<Live | CopyOnly> {
    const copy = this.#openCopy();
    try {
      const patch = await LivePatch.start(this.#sessions, copy !== undefined);
      return patch === undefined
        ? { state: "copy-only", size: 0, copy: copy! }
        : { state: "live", size: 0, patch, copy };
    } catch (error) {
      const next = afterUploadFailure("begin", error);
      if (copy !== undefined && next !== "give-up") {
        return { state: "copy-only", size: 0, copy, failed: { error, next } };
      }
      copy?.close();
      throw error;
    }
  }

  /** Bytes go to the file and on the wire, at the speed of the slower one. */
  async #send(from: Live | CopyOnly, bytes: Uint8Array): Promise<Live | CopyOnly> {
    const size = from.size + bytes.length;
    if (from.state === "copy-only") {
      this.#writeLast(from, bytes);
      return { ...from, size };
    }
    const copy = from.copy && this.#writeCopy(from.copy, bytes);
    const { patch } = from;
    if (await patch.write(bytes)) return { state: "live", size, patch, copy };
    checkAborted(this.#signal);
    const failed = this.#failedLive(await patch.failure(), copy);
    await patch.stop();
    return { state: "copy-only", size, ...failed };
  }

  /** From `live`: ends the PATCH, or sends the copy. */
  async #finish({ patch, copy, size }: Live, descriptor: Descriptor): Promise<void> {
    try {
      await patch.finish(descriptor);
    } catch (error) {
      checkAborted(this.#signal);
      const failed = this.#failedLive(error, copy);
      await this.#repeat({ state: "copy-only", size, ...failed }, descriptor);
    }
  }

  async #repeat({ copy, failed }: CopyOnly, descriptor: Descriptor): Promise<void> {
    const blob = { descriptor, file: copy };
    if (failed === undefined) {
      return await repeatFromFile(this.#sessions, blob, { error: undefined, next: "send-whole" });
    }
    notify(this.#observer, {
      level: "info",
      code: "upload-again",
      message: `the upload of ${descriptor.digest} failed and is repeated: ` +
        (failed.error as Error).message,
    });
    await repeatFromFile(this.#sessions, blob, failed);
  }

  /** What a failure of the live PATCH leaves to do. Without a copy, or after a refusal for good, it is thrown. */
  #failedLive(
    error: unknown,
    copy: TemporaryFile | undefined,
  ): { copy: TemporaryFile; failed: Failed } {
    const next = afterUploadFailure("live", error);
    if (copy === undefined || next === "give-up") throw error;
    return { copy, failed: { error, next } };
  }

  #openCopy(): TemporaryFile | undefined {
    try {
      return new TemporaryFile();
    } catch (cause) {
      return this.#goWithoutCopy(cause);
    }
  }

  #writeCopy(copy: TemporaryFile, bytes: Uint8Array): TemporaryFile | undefined {
    try {
      copy.write(bytes);
      return copy;
    } catch (cause) {
      copy.close();
      return this.#goWithoutCopy(cause);
    }
  }

  /** Writes to the only copy there is. */
  #writeLast({ copy, failed }: CopyOnly, bytes: Uint8Array): void {
    if (failed === undefined) return copy.write(bytes);
    if (this.#writeCopy(copy, bytes) === undefined) throw failed.error;
  }

  #goWithoutCopy(cause: unknown): undefined {
    notify(this.#observer, {
      level: "info",
      code: "upload-not-repeatable",
      message: `no temporary file for the upload (${(cause as Error).message}); ` +
        "if the upload breaks it cannot be repeated",
    });
  }
}

function keepInMemory({ size, buffer }: Small, bytes: Uint8Array): Small {
  let room = buffer;
  if (size + bytes.length > buffer.length) {
    room = new Uint8Array(Math.min(MAX_UPLOAD_IN_MEMORY_BYTES, 2 * (size + bytes.length)));
    room.set(buffer.subarray(0, size));
  }
  room.set(bytes, size);
  return { state: "small", size: size + bytes.length, buffer: room };
}

async function release(held: Open): Promise<void> {
  if (held.state === "small") return;
  held.copy?.close();
  if (held.state === "live") await held.patch.stop();
}
