/**
 * Feeds what is pushed into a packer, or whatever else takes entries.
 *
 * @module
 */

import { andLetGo, eachTheirs } from "../../caller_errors.ts";
import type { Observer } from "../../events.ts";
import type { FileStat } from "../../system/runtime.ts";
import type { Entry } from "../entry.ts";
import {
  type ByteSource,
  contentReader,
  entryOf,
  type InputEntry,
  type ReadContent,
} from "../input/input.ts";
import { checkNames, NameSet } from "../input/names.ts";
import { checkOwnLinkChains } from "../links.ts";
import type { FileStamp } from "../input/source_file.ts";
import { Survey, type Surveyed } from "../input/survey.ts";
import { TarSource } from "../input/tar_source.ts";
import { statableTime } from "../toc.ts";
import type { WalkedEntry } from "../input/walk.ts";

/** What becomes of modification times. */
export interface TimeOptions {
  /** Keep each entry's own. @default false */
  keepMtime?: boolean | undefined;
  /** What entries get otherwise, in seconds since 1970. @default 0 */
  mtime?: number | undefined;
}

/** Takes entries in the order that the archive is to have, one after another. */
export interface EntrySink {
  /**
   * Adds an entry of which the content, where it has any, is on disk.
   *
   * @param file where its content is
   * @param stamp what it must still be when it is read
   */
  addFile(entry: Entry, file: string, stamp: FileStamp): Promise<void>;
  /**
   * Adds an entry.
   *
   * @param read gives its content; files only
   * @throws {BlobberError} `source-changed` when there is less than the entry says
   */
  add(entry: Entry, read?: ReadContent): Promise<void>;
}

/** What packing an input needs to know. */
export interface InputOptions extends Observer, TimeOptions {
  /** Called with each entry, and what a walk saw of it, in the order of the archive. Must not throw. */
  onEntry?: ((entry: Entry, stat?: FileStat) => void) | undefined;
}

/**
 * Adds what a walk finds.
 *
 * @param sink takes it
 * @param entries the walk
 * @returns how much it was
 */
export async function packDirectory(
  sink: EntrySink,
  entries: Iterable<WalkedEntry>,
  options: InputOptions,
): Promise<Surveyed> {
  const survey = new Survey(options);
  for (const walked of entries) {
    const { file, stat } = walked;
    const entry = timed(walked, options);
    survey.add(entry);
    options.onEntry?.(entry, stat);
    await sink.addFile(entry, file, stat);
  }
  return survey.finish();
}

/**
 * Adds entries in the order they come in.
 *
 * @param sink takes them
 * @param entries the entries
 * @returns how much it was
 * @throws {BlobberError} `invalid-option`, `invalid-archive`, `path-traversal`, `source-changed`
 */
export async function packEntries(
  sink: EntrySink,
  entries: AsyncIterable<InputEntry> | Iterable<InputEntry>,
  options: InputOptions,
): Promise<Surveyed> {
  const survey = new Survey(options);
  const names = new NameSet();
  for await (const input of eachTheirs(entries, options.signal)) {
    const stated = timed(entryOf(input), options);
    checkNames(stated);
    const entry = names.add(stated);
    survey.add(entry);
    options.onEntry?.(entry);
    const content = contentReader(entry, input.content ?? new Uint8Array(0), options.signal);
    try {
      await sink.add(entry, content.read);
      await content.end();
    } catch (error) {
      await content.cancel().catch(() => {});
      throw error;
    }
  }
  checkOwnLinkChains(names.links);
  return survey.finish(names.implied);
}

/**
 * Adds the entries of a tar, in its order. The root's own entry is left out.
 *
 * @param sink takes them
 * @param tar the tar, plain or compressed with gzip or zstd
 * @returns how much it was
 * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
 */
export async function packTar(
  sink: EntrySink,
  tar: ByteSource,
  options: InputOptions,
): Promise<Surveyed> {
  const survey = new Survey(options);
  const names = new NameSet();
  const source = new TarSource(tar, options.signal);
  await andLetGo(async () => {
    for (;;) {
      const found = await source.next();
      if (found === undefined) break;
      if (found.path === "") continue;
      const stated = timed(found, options);
      checkNames(stated);
      const entry = names.add(stated);
      survey.add(entry);
      options.onEntry?.(entry);
      await sink.add(entry, (into) => source.read(into));
    }
  }, () => source.cancel());
  checkOwnLinkChains(names.links);
  return survey.finish(names.implied);
}

/** An entry as it is packed. It outlives what it is made from, and holds nothing else of that. */
export function timed(
  { path, type, size, mode, mtime, linkTarget }: Entry,
  { keepMtime = false, mtime: all = 0 }: TimeOptions,
): Entry {
  // What the table cannot state is clamped, so that it and the tar agree.
  return { path, type, size, mode, mtime: keepMtime ? statableTime(mtime) : all, linkTarget };
}
