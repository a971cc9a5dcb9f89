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
import { BlobberError, isBlobberError } from "../../errors.ts";
import { fallbackTag } from "../../artifact/fallback_tag.ts";
import { holdLock } from "../../system/file_lock.ts";
import { MAX_MANIFEST_BYTES, REFERRER_READS } from "../../limits.ts";
import { isIndexType, parseDocument } from "../../artifact/manifest.ts";
import type { CallOptions } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { RefusedError } from "../http/registry_error.ts";
import type { Manifests } from "./manifests.ts";
import type { Repository } from "../repository.ts";

/** Readings in a row that must show an entry. */
const READINGS = 2;
/** Times that a lost entry is written again: far more than writers that can be unlucky together. */
const MAX_WRITES = 20;
/** The longest random pause before a reading, in milliseconds. */
const PAUSE_MS = 120;

/** Entries that are looked for one by one whenever the list is written. */
const FEW = 32;

/** Writers of this process, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Adds a descriptor to the list that stands under the fallback tag of a subject.
 *
 * @param repository where
 * @param manifests its manifests
 * @param subject what is referred to
 * @param entry what refers to it, with artifact type and annotations
 */
export function addToFallback(
  repository: Repository,
  manifests: Manifests,
  subject: Digest,
  entry: Descriptor,
  options: CallOptions = {},
): Promise<void> {
  const key = `${repository.name}@${subject}`;
  const before = queues.get(key) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(() =>
    locked(key, () => write(repository, manifests, subject, entry, options), options)
  );
  queues.set(key, mine);
  return mine.finally(() => {
    if (queues.get(key) === mine) queues.delete(key);
  });
}

async function write(
  repository: Repository,
  manifests: Manifests,
  subject: Digest,
  entry: Descriptor,
  options: CallOptions,
): Promise<void> {
  const { clock } = repository.transport;
  const tag = fallbackTag(subject);
  for (let writes = 0, shown = 0;;) {
    const list = await readList(manifests, subject, options);
    if (list.some(({ digest }) => digest === entry.digest)) {
      // Nothing to prove when somebody else wrote it long ago.
      if (writes === 0 || ++shown >= READINGS) return;
    } else {
      shown = 0;
      if (++writes > MAX_WRITES) {
        throw new BlobberError(
          "registry",
          `referrer ${entry.digest} does not stay in the list of ${repository.name}:${tag}`,
          { hint: "others write the same list all the time: try again later" },
        );
      }
      await addTo(list, entry, { manifests, tag, ...options });
    }
    await clock.delay(1 + Math.floor(clock.random() * PAUSE_MS), options.signal);
  }
}

/**
 * Writes a list with one more entry, without those that are gone. Of a long list each is looked for only when
 * the registry refuses it as it is: thousands of requests are no price for what does no harm.
 */
async function addTo(
  list: Descriptor[],
  entry: Descriptor,
  { manifests, tag, signal }: CallOptions & { manifests: Manifests; tag: string },
): Promise<void> {
  const put = (kept: Descriptor[]) => putList(manifests, tag, [...kept, entry], { signal });
  if (list.length <= FEW) return await put(await living(manifests, list, { signal }));
  try {
    await put(list);
  } catch (error) {
    if (!(error instanceof RefusedError) || ![400, 404, 422].includes(error.httpStatus)) {
      throw error;
    }
    const kept = await living(manifests, list, { signal });
    if (kept.length === list.length) throw error;
    await put(kept);
  }
}

/**
 * Without those whose manifest is gone, which another tool may have deleted: registries refuse an index that
 * lists what they do not have. One that cannot be looked for stays.
 */
async function living(
  manifests: Manifests,
  list: Descriptor[],
  options: CallOptions,
): Promise<Descriptor[]> {
  const alive = new Array<boolean>(list.length).fill(true);
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < list.length; i = next++) {
      alive[i] = await manifests.mayExist(list[i]!.digest, options).catch((error) => {
        options.signal?.throwIfAborted();
        if (isBlobberError(error)) return true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: REFERRER_READS }, lane));
  return list.filter((_, i) => alive[i]);
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
      throw new BlobberError("conflict", `tag ${tag} is taken by something that is no index`, {
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
  tag: string,
  entries: Descriptor[],
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
  await manifests.put(tag, descriptor, bytes, options);
}

/** Keeps the other processes of this user on this machine away, as far as a lock can be had. */
async function locked(
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

/** A file of this user's own, in a directory that nobody else can write to. */
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
