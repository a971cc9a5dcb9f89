/**
 * The files of a group on their way to a thread: two strings and one buffer. As objects, tens of thousands
 * of them take longer to send than their content takes to inflate.
 *
 * @module
 */

/** A file, or a part of one, that is in a group. */
export interface FilePart {
  /** Which of the group's segments holds it, and where in its plain bytes. */
  segment: number;
  inner: number;
  size: number;
  /** Digest of these bytes, in hexadecimal. */
  hex: string;
  path: string;
  /** Where in the file they go; `undefined` when they are the whole file, which is then made there. */
  at: number | undefined;
  mode: number;
  mtime: number;
}

/** Many of them. */
export interface FileParts {
  /** Each path, and NUL behind it, which no path holds. */
  paths: string;
  /** The digests, one behind the other. */
  hexes: string;
  /** {@linkcode FIELDS} numbers for each. Not a typed array: Deno looks at every element of those. */
  numbers: ArrayBuffer;
}

/** Numbers for each part: segment, inner, size, at (-1 for a whole file), mode, mtime. */
const FIELDS = 6;
/** Hexadecimal digits of a digest. */
const HEX = 64;

/** Makes {@linkcode FileParts} of parts that are added one by one. */
export class FilePartsWriter {
  #paths = "";
  #hexes = "";
  readonly #numbers: number[] = [];

  /** Adds a part. */
  add({ segment, inner, size, hex, path, at, mode, mtime }: FilePart): void {
    this.#paths += `${path}\0`;
    this.#hexes += hex;
    this.#numbers.push(segment, inner, size, at ?? -1, mode, mtime);
  }

  /** All that were added. */
  parts(): FileParts {
    const numbers = new Float64Array(this.#numbers);
    return { paths: this.#paths, hexes: this.#hexes, numbers: numbers.buffer };
  }
}

/** Takes them apart again, in the order in which they were added. */
export function* filePartsOf({ paths, hexes, numbers }: FileParts): Generator<FilePart> {
  const fields = new Float64Array(numbers);
  let from = 0;
  for (let i = 0; i * FIELDS < fields.length; i++) {
    const end = paths.indexOf("\0", from);
    const [segment, inner, size, at, mode, mtime] = fields.subarray(
      i * FIELDS,
      (i + 1) * FIELDS,
    ) as unknown as [number, number, number, number, number, number];
    yield {
      segment,
      inner,
      size,
      hex: hexes.slice(i * HEX, (i + 1) * HEX),
      path: paths.slice(from, end),
      at: at < 0 ? undefined : at,
      mode,
      mtime,
    };
    from = end + 1;
  }
}
