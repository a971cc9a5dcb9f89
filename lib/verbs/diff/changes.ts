/**
 * What is not the same on two sides, and how much it is.
 *
 * @module
 */

import { raiseLimit } from "../../archive/budget.ts";
import type { Difference } from "../../archive/compare/finding.ts";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { FILES_READ } from "../../limits.ts";
import { counted, quote } from "../../text/printable.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { Pace } from "../../system/pace.ts";
import { sorted } from "../../system/sorted.ts";
import { sameByDigests, sameByReading, whichIsRead } from "./same_content.ts";
import { type DiffEntry, type FileContent, READING, type Side } from "./side.ts";

export type { Difference };

/** A path at which two sides differ. */
export interface Change {
  /** Where. */
  path: string;
  /** What became of it. */
  kind: "added" | "removed" | "changed";
  /** What differs; of an entry that is on one side only, nothing. Of two types, only that is said. */
  differs: readonly Difference[];
  /** What is there before; nothing where it was added. */
  before?: DiffEntry | undefined;
  /** What is there after; nothing where it was removed. */
  after?: DiffEntry | undefined;
}

/** How the sides are compared. */
export interface CompareOptions extends Observer {
  /** Whether a path is looked at. @default all are */
  wanted?: ((path: string) => boolean) | undefined;
  /** The most bytes of a file that has to be fetched to be compared. @default no limit: nothing is kept */
  maxFileBytes?: number | undefined;
}

/** Two files of one size whose digests do not tell whether they are the same. */
interface Unknown {
  path: string;
  before: FileContent;
  after: FileContent;
}

/**
 * Everything at which two sides differ, sorted by path.
 *
 * @throws {BlobberError} `limit`, `integrity`, `file-system`, `source-changed`, and what the sources throw
 */
export async function changesBetween(
  before: Side,
  after: Side,
  options: CompareOptions,
): Promise<Change[]> {
  const { signal, wanted = () => true } = options;
  const pace = new Pace(signal);
  const changes: Change[] = [];
  const unknown: Unknown[] = [];
  const compare = (path: string, hasOtherContent: boolean) => {
    const [old, now] = [before.entries.get(path)!, after.entries.get(path)!];
    const differs = differencesOf(old, now, hasOtherContent);
    if (differs.length > 0) {
      changes.push({ path, kind: "changed", differs, before: old, after: now });
    }
  };
  for (const [path, old] of before.entries) {
    if (pace.due()) await pace.breathe();
    if (!wanted(path)) continue;
    const now = after.entries.get(path);
    if (now === undefined) {
      changes.push({ path, kind: "removed", differs: [], before: old });
      continue;
    }
    if (old.type !== "file" || now.type !== "file") {
      compare(path, false);
      continue;
    }
    const contents = { before: before.content(path), after: after.content(path) };
    const same = sameByDigests(contents.before, contents.after);
    if (same === undefined) unknown.push({ path, ...contents });
    else compare(path, !same);
  }
  for (const [path, now] of after.entries) {
    if (pace.due()) await pace.breathe();
    if (before.entries.has(path) || !wanted(path)) continue;
    changes.push({ path, kind: "added", differs: [], after: now });
  }
  await readUnknown(unknown, options, compare);
  return await sorted(changes, pace, (a, b) => a.path < b.path ? -1 : 1);
}

function differencesOf(old: DiffEntry, now: DiffEntry, hasOtherContent: boolean): Difference[] {
  if (old.type !== now.type) return ["type"];
  const differs: Difference[] = [];
  if (hasOtherContent) differs.push("content");
  if (old.linkTarget !== now.linkTarget) differs.push("target");
  if (old.mode !== now.mode) differs.push("mode");
  return differs;
}

/** Reads one of each two files, those on the disk before those that are fetched. */
async function readUnknown(
  unknown: readonly Unknown[],
  options: CompareOptions,
  found: (path: string, hasOtherContent: boolean) => void,
): Promise<void> {
  const { signal, maxFileBytes = Infinity } = options;
  const isLocal = ({ before, after }: Unknown) =>
    whichIsRead(before, after).read.cost === READING.local;
  const fetched = unknown.filter((one) => !isLocal(one));
  const tooLarge = fetched.find(({ before }) => before.size > maxFileBytes);
  if (tooLarge !== undefined) throw overLimit(tooLarge, maxFileBytes);
  for (const [phase, some] of [["pack", unknown.filter(isLocal)], ["download", fetched]] as const) {
    const onBytes = progressOf(phase, some, options);
    await inLanes(some, { lanes: FILES_READ, signal }, async ({ path, before, after }, signal) => {
      found(path, !await sameByReading(before, after, { signal, onBytes }));
    });
  }
}

/** Tells how much of the files was read; of one that differs, the rest is not. */
function progressOf(
  phase: "pack" | "download",
  some: readonly Unknown[],
  { onProgress }: Observer,
): (bytes: number) => void {
  const total = some.reduce((sum, { before }) => sum + before.size, 0);
  let done = 0;
  return (bytes) => {
    done = Math.min(total, done + bytes);
    onProgress?.({ phase, done, total, unit: "bytes", finished: false });
  };
}

function overLimit({ path, before }: Unknown, most: number): BlobberError {
  return new BlobberError(
    "limit",
    `${quote(path)} has ${counted(before.size, "byte")}, expected at most ${most}: its chunks ` +
      "differ from those on the other side, so it has to be read to be compared",
    { hint: raiseLimit("maxFileBytes") },
  );
}
