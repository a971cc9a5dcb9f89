/**
 * A directory as one side of a comparison: what a push of it would take, in the same walk, with the same
 * refusals. Files are read only where their sizes do not tell already, and must not change meanwhile.
 *
 * @module
 */

import { readPart } from "../../archive/input/source_file.ts";
import { walk, type WalkedEntry, type WalkOptions } from "../../archive/input/walk.ts";
import { BATCH_BYTES } from "../../archive/pack/batch.ts";
import { checkRange } from "../../archive/read/file_content.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { quote } from "../../text/printable.ts";
import { Pace } from "../../system/pace.ts";
import { byteStream } from "../../system/streams.ts";
import { tieSignal } from "../../system/tied_signal.ts";
import type { ByteRange } from "../../store.ts";
import { VerbCall } from "../../verb_call.ts";
import { type FileContent, READING, type Side, SideEntries } from "./side.ts";

/** How a directory is compared. */
export interface DirectoryOptions extends WalkOptions {
  /** What stops the reading of its files later, for a caller. */
  later: Pick<Observer, "signal">;
}

/** The side that a directory is. */
export async function directorySide(directory: string, options: DirectoryOptions): Promise<Side> {
  const { later, ...walking } = options;
  const files = new Map<string, WalkedEntry>();
  const entries = new SideEntries();
  const pace = new Pace(options.signal);
  for (const walked of walk(directory, walking)) {
    if (pace.due()) await pace.breathe();
    const { path, type } = walked;
    if (type === "file") files.set(path, walked);
    if (type === "file" || type === "directory" || type === "symlink") {
      entries.add({ ...walked, type });
    }
  }
  const closing = new AbortController();
  return {
    entries: entries.all,
    special: [],
    content: (path) => contentOf(files.get(path)!),
    async open(path, given) {
      const signals = [closing.signal, later.signal, given.signal];
      // deno-lint-ignore require-await -- fails as its promise
      return await new VerbCall(...signals).run(async () => {
        checkRange(given);
        const walked = files.get(path);
        if (walked === undefined) throw notThere(path, directory);
        const { start = 0, end = walked.size } = given;
        return rangeOf(walked, { start, end: Math.min(end, walked.size) }, signals);
      });
    },
    // deno-lint-ignore require-await -- as others close
    async close() {
      closing.abort(new BlobberError("closed", "the comparison is closed"));
    },
  };
}

function contentOf(walked: WalkedEntry): FileContent {
  const { size, file, stat: stamp } = walked;
  return {
    size,
    parts: undefined,
    cost: READING.local,
    async *read({ signal }) {
      const buffer = new Uint8Array(Math.min(size, BATCH_BYTES));
      for (let from = 0; from < size;) {
        checkAborted(signal);
        const length = Math.min(buffer.length, size - from);
        readPart({ file, stamp, from, size: length, at: 0 }, buffer);
        yield buffer.subarray(0, length);
        from += length;
      }
    },
  };
}

function rangeOf(
  { file, stat: stamp }: WalkedEntry,
  { start, end }: ByteRange,
  signals: readonly (AbortSignal | undefined)[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { signal, release } = tieSignal(...signals);
  let from = start;
  return byteStream((into) => {
    checkAborted(signal);
    const size = Math.max(0, Math.min(into.length, end - from));
    if (size > 0) readPart({ file, stamp, from, size, at: 0 }, into);
    from += size;
    return size;
  }, release);
}

function notThere(path: string, directory: string): BlobberError {
  const where = `${quote(path)} is not in ${quote(directory)}`;
  return new BlobberError("not-found", `file not found: ${where}`);
}
