/**
 * The directory of an OCI layout (image-layout.md), held open, and where things are in it. Each use of a
 * layout opens it anew, by its path, and does all of its work in the one that it opened.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { type Digest, hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import type { HeldDirectory, HoldOptions } from "../../system/held_directory.ts";
import { holdEntry, holdPath, type PathOptions } from "../../system/hold_path.ts";
import { quote } from "../../text/printable.ts";

/** How a layout is found. */
export interface LayoutOptions extends HoldOptions {
  /**
   * The real path, as rules were decided on it: it is opened in place of the other one, nothing on it may be
   * a link, and where it is held by its path alone it must be safe from other users.
   */
  real?: string | undefined;
}

/** A layout's directory. */
export class LayoutDirectory {
  readonly root: HeldDirectory;
  readonly #options: HoldOptions;
  #blobs: HeldDirectory | undefined;
  #ingest: HeldDirectory | undefined;

  private constructor(root: HeldDirectory, options: HoldOptions) {
    this.root = root;
    this.#options = options;
  }

  /**
   * Opens the one at a path for reading.
   *
   * @returns `undefined` when there is no directory
   * @throws {BlobberError} `file-system`
   */
  static find(path: string, options: LayoutOptions): LayoutDirectory | undefined {
    // Who only reads may read what others own: the content is checked. What was judged is another thing.
    const hold = { ...options, allowShared: options.allowShared || !options.real };
    const { dir, parent, missing } = holdPath(options.real ?? path, withLinks(hold));
    parent?.close();
    if (missing.length === 0) return new LayoutDirectory(dir, hold);
    dir.close();
    return undefined;
  }

  /**
   * Opens the one at a path for writing, and makes it with all above it where it is missing.
   *
   * @throws {BlobberError} `file-system`
   */
  static make(path: string, options: LayoutOptions): LayoutDirectory {
    const real = options.real ?? path;
    const { dir, parent, missing, dangling } = holdPath(real, withLinks(options));
    parent?.close();
    let at = dir;
    try {
      if (dangling) throw new BlobberError("conflict", `${quote(path)} is a link to nothing`);
      for (const name of missing) {
        const next = madeEntry(at, name, options);
        at.close();
        at = next;
      }
    } catch (error) {
      at.close();
      throw error;
    }
    return new LayoutDirectory(at, options);
  }

  /** Where the file is that says that this is a layout. */
  get marker(): string {
    return this.root.entry("oci-layout");
  }

  /** Where its index is. */
  get index(): string {
    return this.root.entry("index.json");
  }

  /** Where the lock is that guards the index. */
  get lock(): string {
    return this.root.entry("index.json.lock");
  }

  /** Where a blob is; nothing where there are no blobs. */
  blob(digest: Digest): string | undefined {
    this.#blobs ??= this.#findBlobs();
    return this.#blobs?.entry(hexOf(digest));
  }

  /** As {@linkcode blob}, and the directories are made where they are missing. */
  newBlob(digest: Digest): string {
    this.makeBlobs();
    return this.#blobs!.entry(hexOf(digest));
  }

  /** Makes the directories of blobs where they are missing. */
  makeBlobs(): void {
    if (this.#blobs !== undefined) return;
    const all = madeEntry(this.root, "blobs", this.#options);
    try {
      this.#blobs = madeEntry(all, "sha256", this.#options);
    } finally {
      all.close();
    }
  }

  /** Blobs in the making, out of the way of those who list blobs; nothing where there are none. */
  ingest(): HeldDirectory | undefined {
    return this.#ingest ??= holdEntry(this.root, "ingest", this.#options);
  }

  /** As {@linkcode ingest}, made where it is missing; nothing when another writer removed it at once. */
  makeIngest(): HeldDirectory | undefined {
    this.#ingest?.close();
    return this.#ingest = makeEntry(this.root, "ingest", this.#options);
  }

  /** Lets it go. */
  close(): void {
    for (const dir of [this.root, this.#blobs, this.#ingest]) dir?.close();
  }

  #findBlobs(): HeldDirectory | undefined {
    const all = holdEntry(this.root, "blobs", this.#options);
    try {
      return all && holdEntry(all, "sha256", this.#options);
    } finally {
      all?.close();
    }
  }
}

function withLinks({ real, ...options }: LayoutOptions): PathOptions {
  return { ...options, links: real === undefined ? undefined : "none" };
}

/** Opens a directory in another, and makes it where it is missing. */
function makeEntry(
  dir: HeldDirectory,
  name: string,
  options: HoldOptions,
): HeldDirectory | undefined {
  try {
    mkdirSync(dir.entry(name));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw fileError("cannot make", dir.shown(name), error);
  }
  return holdEntry(dir, name, options);
}

function madeEntry(dir: HeldDirectory, name: string, options: HoldOptions): HeldDirectory {
  const made = makeEntry(dir, name, options);
  if (made !== undefined) return made;
  throw new BlobberError("file-system", `${quote(dir.shown(name))} was removed as it was made`);
}
