/**
 * Blobs of one store, brought into another: what is there stays, what the target can take from another of its
 * repositories is mounted, and the rest is copied. Several go at a time, in bounded memory.
 *
 * @module
 */

import type { Observer } from "../../events.ts";
import { COPY_ASKS, COPY_STREAMS, MAX_UPLOAD_IN_MEMORY_BYTES } from "../../limits.ts";
import type { Source, Target } from "../../store.ts";
import { Gate } from "../../system/work/gate.ts";
import { JointWork } from "../../system/work/joint_work.ts";
import type { Descriptor } from "../../types.ts";
import { type BlobWay, copyBlob } from "./copy_blob.ts";

/** What became of blobs. It does not depend on the order in which they came. */
export interface BroughtBlobs {
  /** Sent. */
  copied: number;
  /** Taken from another repository of the target's registry. */
  mounted: number;
  /** There before. */
  present: number;
  /** Bytes of those that were sent. */
  bytes: number;
}

/** Options of {@linkcode bringBlobs}. */
export interface BringOptions extends Pick<Observer, "signal" | "onNotice"> {
  /** Told of bytes that are in the target now: of blobs that need not be sent, all at once. Fewer may be taken back. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Brings blobs into a store, each once. The first failure stops the others; what is there by then stays.
 *
 * @param blobs which
 * @param way from where to where; a registry mounts only from a source that is its own store, with no cache before it
 * @throws {BlobberError} `not-found`, `integrity`, and what the stores throw
 */
export async function bringBlobs(
  blobs: readonly Descriptor[],
  way: { source: Source; target: Target },
  options: BringOptions = {},
): Promise<BroughtBlobs> {
  return await JointWork.run(options.signal, async (work) => {
    const carrier = new BlobCarrier(way, work, options);
    await Promise.all(blobs.map((blob) => carrier.bring(blob)));
    return carrier.brought;
  });
}

/** How much room a blob takes that goes through memory as a stream, and one that is held in memory. */
const [STREAM_ROOM, SMALL_ROOM] = [4, 1];

/** Carries blobs, as they become known. */
export class BlobCarrier {
  readonly brought: BroughtBlobs = { copied: 0, mounted: 0, present: 0, bytes: 0 };
  readonly #way: BlobWay;
  readonly #work: JointWork;
  readonly #options: BringOptions;
  readonly #there: Set<string>;
  readonly #begun = new Map<string, Promise<void>>();
  /** Questions are small, and many of them wait for a round trip at once. */
  readonly #asks = new Gate(COPY_ASKS);
  readonly #sends = new Gate(COPY_STREAMS * STREAM_ROOM);

  /**
   * @param way from where to where
   * @param work of which the blobs are pieces
   * @param there digests that the target has, which grow
   */
  constructor(
    way: { source: Source; target: Target },
    work: JointWork,
    options: Omit<BringOptions, "signal">,
    there: Set<string> = new Set(),
  ) {
    const { onNotice } = options;
    this.#way = { ...way, signal: work.signal, onNotice };
    this.#work = work;
    this.#options = options;
    this.#there = there;
  }

  /**
   * Brings a blob, unless that has been begun.
   *
   * @returns when it is there
   */
  bring(blob: Descriptor): Promise<void> {
    let begun = this.#begun.get(blob.digest);
    if (begun === undefined) {
      begun = this.#work.start(() => this.#carry(blob));
      this.#begun.set(blob.digest, begun);
    }
    return begun;
  }

  async #carry(blob: Descriptor): Promise<void> {
    const { digest, size } = blob;
    const { signal } = this.#work;
    const found = this.#there.has(digest)
      ? "present"
      : await this.#asks.through(() => this.#find(blob), { signal });
    if (found !== undefined) {
      this.brought[found]++;
      this.#options.onBytes?.(size);
    } else {
      const weight = size > MAX_UPLOAD_IN_MEMORY_BYTES ? STREAM_ROOM : SMALL_ROOM;
      const send = () => copyBlob(blob, this.#way, (bytes) => this.#options.onBytes?.(bytes));
      await this.#sends.through(send, { weight, signal });
      this.brought.copied++;
      this.brought.bytes += size;
    }
    this.#there.add(digest);
  }

  /** How a blob is in the target without being sent. */
  async #find({ mediaType, digest, size }: Descriptor): Promise<"present" | "mounted" | undefined> {
    const { source, target, signal } = this.#way;
    const blob = { mediaType, digest, size };
    if (await target.has(blob, { signal })) return "present";
    if (await target.mount?.(blob, source, { signal })) return "mounted";
    return undefined;
  }
}
