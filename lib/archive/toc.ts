/**
 * The table of contents of an eStargz or zstd:chunked layer, as it stands in the layer.
 *
 * A table is JSON: `{"version": 1, "entries": [...]}`, each entry one tar header, or one further chunk of
 * the file before it. It is the last thing in the blob but the footer, which says where it begins. The
 * manifest's layer annotation holds the digest of its uncompressed bytes, and it holds the digest of every
 * chunk: that is the chain which makes reading one file out of a layer trustworthy.
 *
 * @module
 */

/** Name of the table as a tar entry. A user's file of this name cannot be told from it and is refused. */
export const TOC_NAME = "stargz.index.json";

/** Entries that eStargz writers add for their own use and that are no content. */
export const LANDMARKS: ReadonlySet<string> = new Set([
  ".prefetch.landmark",
  ".no.prefetch.landmark",
]);

/** Whether an entry is the format's own and no content. */
export function isFormatsOwn(path: string): boolean {
  return path === TOC_NAME || LANDMARKS.has(path);
}

/**
 * Times that a row can state, in seconds since 1970: RFC 3339 has years of four digits, and year 1 is what
 * writers in Go state for none.
 */
const FIRST_TIME = Date.parse("0002-01-01T00:00:00Z") / 1000;
const LAST_TIME = Date.parse("9999-12-31T23:59:59Z") / 1000;

/** Whether a row can state a time. */
export function isStatable(seconds: number): boolean {
  return seconds >= FIRST_TIME && seconds <= LAST_TIME;
}

/** The nearest time that a row can state. */
export function statableTime(seconds: number): number {
  return Math.min(LAST_TIME, Math.max(FIRST_TIME, seconds));
}

/** One row. Everything but `name` and `type` is left out when it is zero or empty. */
export interface TocEntry {
  /** Path; a directory's ends in `/`. */
  name: string;
  type: "dir" | "reg" | "symlink" | "hardlink" | "char" | "block" | "fifo" | "chunk";
  /** Bytes of the whole file. */
  size?: number;
  /** RFC 3339. */
  modtime?: string;
  linkName?: string;
  mode?: number;
  uid?: number;
  gid?: number;
  userName?: string;
  groupName?: string;
  /** Where in the blob the compressed member begins that holds this chunk. */
  offset?: number;
  /** Where in the member's plain bytes this chunk begins, when it does not begin with it. */
  innerOffset?: number;
  /** Digest of the whole file; on `reg` only. */
  digest?: string;
  /** Where in the file this chunk begins. */
  chunkOffset?: number;
  /** Bytes of this chunk; left out when it reaches to the end of the file. */
  chunkSize?: number;
  /** Digest of this chunk's plain bytes. */
  chunkDigest?: string;
  devMajor?: number;
  devMinor?: number;
  NumLink?: number;
  xattrs?: Record<string, string>;
}
