/**
 * What pushes have made, by a digest of what went into them, so that pushing the same again costs a look at
 * the files and a question instead of the work.
 *
 * A layer named here is taken for the one that packing would make, and may be signed as such. So nothing
 * is believed that another cache directory brought along: every file carries a code that only this
 * directory can have given (`sealed_file.ts`), and one that does not fit is removed.
 *
 * @module
 */

import type { SecretsFound } from "../../archive/input/secrets.ts";
import type { Stamps } from "../../archive/input/stamp_digest.ts";
import { asDigest, type Digest } from "../../digest.ts";
import { MAX_CACHE_RECORD_BYTES, MAX_PUSH_RECORDS } from "../../limits.ts";
import { Seal } from "../own/sealed_file.ts";
import { type CachePaths, cachePaths } from "./paths.ts";

/** A layer that was made once. */
export interface KnownLayer {
  /** Digest and size of the blob. */
  digest: Digest;
  size: number;
  /** Digest of its uncompressed tar. */
  diffId: Digest;
  /** Digest of its table of contents. */
  tocDigest: Digest;
  /** Where in the blob the table begins. */
  tocOffset: number;
  /** Entries in it. */
  entries: number;
  /** Whether a file in it was cut into chunks. */
  isCut: boolean;
  /** Digest of the tree in it. */
  tree: Digest;
}

/** A layer, and what it was made from. */
export interface PushRecord {
  /** Digest of names, kinds, modes, sizes and link targets. */
  walked: Digest;
  /** Digest of the contents of all files. */
  contents: Digest;
  /** How the files lay on the disk when their contents were these, where that tells anything. */
  stamps?: Stamps | undefined;
  /** Secrets that the files seem to hold. */
  secrets: SecretsFound;
  layer: KnownLayer;
}

/** Remembers layers. */
export class PushIndex {
  readonly #paths: CachePaths;
  readonly #seal: Seal;

  private constructor(paths: CachePaths, seal: Seal) {
    this.#paths = paths;
    this.#seal = seal;
  }

  /**
   * Opens the index in a cache.
   *
   * @param directory of the cache
   * @returns `undefined` where it cannot be used
   */
  static open(directory: string): PushIndex | undefined {
    const paths = cachePaths(directory);
    const seal = Seal.of(paths);
    return typeof seal === "string" ? undefined : new PushIndex(paths, seal);
  }

  /**
   * What is known under a key, the latest first.
   *
   * @param key everything that the layer's bytes depend on, as far as a short look tells
   */
  get(key: string): PushRecord[] {
    const path = this.#paths.push(key);
    const bytes = this.#seal.read(path, key, MAX_CACHE_RECORD_BYTES);
    if (bytes === undefined) return [];
    try {
      return JSON.parse(new TextDecoder().decode(bytes)).map(recordOf);
    } catch { // another version wrote it
      this.#seal.remove(path);
      return [];
    }
  }

  /** Remembers a layer. That it cannot be written is of no consequence. */
  add(key: string, { walked, contents, stamps, secrets, layer }: PushRecord): void {
    try {
      const others = this.get(key).filter((one) =>
        one.walked !== walked || one.contents !== contents
      );
      const { digest, size, diffId, tocDigest, tocOffset, entries, isCut, tree } = layer;
      const known = { digest, size, diffId, tocDigest, tocOffset, entries, isCut, tree };
      const latest = {
        ...{ walked, contents, ...(stamps !== undefined && { stamps }), secrets },
        layer: known,
      };
      const records = [latest, ...others].slice(0, MAX_PUSH_RECORDS);
      const bytes = new TextEncoder().encode(JSON.stringify(records));
      this.#seal.write(this.#paths.push(key), key, bytes);
    } catch { // made again the next time
    }
  }
}

function recordOf(value: unknown): PushRecord {
  const { walked, contents, stamps, secrets, layer } = value as Record<
    keyof PushRecord,
    Record<string, unknown>
  >;
  const { digest, size, diffId, tocDigest, tocOffset, entries, isCut, tree } = layer;
  return {
    walked: asDigest(walked),
    contents: asDigest(contents),
    ...(stamps !== undefined && {
      stamps: { digest: asDigest(stamps.digest), newest: asCount(stamps.newest) },
    }),
    secrets: asSecrets(secrets),
    layer: {
      digest: asDigest(digest),
      size: asCount(size),
      diffId: asDigest(diffId),
      tocDigest: asDigest(tocDigest),
      tocOffset: asCount(tocOffset),
      entries: asCount(entries),
      isCut: isCut === true,
      tree: asDigest(tree),
    },
  };
}

function asSecrets({ named, count }: Record<string, unknown>): SecretsFound {
  const each = named as Record<string, unknown>[];
  return {
    named: each.map(({ path, kind }) => ({ path: String(path), kind: String(kind) })),
    count: asCount(count),
  };
}

function asCount(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TypeError("not a count");
}
