/**
 * Blobs on their way in: whole or one range, taken up again where a connection broke.
 *
 * @module
 */

import { contentMissing } from "../../artifact/content_missing.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import {
  CROWDED_PART_BYTES,
  MAX_CUT_BLOB_BYTES,
  MAX_TRIES,
  RETRY_RESET_BYTES,
} from "../../limits.ts";
import type { ByteRange, CallOptions, FetchOptions } from "../../store.ts";
import { byteStream } from "../../system/streams.ts";
import type { Descriptor } from "../../types.ts";
import { readUpTo } from "../http/body.ts";
import { TakenError } from "../http/connections.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { ExchangeError } from "../http/failure.ts";
import { wholeNumberIn } from "../http/header_number.ts";
import type { Repository } from "../repository.ts";
import { backoff } from "../http/retry.ts";

/** Bytes asked for at a time where answers pile up in memory. */
const PART = 1024 * 1024;
/** Statuses with which ranges are refused. Whether the blob itself is, only a request for all of it tells. */
const RANGE_REFUSED = [400, 403, 416, 501];

/**
 * Opens a blob. The stream is unchecked, as that of every source, but it is of the bytes asked for, or it
 * fails: nothing that a server says about ranges is believed beyond what it sends.
 *
 * @param repository where it is
 * @param target what to read; its size bounds what is accepted
 * @param options `onNotice` is told when all of a blob is taken for a part of it
 * @throws {BlobberError} `not-found`, `range-not-supported`
 */
export async function openBlob(
  repository: Repository,
  target: Descriptor,
  options: FetchOptions & Pick<Observer, "onNotice"> = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { start, end } = options.range ?? { start: 0, end: target.size };
  if (start < 0 || end < start || end > target.size) {
    throw new BlobberError(
      "range-not-supported",
      `bytes ${start} to ${end} of ${target.digest} do not exist, expected at most ${target.size}`,
    );
  }
  if (start === end && options.range !== undefined) return byteStream(() => 0);
  const { signal, onNotice } = options;
  const download = new Download(repository, target, { start, end }, { signal, onNotice });
  try {
    await download.open();
  } catch (error) {
    const explained = isBlobberError(error, "not-found") && target.urls !== undefined;
    throw explained ? contentMissing(target, repository.name) : error;
  }
  return byteStream((into) => download.fill(into), () => void download.cancel());
}

class Download {
  readonly #repository: Repository;
  readonly #target: Descriptor;
  readonly #range: ByteRange;
  readonly #whole: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #observer: Pick<Observer, "onNotice">;
  #response: HttpResponse | undefined;
  #left: Uint8Array = new Uint8Array(0);
  /** Position in the blob of the next byte to hand out. */
  #at: number;
  /** Where the answer that is being read ends. */
  #end: number;
  /** Bytes to drop from the answer that is being read, because it began too early. */
  #skip = 0;
  #validator: string | undefined;
  /** Set once this server has refused a range: the rest is taken out of the whole. */
  #unranged = false;
  /**
   * Where the connection was lost to another request: there, a part that can be read at once is asked for at a
   * time, as long as requests have to wait.
   */
  #crowded: URL | undefined;
  #failures = 0;
  #failedAt = 0;

  constructor(
    repository: Repository,
    target: Descriptor,
    range: ByteRange,
    how: CallOptions & Pick<Observer, "onNotice">,
  ) {
    this.#repository = repository;
    this.#target = target;
    this.#range = range;
    this.#observer = how;
    this.#whole = range.start === 0 && range.end === target.size;
    this.#signal = how.signal;
    this.#at = range.start;
    this.#end = range.end;
  }

  /** Asks for what is missing: for a part of the blob by its range, and for the whole where that is refused. */
  async open(): Promise<void> {
    try {
      await this.#ask();
    } catch (error) {
      if (this.#unranged || !isBlobberError(error, "range-not-supported")) throw error;
      if (!this.#whole && this.#target.size > MAX_CUT_BLOB_BYTES) throw error;
      this.#unranged = true;
      notify(this.#observer, {
        level: "debug",
        code: "range-refused",
        message: `${error.message}: the whole is asked for`,
      });
      await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const { digest } = this.#target;
    const { end } = this.#range;
    this.#end = Math.min(end, this.#at + await this.#mostAtOnce());
    const partial = !this.#unranged && (!this.#whole || this.#at > 0 || this.#end < end);
    const headers: Record<string, string> = {};
    if (partial) {
      // One range at a time: some registries choke on more (RFC 9110, 14.2).
      headers["range"] = `bytes=${this.#at}-${this.#end - 1}`;
      if (this.#validator !== undefined) headers["if-range"] = this.#validator;
    }
    const response = await this.#repository.expect(
      "pull",
      {
        method: "GET",
        to: this.#repository.at(`blobs/${digest}`),
        headers,
        signal: this.#signal,
        resumable: true,
      },
      {
        statuses: partial ? [200, 206, ...RANGE_REFUSED] : [200],
        doing: `reading blob ${digest}`,
        subject: `blob ${digest}`,
      },
    );
    try {
      this.#accept(response, partial);
    } catch (error) {
      await response.body.cancel();
      throw error;
    }
    this.#response = response;
    this.#validator = validatorOf(response) ?? this.#validator;
  }

  /** How many bytes to ask for at the most. */
  async #mostAtOnce(): Promise<number> {
    const transport = await this.#repository.transport();
    if (this.#crowded !== undefined && !transport.isFull(this.#crowded)) this.#crowded = undefined;
    if (this.#unranged) return Infinity;
    if (this.#crowded !== undefined) return CROWDED_PART_BYTES;
    return transport.pilesUp ? PART : Infinity;
  }

  #accept(response: HttpResponse, partial: boolean): void {
    const { size, digest } = this.#target;
    const stated = wholeNumberIn(response.headers, "content-length");
    this.#skip = 0;
    // Whatever else is wrong is said when the whole is asked for.
    if (RANGE_REFUSED.includes(response.status)) {
      throw this.#wrong(
        response,
        `refuses a request for a range (status ${response.status})`,
        "range-not-supported",
      );
    }
    if (response.status === 200) {
      // 200 is the whole (RFC 9110, 15.3.1), but some send a part of it under that status: only a length tells.
      if (partial && (stated ?? 0) < size) {
        throw this.#wrong(
          response,
          `answers a request for a range with status 200 and ${
            stated ?? "an unknown number of"
          } bytes`,
          "range-not-supported",
        );
      }
      const changed = this.#validator !== undefined && validatorOf(response) !== undefined &&
        validatorOf(response) !== this.#validator;
      if (changed) {
        throw this.#wrong(response, "changed the content while it was read", "integrity");
      }
      if (stated !== undefined && stated !== size) {
        throw this.#wrong(
          response,
          `sends ${stated} bytes for blob ${digest} of ${size}`,
          "integrity",
        );
      }
      this.#end = this.#range.end;
      if (!this.#whole && size > MAX_CUT_BLOB_BYTES) {
        throw this.#wrong(
          response,
          "answers a request for a range with the whole",
          "range-not-supported",
        );
      }
      this.#skip = this.#at;
      return;
    }
    if (/^multipart\//i.test(response.headers.get("content-type") ?? "")) {
      throw this.#wrong(response, "answers a request for a range in parts", "range-not-supported");
    }
    const given = response.headers.get("content-range");
    const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(given?.trim() ?? "");
    const right = match !== null && Number(match[1]) === this.#at &&
      Number(match[2]) === this.#end - 1;
    if (!right) {
      throw this.#wrong(
        response,
        `answers a request for bytes ${this.#at}-${this.#end - 1} with ${
          given === null ? "no Content-Range" : `"${given.slice(0, 80).replace(/[^ -~]/g, "?")}"`
        }`,
        "range-not-supported",
      );
    }
    if (match![3] !== "*" && Number(match![3]) !== size) {
      throw this.#wrong(
        response,
        `says that the blob has ${match![3]} bytes, expected ${size}`,
        "integrity",
      );
    }
    if (stated !== undefined && stated !== this.#end - this.#at) {
      throw this.#wrong(response, `sends ${stated} bytes for that range`, "range-not-supported");
    }
    if (this.#validator !== undefined) {
      const now = validatorOf(response);
      if (now !== undefined && now !== this.#validator) {
        throw this.#wrong(response, "changed the content while it was read", "integrity");
      }
    }
  }

  /** Fills a buffer: the pull of a byte stream. */
  async fill(into: Uint8Array): Promise<number> {
    for (;;) {
      checkAborted(this.#signal);
      if (this.#left.length > 0) {
        const piece = this.#left.subarray(0, into.length);
        into.set(piece);
        this.#left = this.#left.subarray(piece.length);
        this.#at += piece.length;
        return piece.length;
      }
      let piece: Uint8Array | undefined;
      try {
        if (this.#response === undefined) await this.open();
        piece = await this.#read(this.#response!);
        if (piece === undefined && this.#at === this.#end && this.#end < this.#range.end) {
          this.#response = undefined; // this part is over: the next one
          continue;
        }
        if (piece === undefined && this.#at < this.#range.end) {
          throw new ExchangeError(
            "broken",
            `reading blob ${this.#target.digest} of ${this.#repository.name}: ` +
              `the answer ends after ${this.#at - this.#range.start} of ${
                this.#range.end - this.#range.start
              } bytes`,
          );
        }
      } catch (error) {
        // All of it came: how the connection ends afterwards changes nothing.
        if (this.#at >= this.#range.end && isOfConnection(error)) return 0;
        if (error instanceof TakenError) {
          this.#crowded = this.#response?.url;
          this.#response = undefined;
          continue;
        }
        await this.#recover(error);
        continue;
      }
      if (piece === undefined) return 0;
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length);
        this.#skip -= skipped;
        piece = piece.subarray(skipped);
      }
      const room = this.#end - this.#at;
      const whole = this.#whole && this.#end === this.#range.end;
      if (piece.length > room && !whole) {
        if (this.#response!.status !== 200) {
          throw this.#wrong(
            this.#response!,
            "sends more than the range asked for",
            "range-not-supported",
          );
        }
        // The whole blob came, and the range is all that is wanted of it.
        piece = piece.subarray(0, room);
        if (room === 0) {
          await this.cancel();
          return 0;
        }
      }
      this.#left = piece;
    }
  }

  /** Some bytes, or all of a part for which others wait. */
  async #read({ status, body }: HttpResponse): Promise<Uint8Array | undefined> {
    if (this.#crowded === undefined || status !== 206) return await body.read();
    const part = await readUpTo({ body }, this.#end - this.#at + 1);
    return part.length === 0 ? undefined : part;
  }

  /** After a failure in mid-body: pauses and lets the next read begin where this one ended. */
  async #recover(error: unknown): Promise<void> {
    await this.#response?.body.cancel();
    this.#response = undefined;
    if (!(error instanceof ExchangeError) || !error.mayPass) throw error;
    if (this.#at - this.#failedAt >= RETRY_RESET_BYTES) this.#failures = 0;
    this.#failedAt = this.#at;
    if (++this.#failures >= MAX_TRIES) throw error;
    const { clock } = this.#repository;
    await clock.delay(backoff(this.#failures, clock), this.#signal);
  }

  /** Gives the rest up. */
  async cancel(): Promise<void> {
    await this.#response?.body.cancel();
  }

  #wrong(
    { url }: HttpResponse,
    how: string,
    code: "integrity" | "range-not-supported",
  ): BlobberError {
    return new BlobberError(code, `${url.host} ${how}`, {
      hint: code === "integrity"
        ? "what the registry sends is not what was asked for; nothing of it was used"
        : "a proxy in between may be the cause",
    });
  }
}

function isOfConnection(error: unknown): boolean {
  return error instanceof ExchangeError || error instanceof TakenError;
}

/** A strong validator: an entity tag that is not weak (RFC 9110, 13.1.5). */
function validatorOf(response: HttpResponse): string | undefined {
  const tag = response.headers.get("etag");
  return tag !== null && /^"[\x21\x23-\x7e]*"$/.test(tag) ? tag : undefined;
}
