/**
 * Whole members of known extent, inflated into memory that is already there.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { Codec } from "./codec.ts";
import { gzipHeaderEnd } from "./gzip_header.ts";
import { checkWindow, headerBytes } from "./zstd_window.ts";
import { invalidArchive } from "../invalid_archive.ts";

const codecs = new Map<"gzip" | "zstd", Codec>();

/**
 * Inflates `packed[from..end)`: one or more whole gzip members or zstd frames. Their checksums are not
 * checked: the caller checks the digests of their content.
 *
 * @param format what they are
 * @param output where the plain bytes go; grown when `grow` allows
 * @param at where in `output` they begin
 * @param limits the most bytes that `output` may grow to, where what does not fit is an error; and how many
 * bytes are enough, where the rest is left alone
 * @returns the memory, which may be another than was given, and where in it the bytes end
 * @throws {BlobberError} `invalid-archive`, `limit`
 */
export function inflateMembers(
  format: "gzip" | "zstd",
  packed: Uint8Array,
  from: number,
  end: number,
  output: Uint8Array<ArrayBuffer>,
  at: number,
  { most, enough = Infinity }: { most: number; enough?: number },
): { output: Uint8Array<ArrayBuffer>; at: number } {
  let codec = codecs.get(format);
  if (codec === undefined) {
    codec = new Codec(format === "gzip" ? "deflate" : "zstd");
    codecs.set(format, codec);
  }
  codec.reset();
  let i = from;
  let inMember = false;
  while (i < end || inMember) {
    if (!inMember && format === "gzip") {
      i = gzipHeaderEnd(packed, i, end);
      if (i < 0) throw cutOff();
      codec.reset();
    }
    if (!inMember && format === "zstd") checkFrame(packed, i, end);
    inMember = true;
    if (at === output.length) output = larger(output, most);
    const { read, written } = codec.step(packed, i, end, output, at);
    i += read;
    at += written;
    if (at >= enough) break;
    if (at === output.length) continue; // no room left: there may be more
    if (format === "gzip") {
      if (end - i < 8) throw cutOff();
      i += 8;
    } else if (i < end && read === 0 && written === 0) throw cutOff();
    inMember = false;
  }
  return { output, at };
}

/** Whatever is wrong with a frame but its window, the decompressor tells. */
function checkFrame(packed: Uint8Array, at: number, end: number): void {
  const isFrame = end - at > 4 && packed[at] === 0x28 && packed[at + 1] === 0xb5 &&
    packed[at + 2] === 0x2f && packed[at + 3] === 0xfd;
  if (!isFrame) return;
  const descriptor = packed[at + 4]!;
  if (end - at >= 5 + headerBytes(descriptor)) checkWindow(descriptor, packed.subarray(at + 5));
}

function cutOff(): BlobberError {
  return invalidArchive("a member is cut off");
}

function larger(output: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  if (output.length >= most) {
    throw new BlobberError("limit", `a member holds more than ${most} bytes, expected no more`);
  }
  const grown = new Uint8Array(Math.min(most, output.length * 2));
  grown.set(output);
  output.buffer.transfer(0);
  return grown;
}
