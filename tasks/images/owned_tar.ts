/**
 * A tar of empty directories with owners and all mode bits, in POSIX's form (pax, "ustar Interchange Format").
 *
 * @module
 */

/** A directory. */
export interface OwnedDirectory {
  /** Relative and short: at most 99 characters of ASCII. */
  path: string;
  /** Permission bits, with those that `chmod` calls special. */
  mode: number;
  /** The number of its user and group. */
  owner: number;
}

const BLOCK = 512;

/** The same bytes for the same directories; all times are 1970's begin. */
export function ownedTar(directories: readonly OwnedDirectory[]): Uint8Array<ArrayBuffer> {
  const tar = new Uint8Array(BLOCK * (directories.length + 2));
  directories.forEach((directory, index) => {
    writeHeader(tar.subarray(index * BLOCK, (index + 1) * BLOCK), directory);
  });
  return tar;
}

function writeHeader(block: Uint8Array, { path, mode, owner }: OwnedDirectory): void {
  if (!/^[\x21-\x7e]{1,98}$/.test(path)) throw new Error(`"${path}" does not fit into a header`);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, `${path}/`);
  put(100, `${octal(mode, 7)}\0${octal(owner, 7)}\0${octal(owner, 7)}\0`);
  put(124, `${octal(0, 11)}\0${octal(0, 11)}\0        5`);
  put(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
}
