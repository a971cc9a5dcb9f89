/**
 * Finds the entries of an image by their paths.
 *
 * @module
 */

import { raiseLimit } from "../../archive/budget.ts";
import { type Entry, specialName } from "../../archive/entry.ts";
import type { Content } from "../../archive/read/content.ts";
import { sizeOf } from "../../archive/read/file_content.ts";
import { pathMissing } from "../../archive/tree/nearest_path.ts";
import type { Listing } from "../../archive/tree/listing.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { counted, quote } from "../../text/printable.ts";
import type { CallOptions } from "../../store.ts";
import { followIn, implied, normal } from "./paths.ts";

/** Finds entries of one image. */
export class Finder {
  readonly listing: Listing<Content>;
  /** Digest of the image, for messages. */
  readonly digest: Digest;

  readonly #maxFileBytes: number;

  /**
   * @param listing what is in the image
   * @param image its digest, and the most bytes of a file that is read
   */
  constructor(
    listing: Listing<Content>,
    { digest, maxFileBytes = Infinity }: { digest: Digest; maxFileBytes: number | undefined },
  ) {
    this.listing = listing;
    this.digest = digest;
    this.#maxFileBytes = maxFileBytes;
  }

  /**
   * One entry. Links on the way to it are followed, a link at its end when it is asked for.
   *
   * @throws {BlobberError} `not-found`
   */
  async stat(path: string, follow: boolean, call: CallOptions): Promise<Entry> {
    const { listing } = this;
    const wanted = follow ? followIn(listing, path, normal(path)) : normal(path);
    const found = listing.get(wanted) ?? listing.get(followIn(listing, path, wanted));
    if (found !== undefined) return follow ? asFile(found) : { ...found.entry };
    if (listing.isDirectory(wanted)) return implied(wanted);
    throw await this.missing(path, wanted, call);
  }

  /**
   * The content of the file at a path. Links are followed.
   *
   * @throws {BlobberError} `not-found`, `limit`, `usage`
   */
  async file(path: string, call: CallOptions): Promise<Content> {
    const { listing } = this;
    const at = followIn(listing, path, normal(path));
    const node = listing.get(at);
    if (node === undefined ? listing.isDirectory(at) : node.entry.type === "directory") {
      throw new BlobberError("usage", `${quote(path)} is a directory, expected a file`, {
        hint: "list it to see what is in it",
      });
    }
    if (node === undefined) throw await this.missing(path, at, call);
    const special = specialName(node.entry.type);
    if (special !== undefined) {
      throw new BlobberError("usage", `${quote(path)} is ${special}, expected a file`);
    }
    const size = sizeOf(node.content);
    if (size > this.#maxFileBytes) {
      throw new BlobberError(
        "limit",
        `${quote(path)} has ${counted(size, "byte")}, expected at most ${this.#maxFileBytes}`,
        { hint: raiseLimit("maxFileBytes") },
      );
    }
    return node.content;
  }

  /** The path of a directory in its one form; nothing for one that names something else. */
  directory(path: string): string | undefined {
    const wanted = normal(path);
    return this.listing.isDirectory(wanted) ? wanted : undefined;
  }

  /** Whether a path is a directory, or a link to one. */
  isDirectory(path: string): boolean {
    if (this.listing.isDirectory(path)) return true;
    if (this.listing.linkAt(path) === undefined) return false;
    try {
      return this.listing.isDirectory(followIn(this.listing, path, path));
    } catch { // it leads nowhere
      return false;
    }
  }

  /**
   * The entry that a path names, if there is one. Links on the way to it are followed, and one at its end where
   * it ends in a slash.
   *
   * @param path as it was written
   */
  exactly(path: string): Entry | undefined {
    const { listing } = this;
    const wanted = normal(path);
    const slash = wanted.lastIndexOf("/");
    const name = wanted.slice(slash + 1);
    const isDirectory = /\/\.?$/.test(path);
    let at = wanted;
    if (isDirectory || name === "..") at = followIn(listing, path, wanted);
    else if (slash > 0) at = below(followIn(listing, path, wanted.slice(0, slash)), name);
    const found = listing.get(at)?.entry;
    if (found !== undefined) {
      return isDirectory && found.type !== "directory" ? undefined : { ...found };
    }
    return listing.isDirectory(at) ? implied(at) : undefined;
  }

  /** The error for a path at which there is nothing. */
  async missing(path: string, at: string, call: CallOptions): Promise<BlobberError> {
    const { digest, listing } = this;
    return pathMissing(path, at, { digest, paths: await listing.paths(call) });
  }
}

/** An entry, where a hard link is taken for the file that it names. */
function asFile({ entry, content }: { entry: Entry; content: Content }): Entry {
  const { path, type, mode, mtime } = entry;
  if (type !== "hardlink") return { ...entry };
  return { path, type: "file", size: sizeOf(content), mode, mtime };
}

/** The path of what has a name in a directory. */
function below(dir: string, name: string): string {
  return dir === "" ? name : `${dir}/${name}`;
}
