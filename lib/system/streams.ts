/**
 * Byte streams made by stores.
 *
 * @module
 */

import { checkAborted } from "../errors.ts";
import type { DiskFile } from "./disk.ts";
import { asOurs } from "./system_error.ts";

/** Gives bytes: fills what it can of `into` and returns how much, 0 at the end. */
export type Fill = (into: Uint8Array) => number | Promise<number>;

/** Bytes handed to a reader that brings no memory of its own. */
const CHUNK = 64 * 1024;

/**
 * A byte stream over something that fills buffers. It reads nothing before it is asked, so what is behind
 * it is held open only while it is read, and a reader with memory of its own costs no copy.
 *
 * @param fill called when bytes are wanted
 * @param close called once, at the end, on an error or on cancel
 */
export function byteStream(
  fill: Fill,
  close: () => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let open = true;
  const finish = () => {
    if (open) close();
    open = false;
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      try {
        const view = request?.view;
        const into = view
          ? new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
          : new Uint8Array(CHUNK);
        const filled = await fill(into);
        if (filled === 0) {
          finish();
          controller.close();
          request?.respond(0); // a pending read is answered only by this
        } else if (request) request.respond(filled);
        else controller.enqueue(into.subarray(0, filled));
      } catch (error) {
        finish();
        throw asOurs(error);
      }
    },
    cancel: finish,
  }) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * A byte stream over bytes in memory. They are copied as they are read, so no reader can change them.
 *
 * @param bytes the content
 */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return byteStream((into) => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    at += part.length;
    return part.length;
  });
}

/**
 * Streams a part of a file by synchronous reads into the reader's own memory, which is several times as
 * fast as anything else that the runtimes offer. Closes the file at the end.
 *
 * @param file an open file
 * @param range its first byte, and the one behind the last
 * @param signal stops it
 */
export function fileStream(
  file: DiskFile,
  { start, end }: { start: number; end: number },
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start;
  return byteStream((into) => {
    checkAborted(signal);
    const n = file.read(into.subarray(0, end - at), at);
    at += n;
    return n;
  }, () => file.close());
}
