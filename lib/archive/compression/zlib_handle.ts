/**
 * The handle inside a stream of `node:zlib`, as far as blobber uses it. Deno, Node and Bun have the same.
 *
 * @module
 */

/** Compresses or decompresses where it is told to, and can be used again. */
export interface Handle {
  reset(): void;
  onerror: ((...what: unknown[]) => void) | undefined;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputSize: number,
    output: Uint8Array,
    outputAt: number,
    outputRoom: number,
  ): void;
}

/** The stream that a handle is in. */
export interface HandleOwner {
  _handle: Handle;
  /** Room left in the output and bytes left in the input after a write. */
  _writeState: Uint32Array;
}
