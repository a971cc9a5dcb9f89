/**
 * Removing manifests from a layout: out of the index first, in one step, then the blobs that nothing names any more.
 * A kill in between leaves blobs that are too many, and never a name without its content.
 *
 * What names a blob is every manifest that the index lists, and what those list. Only blobs that the removed
 * manifest led to are let go of: what else lies in a layout without a name is not ours to judge. All of it happens
 * under the lock of the index, under which blobs are put into their place, too. A blob that is younger than the
 * manifest was written again since, for a manifest that is still to come, and stays; where a manifest cannot be
 * read, so that what it names is not known, all blobs do.
 *
 * @module
 */

import { lstatSync, rmSync } from "node:fs";
import { manifestTagged } from "../../artifact/tag_taken.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import { AWAITED_BLOB_MS, MAX_LAYOUT_MANIFESTS } from "../../limits.ts";
import type { Freed, RemoveManifestOptions } from "../../store.ts";
import type { Held } from "../../system/file_lock.ts";
import { Pace } from "../../system/pace.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import type { Descriptor } from "../../types.ts";
import { IndexFile } from "./index_file.ts";
import type { LayoutDirectory } from "./layout_directory.ts";
import { ManifestNames } from "./manifest_names.ts";

/** Removes manifests of one layout. */
export class LayoutRemoval {
  readonly #name: string;
  readonly #names = new ManifestNames();

  /** @param name the layout, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Reads what the manifests of a layout name, before the lock is taken: there may be thousands.
   *
   * @throws {BlobberError} `limit` for a layout that lists too many manifests
   */
  async learn(layout: LayoutDirectory, signal: AbortSignal | undefined): Promise<void> {
    const pace = new Pace();
    const listed = IndexFile.read(layout.index).manifests();
    if (listed.length > MAX_LAYOUT_MANIFESTS) {
      throw new BlobberError(
        "limit",
        `${this.#name} lists ${listed.length} manifests, expected at most ` +
          `${MAX_LAYOUT_MANIFESTS} to remove one of`,
      );
    }
    for (const one of listed) {
      await pace.breathe();
      checkAborted(signal);
      this.#names.of(layout, one);
    }
  }

  /**
   * Removes a manifest. Under the lock of the index.
   *
   * @throws {BlobberError} `not-found`, `conflict`
   */
  remove(
    layout: LayoutDirectory,
    { digest }: Descriptor,
    { ifUntagged, held }: RemoveManifestOptions & { held: Held },
  ): Freed {
    const index = IndexFile.read(layout.index);
    const listed = index.listed(digest);
    if (listed === undefined) {
      throw new BlobberError("not-found", `${digest} not found in ${this.#name}`);
    }
    const tag = index.tagsOf(digest)[0];
    if (ifUntagged && tag !== undefined) throw manifestTagged(digest, tag, { name: this.#name });
    const { all } = this.#names.reach(layout, [listed]);
    index.remove(digest);
    index.write(held);
    const { all: needed, unread } = this.#names.reach(layout, index.manifests());
    const free = [...all.keys()].filter((one) => !needed.has(one));
    if (free.length === 0) return { blobs: 0, bytes: 0 };
    if (unread !== undefined) {
      const kept = `${unread} cannot be read, so that what it names is not known`;
      return { blobs: 0, bytes: 0, kept };
    }
    return removeBlobs(layout, free, fileOf(layout, digest)?.mtimeMs ?? Infinity);
  }
}

/** Removes blobs that are not younger than the manifest which named them. */
function removeBlobs(layout: LayoutDirectory, blobs: readonly Digest[], named: number): Freed {
  const freed: Freed = { blobs: 0, bytes: 0 };
  const now = Date.now();
  for (const digest of blobs) {
    const file = fileOf(layout, digest);
    if (file === undefined) continue;
    if (file.mtimeMs > named && now - file.mtimeMs < AWAITED_BLOB_MS) {
      freed.kept = `${digest} was written again since, for a manifest that is still to come`;
      continue;
    }
    try {
      rmSync(file.path);
    } catch (error) {
      throw fileError("cannot remove", file.path, error);
    }
    freed.blobs++;
    freed.bytes += file.size;
  }
  return freed;
}

function fileOf(
  layout: LayoutDirectory,
  digest: Digest,
): { path: string; size: number; mtimeMs: number } | undefined {
  const path = layout.blob(digest);
  if (path === undefined) return undefined;
  try {
    const { size, mtimeMs } = lstatSync(path);
    return { path, size, mtimeMs };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw fileError("cannot read", path, error);
  }
}
