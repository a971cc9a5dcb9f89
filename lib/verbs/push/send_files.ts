/**
 * The first step of a push of files: each is hashed, looked through for private keys, and sent as a blob of its
 * own unless it is there. Nothing is sent before all of them were looked at, and none is held in memory.
 *
 * @module
 */

import type { WholeFile } from "../../archive/input/files.ts";
import { andLetGo } from "../../caller_errors.ts";
import type { Digest } from "../../digest.ts";
import { COPY_STREAMS } from "../../limits.ts";
import type { PushedFile } from "../../results.ts";
import type { Store } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { Pace } from "../../system/pace.ts";
import { eachPiece, type Hashed, hashFiles, totalOf, treeOf } from "./hash_files.ts";
import type { PushSettings } from "./settings.ts";

/** Files that a store has. */
export interface SentFiles {
  layers: PushedFile[];
  /** How many. */
  files: number;
  /** Bytes of all of them. */
  bytes: number;
  /** Digest of the tree that they make, where none is an archive. */
  tree: Digest | undefined;
}

/**
 * Sends files that were looked at.
 *
 * @param target where to
 * @param files the files
 * @param settings of the push
 * @throws {BlobberError} `private-key`, `source-changed`, `file-system`, and what the store throws
 */
export async function sendFiles(
  target: Store,
  files: readonly WholeFile[],
  settings: PushSettings,
): Promise<SentFiles> {
  const allowSecrets = settings.allowSecrets ?? false;
  const hashed = await hashFiles(files, { ...settings, allowSecrets });
  await sendEach(target, hashed, settings);
  return {
    layers: hashed.map(({ file: { title: path }, descriptor: { mediaType, digest, size } }) => ({
      path,
      mediaType,
      digest,
      size,
    })),
    files: files.length,
    bytes: totalOf(hashed),
    tree: files.some(({ isArchive }) => isArchive)
      ? undefined
      : (await treeOf(hashed, settings.signal)).tree,
  };
}

/** Sends what the store has not, the same bytes once. */
async function sendEach(
  target: Store,
  hashed: readonly Hashed[],
  { signal, onProgress }: PushSettings,
): Promise<void> {
  const each = [...new Map(hashed.map((one) => [one.descriptor.digest, one])).values()];
  const total = totalOf(each);
  let done = 0;
  const report = (bytes: number, finished = false) => {
    done += bytes;
    onProgress?.({ phase: "upload", done, total, unit: "bytes", finished });
  };
  await inLanes(each, { lanes: COPY_STREAMS, signal }, async ({ file, descriptor }, signal) => {
    const call = { signal };
    if (await target.has(descriptor, call)) return report(descriptor.size);
    const writer = await target.begin(descriptor.mediaType, call);
    await andLetGo(async () => {
      await eachPiece(file, new Pace(signal), async (piece) => {
        await writer.write(piece);
        report(piece.length);
      });
      await writer.commit(descriptor);
    }, () => writer.abort());
  });
  report(0, true);
}
