/**
 * One side of a comparison: a tree by its paths, with as much of each file as is known without reading it.
 *
 * It is the tree that a digest of a tree is of (`archive/tree_form.ts`): a hard link is the file that it names,
 * a directory that only names imply has the mode 755, and owners and times are no part of it. So two sides
 * differ in nothing where their trees have one digest.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { Digest } from "../../digest.ts";
import type { FileOptions } from "../../options.ts";
import type { CallOptions } from "../../store.ts";

/** What stands at a path on one side. */
export interface DiffEntry {
  /** What it is; a hard link is a file. */
  type: "file" | "directory" | "symlink";
  /** Bytes of content; 0 for everything but a file. */
  size: number;
  /** Permission bits. */
  mode: number;
  /** Target of a symbolic link as it is written. */
  linkTarget?: string | undefined;
}

/** A part of a file, behind the one before it. */
export interface Part {
  /** One behind its last byte in the file. */
  end: number;
  digest: Digest;
}

/** How much it costs to read a file: nothing is fetched, its own bytes are, or those of a whole layer. */
export const READING = { local: 0, file: 1, layer: 2 } as const;

/** The content of a file. */
export interface FileContent {
  size: number;
  /** All of it in parts whose digests any reading is checked against; nothing where it must be read to be known. */
  parts: readonly Part[] | undefined;
  /** What reading it costs: one of {@linkcode READING}. */
  cost: number;
  /** Reads it; what comes of it is checked. */
  read(options: CallOptions): AsyncIterable<Uint8Array>;
}

/** A tree that is compared with another. */
export interface Side {
  /** What stands at each path, in no order. */
  readonly entries: ReadonlyMap<string, DiffEntry>;
  /** Devices and named pipes, which no tree has. */
  readonly special: readonly Entry[];
  /** The content of a file, by a path that is one's. */
  content(path: string): FileContent;
  /** Opens a file, or a part of it, for a caller. */
  open(path: string, options: FileOptions): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Releases what is held. */
  close(): Promise<void>;
}

/** Permission bits of a directory that no entry names, as the digest of a tree has them. */
const IMPLIED: DiffEntry = { type: "directory", size: 0, mode: 0o755 };

/** The entries of a side, as they come in. */
export class SideEntries {
  /** By path. */
  readonly all: Map<string, DiffEntry> = new Map();
  /** As {@linkcode Side.special}. */
  readonly special: Entry[] = [];
  /** The directory of the last entry: most follow one of the same. */
  #last = "";

  /** Adds an entry, and the directories that its name implies. */
  add({ path, type, size, mode, linkTarget }: Entry & { type: DiffEntry["type"] }): void {
    const isLink = type === "symlink";
    this.all.set(path, {
      type,
      size: type === "file" ? size : 0,
      mode: isLink ? 0o777 : mode & 0o777,
      ...isLink && { linkTarget },
    });
    const slash = Math.max(0, path.lastIndexOf("/"));
    if (slash === this.#last.length && path.startsWith(this.#last)) return;
    this.#last = path.slice(0, slash);
    this.imply(this.#last);
  }

  /** Adds a directory and those above it, where no entry names them. */
  imply(path: string): void {
    for (let at = path; at !== "" && !this.all.has(at);) {
      this.all.set(at, IMPLIED);
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    }
  }
}
