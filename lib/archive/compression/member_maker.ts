/**
 * Members: what a layer is compressed into, each of which can be read alone.
 *
 * @module
 */

/** Makes members: independent gzip members or zstd frames. Not for use by two callers in turn. */
export interface MemberMaker {
  /**
   * Compresses bytes into one whole member.
   *
   * @param plain the bytes
   * @param output where the member goes; `packedBound` says how much room is enough
   * @param at where in `output` it begins
   * @returns where in `output` it ends
   * @throws {BlobberError} `unexpected` when there is too little room
   */
  member(plain: Uint8Array, output: Uint8Array, at: number): number;
  /**
   * Compresses text that comes in pieces into one member, in pieces.
   *
   * @param parts the plain bytes
   * @returns pieces of the member, each valid until the next is asked for; no other member may be begun
   * before the last
   */
  stream(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, void>;
}
