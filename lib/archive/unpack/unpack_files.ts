/**
 * Puts layers that are files into a staging directory, several at a time: models have files of gigabytes.
 *
 * @module
 */

import { checkDiskName } from "../destination/disk_names.ts";
import { FILE_STREAMS } from "../../limits.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { CallOptions, Source } from "../../store.ts";
import { CheckedReader } from "../../checked_content.ts";
import { applyFile, type FileLayer } from "../read/layer_kind.ts";
import type { Tree } from "../tree/tree.ts";
import { StagedFile } from "../destination/staged_file.ts";
import { checkEntry, directoriesOf, type EntryPolicy } from "./plan.ts";
import type { Staging } from "../destination/staging.ts";

/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;
/** Permission bits before the umask: nothing states any. */
const MODE = 0o666;

/** What there is to do for the files of an image. */
export interface FilesPlan {
  /** Directories that are not there yet, parents first. */
  directories: { path: string; mode: number }[];
  /** The files at the places where they go. */
  files: FileLayer[];
}

/**
 * Applies files to the tree of all archives.
 *
 * @throws {BlobberError} as {@linkcode applyFile} and {@linkcode checkEntry}
 */
export function planFiles(
  tree: Tree,
  files: readonly FileLayer[],
  policy: EntryPolicy,
): FilesPlan {
  const plan: FilesPlan = { directories: [], files: [] };
  tree.nextLayer();
  for (const file of files) {
    checkEntry(file.entry, policy);
    checkDiskName(file.entry.path);
    const applied = applyFile(tree, file, undefined);
    plan.directories.push(...directoriesOf(applied));
    plan.files.push({ layer: file.layer, entry: applied.entry });
  }
  return plan;
}

/** Where files go, and who is told. */
export interface UnpackFilesOptions extends CallOptions {
  staging: Staging;
  /** Called with the number of bytes read since the last call. */
  onBytes(count: number): void;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/**
 * Downloads files into a staging directory. When it has returned all of them are checked; when it has thrown
 * none is written any more.
 *
 * @param source where they are
 * @param plan what is to be done
 * @throws {BlobberError} `integrity`, `conflict`, `file-system`, and what the source throws
 */
export async function unpackFiles(
  source: Source,
  { directories, files }: FilesPlan,
  options: UnpackFilesOptions,
): Promise<void> {
  const { staging, signal } = options;
  for (const { path, mode } of directories) staging.directory(path, mode);
  await inLanes(files, { lanes: FILE_STREAMS, signal }, async ({ entry, layer }, signal) => {
    const { size, digest } = layer;
    const stream = await source.fetch(layer, { signal });
    const reader = new CheckedReader(stream, { size, digest, name: `layer ${digest}` });
    let file: StagedFile | undefined;
    try {
      file = new StagedFile(staging, { ...entry, mode: MODE });
      await download(reader, file, options.onBytes);
    } catch (error) {
      await reader.cancel(error);
      throw error;
    } finally {
      file?.close(); // as it was made: nothing states a mode or a time
    }
    options.onFiles(1);
  });
}

async function download(
  reader: CheckedReader,
  file: StagedFile,
  onBytes: (count: number) => void,
): Promise<void> {
  for (let scratch: ArrayBuffer = new ArrayBuffer(SCRATCH_BYTES);;) {
    const bytes = await reader.read(scratch);
    if (bytes === undefined) return;
    file.write(bytes);
    onBytes(bytes.length);
    scratch = bytes.buffer.byteLength > 0 ? bytes.buffer : new ArrayBuffer(SCRATCH_BYTES);
  }
}
