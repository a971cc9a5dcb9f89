/**
 * A temporary file as the body of a request: a blob is kept in one while it is sent, so that a failed upload
 * is repeated from the file and not by making the blob again.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import type { TemporaryFile } from "../../system/temporary_file.ts";
import type { StreamBody } from "../http/exchange.ts";

/** Bytes read and sent at a time. */
const PIECE = 256 * 1024;

/**
 * A part of a file as a body that can be sent again.
 *
 * @param file the file
 * @param start first byte
 * @param end one behind the last byte
 */
export function bodyFromFile(file: TemporaryFile, start = 0, end: number = file.size): StreamBody {
  return {
    length: end - start,
    replayable: true,
    open: () => piecesOf(file, start, end),
  };
}

/**
 * The digest of all of a file.
 *
 * @param file the file
 */
export async function digestOfFile(file: TemporaryFile): Promise<Digest> {
  const digester = new Digester();
  for await (const piece of piecesOf(file, 0, file.size)) digester.update(piece);
  return digester.digest();
}

async function* piecesOf(
  file: TemporaryFile,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE, end - start));
  for (let at = start; at < end;) {
    const count = file.read(buffer.subarray(0, Math.min(buffer.length, end - at)), at);
    yield buffer.subarray(0, count);
    at += count;
  }
}
