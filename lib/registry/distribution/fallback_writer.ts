/**
 * Writing the fallback tag. A tag has no compare-and-swap: of two writers that read the same list, the
 * second one to write loses the other's entry. On one machine a lock keeps them apart. Across machines an
 * entry counts only when two readings in a row, each after a random pause, have shown it; else it is
 * written again.
 *
 * @module
 */

import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Digest, digestOf, hexOf } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { fallbackTag } from "../../artifact/fallback_tag.ts";
import { holdLock } from "../../system/file_lock.ts";
import {
  FALLBACK_PAUSE_MS,
  FALLBACK_READINGS,
  MAX_CHECKED_REFERRERS,
  MAX_FALLBACK_WRITES,
  MAX_MANIFEST_BYTES,
  REFERRER_READS,
} from "../../limits.ts";
import { isIndexType, parseDocument } from "../../artifact/manifest.ts";
import type { CallOptions } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { RefusedError } from "../http/registry_error.ts";
import type { Manifests } from "./manifests.ts";
import type { Repository } from "../repository.ts";

/** Writers of this process, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/** The list of one subject's referrers. */
export interface FallbackList {
  repository: Repository;
  /** Those of the repository. */
  manifests: Manifests;
  /** What is referred to. */
  subject: Digest;
}

/**
 * Adds a descriptor to the list that stands under the fallback tag of a subject.
 *
 * @param list the list
 * @param entry the referrer, with artifact type and annotations
 */
export function addToFallbackTag(
  list: FallbackList,
  entry: Descriptor,
  options: CallOptions = {},
): Promise<void> {
  return inTurn(
    list,
    () => writeUntilItStays(list, entry.digest, { ...options, entry }),
    options,
  );
}

/**
 * Takes a referrer that was removed off the list that stands under the fallback tag of its subject. A list that
 * does not have it is not written.
 *
 * @param list the list
 * @param referrer what was removed
 */
export function removeFromFallbackTag(
  list: FallbackList,
  referrer: Digest,
  options: CallOptions = {},
): Promise<void> {
  return inTurn(list, () => writeUntilItStays(list, referrer, options), options);
}

/** One writer of a list after the other. */
function inTurn(
  list: FallbackList,
  write: () => Promise<void>,
  options: CallOptions,
): Promise<void> {
  const key = `${list.repository.name}@${list.subject}`;
  const before = queues.get(key) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(() => withListLock(key, write, options));
  queues.set(key, mine);
  return mine.finally(() => {
    if (queues.get(key) === mine) queues.delete(key);
  });
}

/** Writes a list until it has a referrer, or has it no more where no entry is given. */
async function writeUntilItStays(
  list: FallbackList,
  referrer: Digest,
  { entry, ...options }: CallOptions & { entry?: Descriptor },
): Promise<void> {
  const { repository, manifests, subject } = list;
  const { clock } = repository;
  const tag = fallbackTag(subject);
  for (let writes = 0, shown = 0;;) {
    const entries = await readList(manifests, subject, options);
    const others = entries.filter(({ digest }) => digest !== referrer);
    if ((others.length < entries.length) === (entry !== undefined)) {
      // What was so before needs no proof.
      if (writes === 0 || ++shown >= FALLBACK_READINGS) return;
    } else {
      shown = 0;
      if (++writes > MAX_FALLBACK_WRITES) {
        throw new BlobberError(
          "registry",
          `referrer ${referrer} does not stay ${
            entry === undefined ? "out of" : "in"
          } the list of ${repository.name}:${tag}`,
          { hint: "others write the same list all the time: try again later" },
        );
      }
      await putWith(entry, others, { manifests, tag, ...options });
    }
    await clock.delay(1 + Math.floor(clock.random() * FALLBACK_PAUSE_MS), options.signal);
  }
}

/**
 * Writes a list, with one more entry where one is given, without those that are gone. Of a long list each is
 * looked for only when the registry refuses it as it is: an entry that is gone does less harm than thousands of
 * requests.
 */
async function putWith(
  entry: Descriptor | undefined,
  list: Descriptor[],
  { manifests, tag, signal }: CallOptions & { manifests: Manifests; tag: string },
): Promise<void> {
  const put = (kept: Descriptor[]) =>
    putList(manifests, { tag, entries: entry ? [...kept, entry] : kept }, { signal });
  if (list.length <= MAX_CHECKED_REFERRERS) {
    return await put(await withoutMissing(manifests, list, { signal }));
  }
  try {
    await put(list);
  } catch (error) {
    if (!(error instanceof RefusedError) || ![400, 404, 422].includes(error.httpStatus)) {
      throw error;
    }
    const kept = await withoutMissing(manifests, list, { signal });
    if (kept.length === list.length) throw error;
    await put(kept);
  }
}

/**
 * Without those whose manifest is gone, which another tool may have deleted: registries refuse an index that
 * lists what they do not have. One that cannot be looked for stays.
 */
async function withoutMissing(
  manifests: Manifests,
  list: Descriptor[],
  options: CallOptions,
): Promise<Descriptor[]> {
  const present = new Array<boolean>(list.length).fill(true);
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < list.length; i = next++) {
      present[i] = await manifests.mayExist(list[i]!.digest, options).catch((error) => {
        checkAborted(options.signal);
        if (isBlobberError(error)) return true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: REFERRER_READS }, lane));
  return list.filter((_, i) => present[i]);
}

async function readList(
  manifests: Manifests,
  subject: Digest,
  options: CallOptions,
): Promise<Descriptor[]> {
  const tag = fallbackTag(subject);
  try {
    const { descriptor, bytes } = await manifests.get(tag, { ...options, access: "push" });
    if (descriptor.digest === subject) return []; // see readFallback
    if (!isIndexType(descriptor.mediaType)) {
      throw new BlobberError("conflict", `tag ${tag} is taken by something that is not an index`, {
        hint: "remove that tag: it belongs to the list of referrers",
      });
    }
    const { value } = parseDocument(descriptor, bytes);
    return "manifests" in value ? value.manifests : [];
  } catch (error) {
    if (isBlobberError(error, "not-found")) return [];
    throw error;
  }
}

async function putList(
  manifests: Manifests,
  { tag, entries }: { tag: string; entries: Descriptor[] },
  options: CallOptions,
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: entries,
  }));
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new BlobberError(
      "limit",
      `the list under ${tag} would be longer than ${MAX_MANIFEST_BYTES} bytes`,
    );
  }
  const descriptor = {
    mediaType: MEDIA_TYPE.index,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  await manifests.put(tag, { descriptor, bytes }, options);
}

/** Keeps other processes of this user on this machine from the list, where a lock can be had. */
async function withListLock(
  key: string,
  body: () => Promise<void>,
  options: CallOptions,
): Promise<void> {
  const path = lockPath(key);
  if (path === undefined) return await body();
  let lock: Awaited<ReturnType<typeof holdLock>>;
  try {
    lock = await holdLock(path, options);
  } catch (error) {
    // The readings keep the list right without the lock too; it only saves their work.
    if (isBlobberError(error, "busy", "file-system")) return await body();
    throw error;
  }
  try {
    await body();
  } finally {
    lock.release();
  }
}

/** A file of this user's own, in a directory that no other user can write to. */
function lockPath(key: string): string | undefined {
  try {
    const { uid } = userInfo();
    const directory = join(tmpdir(), `blobber-locks-${uid}`);
    mkdirSync(directory, { mode: 0o700, recursive: true });
    const found = lstatSync(directory);
    if (!found.isDirectory()) return undefined;
    if (uid >= 0 && (found.uid !== uid || (found.mode & 0o077) !== 0)) return undefined;
    return join(directory, `referrers-${hexOf(digestOf(key)).slice(0, 32)}`);
  } catch {
    return undefined;
  }
}
