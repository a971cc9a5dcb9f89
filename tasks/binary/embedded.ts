/**
 * Reads out of a binary what `deno compile` put into it: the one way to see what a binary for another system
 * will run. The form is that of Deno's own reader (`cli/rt/binary.rs` in its sources).
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What a binary holds. */
export interface Embedded {
  /** How the runtime is to run the program: permissions, flags, the entry and more. */
  metadata: Record<string, unknown>;
  /** Files by their path. */
  files: Map<string, Uint8Array>;
}

/** Stands before and after the data. */
const MAGIC = "d3n0l4nd";

interface Directory {
  n: string;
  e: Entry[];
}

/** A file; `o` is where its content is, and how long it is. */
interface File {
  n: string;
  o: [offset: number, length: number];
}

type Entry = { Dir: Directory } | { File: File } | { Symlink: unknown };

/**
 * Reads it.
 *
 * @throws {Error} where there is none, or it has parts that blobber's binaries do not have
 */
export function readEmbedded(binary: Uint8Array): Embedded {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  let at = startOf(bytes);
  const take = () => {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 8, at + 8 + length);
    at += 8 + length;
    if (data.length !== length) throw new Error("the embedded data are cut off");
    return data;
  };
  const none = (what: string, length: number) => {
    if (length !== 0) throw new Error(`the binary holds ${what}, expected files alone`);
  };
  const metadata = JSON.parse(take().toString()) as Record<string, unknown>;
  none("packages", take().length);
  for (const what of ["addresses", "redirects", "remote modules"]) {
    none(what, bytes.readUInt32LE(at));
    at += 4;
  }
  const entries = JSON.parse(take().toString()) as Entry[];
  const content = take();
  if (bytes.toString("latin1", at, at + MAGIC.length) !== MAGIC) {
    throw new Error("the embedded data do not end as they should");
  }
  return { metadata, files: filesOf(entries, content) };
}

function startOf(bytes: Buffer): number {
  for (let at = -1;;) {
    at = bytes.indexOf(MAGIC, at + 1, "latin1");
    if (at < 0) throw new Error("nothing is embedded in the binary");
    // The runtime's own code has the word too; the data go on with a length and a JSON object.
    const after = at + MAGIC.length;
    if (bytes.toString("latin1", after + 8, after + 17) === `{"argv":[`) return after;
  }
}

function filesOf(entries: Entry[], content: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const collect = (entries: Entry[], above: string) => {
    for (const entry of entries) {
      if ("Dir" in entry) collect(entry.Dir.e, `${above}${entry.Dir.n}/`);
      else if ("File" in entry) {
        const { n, o: [offset, length] } = entry.File;
        files.set(above + n, content.subarray(offset, offset + length));
      } else throw new Error("the binary holds a symbolic link, expected files alone");
    }
  };
  collect(entries, "");
  return files;
}
