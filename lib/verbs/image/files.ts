/**
 * Opens some files of an image one after the other: all are found before the first is opened, and neighbours are
 * fetched together.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { Content } from "../../archive/read/content.ts";
import { JoinedReads } from "../../archive/read/joined_reads.ts";
import { BlobberError } from "../../errors.ts";
import { imageCallOptions } from "../../doors/options.ts";
import { quote } from "../../text/printable.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Finder } from "./finder.ts";
import { find, patternList } from "./glob.ts";

/** A file of an image that is open. */
export interface OpenedFile {
  /** The path: as it was asked for, or that of the entry that a glob stands for. */
  path: string;
  /** The file, at the end of all links. */
  entry: Entry;
  /** Its bytes, as of `Image.open`. */
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A file that was found. */
interface FoundFile {
  path: string;
  entry: Entry;
  content: Content;
}

/**
 * Finds files. A glob stands for files and links to files alone.
 *
 * @param finder of the image
 * @param paths paths and globs
 * @param given the caller's options
 * @throws {BlobberError} `not-found`, and `usage` for what is no file
 */
export async function findFiles(
  finder: Finder,
  paths: string | readonly string[],
  given: CallOptions,
  call: CallOptions,
): Promise<FoundFile[]> {
  imageCallOptions("files", given);
  const files: FoundFile[] = [];
  const add = async (path: string) =>
    void files.push({
      path,
      content: await finder.file(path, call),
      entry: await finder.stat(path, true, call),
    });
  for (const path of patternList(paths)) {
    const { exact, entries } = await find(finder, path, call);
    const named = entries.filter(({ entry }) => exact || !finder.isDirectory(entry.path));
    if (named.length === 0) {
      throw new BlobberError("usage", `${quote(path)} matches directories alone, expected files`, {
        hint: "list them to see what is in them",
      });
    }
    for (const { path } of named) await add(path);
  }
  return files;
}

/**
 * Opens files, each when the one before it was read.
 *
 * @param source where the image is
 * @param files what was found
 * @param open opens a content
 */
export async function* openFiles(
  source: Source,
  files: readonly FoundFile[],
  open: (source: JoinedReads, file: FoundFile) => Promise<OpenedFile["stream"]>,
): AsyncGenerator<OpenedFile> {
  const reads = new JoinedReads(source, files.map(({ content }) => content));
  for (const [i, file] of files.entries()) {
    reads.begin(i);
    const { path, entry } = file;
    yield { path, entry, stream: await open(reads, file) };
  }
}
