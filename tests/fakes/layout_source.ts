/**
 * Reads an OCI layout on disk and counts: requests, and bytes handed out. For tests that assert what
 * crosses the wire.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { BlobberError, checkAborted } from "../../lib/errors.ts";
import { parseDocument } from "../../lib/artifact/manifest.ts";
import type { FetchOptions, Source } from "../../lib/store.ts";
import { byteStream } from "../../lib/system/streams.ts";
import type { Descriptor, Document, Manifest } from "../../lib/types.ts";

/** One call of `fetch`. */
export interface SeenRequest {
  digest: string;
  start: number;
  end: number;
}

/** Anything that gives the bytes of a digest. */
export type Blobs = (digest: string) => Uint8Array | undefined;

/** A source over blobs in memory or on disk, for one reader to be watched. */
export class CountingSource implements Source {
  readonly name = "test";
  readonly requests: SeenRequest[] = [];
  bytes = 0;
  /** When false, ranges are refused. */
  ranges = true;
  /** Called before each piece of a blob is handed out, with how much was. */
  onPiece: ((sent: number) => void | Promise<void>) | undefined;
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  resolve(): Promise<Descriptor> {
    throw new Error("not used");
  }

  // deno-lint-ignore require-await
  async fetch(
    target: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    checkAborted(options.signal);
    if (options.range && !this.ranges) {
      throw new BlobberError("range-not-supported", "no ranges here");
    }
    const all = this.#blobs(target.digest);
    if (all === undefined) throw new BlobberError("not-found", `${target.digest} not found`);
    const { start, end } = options.range ?? { start: 0, end: all.length };
    this.requests.push({ digest: target.digest, start, end });
    let at = start;
    return byteStream(async (into) => {
      await this.onPiece?.(at - start);
      checkAborted(options.signal);
      const part = all.subarray(at, Math.min(end, at + into.length));
      into.set(part);
      at += part.length;
      this.bytes += part.length;
      return part.length;
    });
  }

  async *tags(): AsyncGenerator<string> {}
  async *referrers(): AsyncGenerator<Descriptor> {}
}

/**
 * A layout on disk, and the manifest of one of its tags.
 *
 * @returns `undefined` when there is no such layout
 */
export function openLayoutForTest(
  root: URL,
  tag: string,
): { source: CountingSource; manifest: Document<Manifest> } | undefined {
  if (!existsSync(root)) return undefined;
  const blob = (digest: string) =>
    new Uint8Array(readFileSync(new URL(`blobs/sha256/${digest.slice(7)}`, root)));
  const index = JSON.parse(readFileSync(new URL("index.json", root), "utf8"));
  const descriptor = index.manifests.find((one: Descriptor) =>
    one.annotations?.["org.opencontainers.image.ref.name"] === tag
  );
  const manifest = parseDocument(descriptor, blob(descriptor.digest)) as Document<Manifest>;
  return { source: new CountingSource(blob), manifest };
}
