/**
 * What makes the members of a layer: the runtime's own compressor, which is the fastest and makes other bytes
 * in another runtime, or one whose bytes are pinned.
 *
 * @module
 */

import type { Compression } from "../../options.ts";
import type { MemberMaker } from "./member_maker.ts";

/**
 * An encoder: a compression, by whatever the runtime has for it, or `gzip-1`, which has one form for ever.
 * Another pinned form would have another name.
 */
export type Encoder = Compression | "gzip-1";

/** The format of what an encoder makes. */
export function compressionOf(encoder: Encoder): Compression {
  return encoder === "gzip-1" ? "gzip" : encoder;
}

const makers = new Map<Encoder, MemberMaker>();

/** What makes members on this thread, one after another, with the memory that it needs for that. */
export async function memberMaker(encoder: Encoder): Promise<MemberMaker> {
  let maker = makers.get(encoder);
  if (maker === undefined) {
    maker = await newMemberMaker(encoder);
    makers.set(encoder, maker);
  }
  return maker;
}

/** One of its own, for a stream: other work on this thread may come between its pieces. */
export async function newMemberMaker(encoder: Encoder): Promise<MemberMaker> {
  if (encoder === "gzip-1") {
    const { PinnedGzip } = await import("../deflate/pinned_gzip.ts");
    return new PinnedGzip();
  }
  const { Compressor } = await import("./compress.ts");
  return new Compressor(encoder);
}
