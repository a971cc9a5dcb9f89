/**
 * What is in a cache, and its removal. Only what the cache itself has put there is ever removed.
 *
 * @module
 */

import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, isDigest } from "../../digest.ts";
import { CACHE_GRACE_MS } from "../../limits.ts";
import { type Entry, listEntries } from "./entries.ts";
import { type CachePaths, cachePaths, type FOLDERS } from "./paths.ts";

/** An artifact in the cache. */
export interface CacheEntry {
  /** The manifest. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** Bytes that it takes up, those that it shares with others included. */
  size: number;
  /** When it was first fetched. */
  created: Date;
  /** When it was last used. */
  used: Date;
}

/** What is in a cache. */
export interface CacheInfo {
  /** Its directory. */
  path: string;
  /** Bytes in all. */
  size: number;
  /** Least recently used first. */
  entries: CacheEntry[];
}

/** What was removed, and what is left. */
export interface PruneResult {
  /** Entries removed. */
  removed: number;
  /** Bytes removed. */
  removedBytes: number;
  /** Entries left. */
  remaining: number;
  /** Bytes left. */
  remainingBytes: number;
}

/** What to remove. */
export interface PruneOptions {
  /** Remove the least recently used until no more bytes than this are left. */
  maxSize?: number | undefined;
  /** Remove what was not used for this long, in milliseconds. */
  maxAge?: number | undefined;
}

/**
 * Lists what a cache holds. There is nothing in one that does not exist.
 *
 * @example
 * ```ts
 * import { cacheInfo } from "@blobber/core";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * // The directory is a client's cacheDir. One that does not exist is an empty cache.
 * const { size, entries } = cacheInfo(join(tmpdir(), "no-such-cache"));
 * if (size !== 0 || entries.length !== 0) throw new Error("expected nothing");
 * ```
 *
 * @param path its directory
 */
export function cacheInfo(path: string): CacheInfo {
  const paths = cachePaths(path);
  const sizes = new Map<Digest, number>();
  const sizeOf = (digest: Digest) => {
    const known = sizes.get(digest) ?? contentFiles(paths, digest).reduce((n, f) => n + f.size, 0);
    sizes.set(digest, known);
    return known;
  };
  const entries = listEntries(paths).sort((a, b) => a.used - b.used).map((entry) => ({
    digest: entry.descriptor.digest,
    mediaType: entry.descriptor.mediaType,
    size: digestsOf(entry).reduce((sum, digest) => sum + sizeOf(digest), 0),
    created: new Date(entry.created),
    used: new Date(entry.used),
  }));
  return { path, size: allFiles(paths).reduce((sum, file) => sum + file.size, 0), entries };
}

/**
 * Removes everything.
 *
 * @example
 * ```ts
 * import { clearCache } from "@blobber/core";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const cacheDir = await mkdtemp(join(tmpdir(), "example-"));
 * const { removed } = clearCache(cacheDir);
 * if (removed !== 0) throw new Error("expected an empty cache");
 * await rm(cacheDir, { recursive: true, force: true });
 * ```
 *
 * @param path its directory, which stays
 */
export function clearCache(path: string): PruneResult {
  const paths = cachePaths(path);
  const removed = listEntries(paths).length;
  const files = allFiles(paths);
  for (const file of files) rmSync(file.path, { force: true });
  const removedBytes = files.reduce((sum, file) => sum + file.size, 0);
  return { removed, removedBytes, remaining: 0, remainingBytes: 0 };
}

/**
 * Removes what was not used for long, and the least recently used until the rest fits. What readers have
 * open stays readable for them.
 *
 * @example
 * ```ts
 * import { pruneCache } from "@blobber/core";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const cacheDir = await mkdtemp(join(tmpdir(), "example-"));
 * const { removed } = pruneCache(cacheDir, { maxSize: 1_000_000_000 });
 * if (removed !== 0) throw new Error("expected nothing to be too much");
 * await rm(cacheDir, { recursive: true, force: true });
 * ```
 *
 * @param path its directory
 */
export function pruneCache(path: string, options: PruneOptions): PruneResult {
  const { maxSize = Infinity, maxAge = Infinity } = options;
  const paths = cachePaths(path);
  const before = allFiles(paths).reduce((sum, file) => sum + file.size, 0);
  const entries = listEntries(paths).sort((a, b) => a.used - b.used);
  const users = new Map<Digest, number>();
  for (const digest of entries.flatMap(digestsOf)) users.set(digest, (users.get(digest) ?? 0) + 1);
  let size = before - removeStrays(paths, users);
  let removed = 0;
  for (const entry of entries) {
    if (size <= maxSize && Date.now() - entry.used <= maxAge) break;
    rmSync(paths.entry(entry.descriptor.digest), { force: true });
    for (const digest of digestsOf(entry)) {
      const left = users.get(digest)! - 1;
      users.set(digest, left);
      if (left > 0) continue;
      for (const file of contentFiles(paths, digest)) {
        rmSync(file.path, { force: true });
        size -= file.size;
      }
    }
    removed++;
  }
  const remainingBytes = allFiles(paths).reduce((sum, file) => sum + file.size, 0);
  return {
    removed,
    removedBytes: Math.max(0, before - remainingBytes),
    remaining: entries.length - removed,
    remainingBytes,
  };
}

function digestsOf(entry: Entry): Digest[] {
  return [...new Set([entry.descriptor.digest, ...entry.blobs])];
}

interface File {
  path: string;
  size: number;
  /** Milliseconds since 1970. */
  time: number;
}

/** Every file of the cache: only names that the cache gives. */
function allFiles(paths: CachePaths): File[] {
  const hex = /^[0-9a-f]{64}$/;
  const json = /^[0-9a-f]{64}\.json$/;
  const names: Record<keyof typeof FOLDERS, RegExp> = {
    blobs: hex,
    sums: hex,
    entries: json,
    tags: json,
    push: json,
    listings: hex,
    parts: hex,
    temp: /^blobber-[0-9a-z-]+$/,
  };
  const inFolders = Object.entries(names).flatMap(([folder, pattern]) => {
    const directory = paths.folder(folder as keyof typeof FOLDERS);
    return folder === "parts"
      ? directories(directory, pattern).flatMap((one) => files(one, /^\d+-\d+-[0-9a-f]{64}$/))
      : files(directory, pattern);
  });
  return [...inFolders, ...files(paths.root, /^origin$/)];
}

/** The files that hold the content of a digest. */
function contentFiles(paths: CachePaths, digest: Digest): File[] {
  return [
    ...[paths.blob(digest), paths.sums(digest), paths.listing(digest)]
      .flatMap((path) => fileAt(path) ?? []),
    ...files(paths.parts(digest), /^\d+-\d+-[0-9a-f]{64}$/),
  ];
}

/** Removes content that no entry names and that is too old to be on its way. */
function removeStrays(paths: CachePaths, users: Map<Digest, number>): number {
  let bytes = 0;
  const folders = ["blobs", "sums", "parts", "listings"] as const;
  for (const name of folders.flatMap((folder) => namesIn(paths.folder(folder)))) {
    const digest = `sha256:${name}`;
    if (!isDigest(digest) || users.has(digest)) continue;
    for (const file of contentFiles(paths, digest)) {
      if (Date.now() - file.time < CACHE_GRACE_MS) continue;
      rmSync(file.path, { force: true });
      bytes += file.size;
    }
  }
  return bytes;
}

function files(directory: string, pattern: RegExp): File[] {
  return namesIn(directory).filter((name) => pattern.test(name))
    .flatMap((name) => fileAt(join(directory, name)) ?? []);
}

function directories(directory: string, pattern: RegExp): string[] {
  return namesIn(directory).filter((name) => pattern.test(name)).map((name) =>
    join(directory, name)
  );
}

function namesIn(directory: string): string[] {
  try {
    if (lstatSync(directory).isSymbolicLink()) return [];
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function fileAt(path: string): File | undefined {
  try {
    const stat = lstatSync(path);
    return stat.isFile() ? { path, size: stat.size, time: stat.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}
