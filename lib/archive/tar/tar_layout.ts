/**
 * Where the fields of a tar header stand (POSIX.1-2017, pax, "ustar Interchange Format").
 *
 * @module
 */

/** Bytes of a block: headers are one, content is padded to whole ones. */
export const BLOCK = 512;

/** Where a field begins, and how many bytes it has. */
export interface Field {
  at: number;
  size: number;
}

/** The fields of a ustar header. */
export const FIELD = {
  name: { at: 0, size: 100 },
  mode: { at: 100, size: 8 },
  uid: { at: 108, size: 8 },
  gid: { at: 116, size: 8 },
  size: { at: 124, size: 12 },
  mtime: { at: 136, size: 12 },
  checksum: { at: 148, size: 8 },
  type: { at: 156, size: 1 },
  link: { at: 157, size: 100 },
  magic: { at: 257, size: 6 },
  version: { at: 263, size: 2 },
  userName: { at: 265, size: 32 },
  groupName: { at: 297, size: 32 },
  devMajor: { at: 329, size: 8 },
  devMinor: { at: 337, size: 8 },
  prefix: { at: 345, size: 155 },
} as const satisfies Record<string, Field>;

/** Type flags of the headers that blobber writes, or reads and gives meaning to. */
export const FLAG = {
  file: "0",
  oldFile: "\0",
  hardlink: "1",
  symlink: "2",
  charDevice: "3",
  blockDevice: "4",
  directory: "5",
  fifo: "6",
  contiguous: "7",
  pax: "x",
  paxGlobal: "g",
  gnuLongLink: "K",
  gnuLongName: "L",
  gnuSparse: "S",
} as const;

/** The largest number that a `size` or `mtime` field holds in octal. */
export const MAX_OCTAL_12 = 0o77777777777;

/** Bytes up to the next whole block. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** The sum over a header that its checksum field holds, with that field counted as spaces. */
export function checksumOf(buffer: Uint8Array, at: number): number {
  const { at: begin, size } = FIELD.checksum;
  let sum = size * 0x20;
  for (let i = at; i < at + begin; i++) sum += buffer[i]!;
  for (let i = at + begin + size; i < at + BLOCK; i++) sum += buffer[i]!;
  return sum;
}
