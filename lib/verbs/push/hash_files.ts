/**
 * Files that are pushed as they are: what names the bytes of each, and the tree that they make. They are read a
 * piece at a time, and looked through for private keys and other secrets.
 *
 * @module
 */

import { lookAtFiles, refuseArchives, type WholeFile } from "../../archive/input/files.ts";
import type { InputFile } from "../../archive/input/input.ts";
import { guardKeys, type KeyGuard } from "../../archive/input/private_keys.ts";
import {
  type LikelySecret,
  SecretCounter,
  secretsIn,
  warnOfSecrets,
} from "../../archive/input/secrets.ts";
import { readPart } from "../../archive/input/source_file.ts";
import { Survey } from "../../archive/input/survey.ts";
import type { TreeFound } from "../../archive/read/tree_of_image.ts";
import { TreeRecords } from "../../archive/tree_records.ts";
import { Digester } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import { Pace } from "../../system/pace.ts";
import type { Descriptor } from "../../types.ts";
import { keyGuard } from "./key_guard.ts";
import type { PackSettings } from "./settings.ts";

/** Bytes that are read at a time: as many as are searched for keys, and more. */
const PIECE_BYTES = 512 * 1024;

/** A file, and what names its bytes. */
export interface Hashed {
  file: WholeFile;
  descriptor: Descriptor;
}

/** The tree that files make, of which nothing is sent. */
export async function treeOfFiles(
  given: readonly InputFile[],
  observer: Observer,
): Promise<TreeFound> {
  const looked = lookAtFiles(given, observer);
  refuseArchives(looked);
  return await treeOf(
    await hashFiles(looked, observer),
    observer.signal,
  );
}

/** The tree of files that were hashed. */
export async function treeOf(
  hashed: readonly Hashed[],
  signal: AbortSignal | undefined,
): Promise<TreeFound> {
  const tree = new TreeRecords(signal);
  for (const { file, descriptor } of hashed) tree.add(file.entry, descriptor.digest);
  return { entries: tree.size, tree: await tree.digest() };
}

/**
 * Reads files that were looked at.
 *
 * @throws {BlobberError} `private-key`, `source-changed`, `file-system`
 */
export async function hashFiles(
  files: readonly WholeFile[],
  settings: PackSettings,
): Promise<Hashed[]> {
  const { signal, onProgress, onEntry, onSecret } = settings;
  const keys = await keyGuard(settings);
  const survey = new Survey(settings);
  for (const { entry } of files) {
    survey.add(entry);
    onEntry?.(entry);
  }
  survey.finish();
  const total = files.reduce((sum, { entry }) => sum + entry.size, 0);
  const pace = new Pace(signal);
  const hashed: Hashed[] = [];
  const secrets = new SecretCounter();
  let begun: WholeFile | undefined;
  let done = 0;
  for (const file of files) {
    const digester = new Digester();
    await eachPiece(file, pace, (piece) => {
      if (keys !== undefined && begun !== file) {
        begun = file;
        for (const secret of secretsOf(file, piece, keys)) {
          secrets.add(secret);
          onSecret?.(secret);
        }
      }
      digester.update(piece);
      done += piece.length;
      onProgress?.({ phase: "pack", done, total, unit: "bytes", finished: false });
    });
    const { mediaType, entry: { size } } = file;
    hashed.push({ file, descriptor: { mediaType, digest: digester.digest(), size } });
  }
  onProgress?.({ phase: "pack", done, total, unit: "bytes", finished: true });
  warnOfSecrets(settings, secrets.found);
  return hashed;
}

/** Reads a file from its beginning to its end, which has to be where it was when the file was looked at. */
export async function eachPiece(
  { entry: { size }, content }: WholeFile,
  pace: Pace,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const inMemory = content instanceof Uint8Array;
  const buffer = inMemory ? content : new Uint8Array(Math.min(size, PIECE_BYTES));
  for (let from = 0; from < size;) {
    await pace.breathe();
    const length = Math.min(size - from, PIECE_BYTES);
    if (!inMemory) {
      const { file, stat } = content;
      readPart({ file, stamp: stat, from, size: length, at: 0 }, buffer);
    }
    const at = inMemory ? from : 0;
    await take(buffer.subarray(at, at + length));
    from += length;
  }
}

/** Looks through the first piece of a file. */
function secretsOf(
  { name: file, entry: { path, size } }: WholeFile,
  piece: Uint8Array,
  keys: KeyGuard,
): LikelySecret[] {
  const places = [{ file, at: 0, size: piece.length, stamp: { size } }];
  return secretsIn(piece, places, guardKeys(piece, places, keys)).map(({ kind }) => ({
    path,
    kind,
  }));
}

/** Bytes of files. */
export function totalOf(hashed: readonly Hashed[]): number {
  return hashed.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
}
