/**
 * The digest of the tree in an image, with nothing taken on trust: contents that the checked tables do not
 * prove are read and hashed.
 *
 * A table proves the digest of a file that is one chunk, since that chunk's digest is what its bytes are
 * checked against whenever they are read. That of a file of several chunks it only claims.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { FILES_READ } from "../../limits.ts";
import { counted, quote } from "../../text/printable.ts";
import type { Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { Pace } from "../../system/pace.ts";
import { raiseLimit } from "../budget.ts";
import { type Entry, specialName } from "../entry.ts";
import { TreeRecords } from "../tree_records.ts";
import { readChunks } from "./chunk_stream.ts";
import type { Content, Contents } from "./content.ts";
import { judgeSpecial, type SpecialOptions } from "./special_entries.ts";

/** How the digest of an image's tree is found. */
export interface TreeOfImageOptions extends Observer, SpecialOptions {
  /** The most bytes of a file that has to be read. @default no limit: nothing is kept */
  maxFileBytes?: number | undefined;
}

/** A tree. */
export interface TreeFound {
  /** Its digest. */
  tree: Digest;
  /** Entries in it, directories among them that only names imply. */
  entries: number;
}

/** Content that is to be read, and every entry that has it. */
interface Unproven {
  content: TableContent;
  entries: Entry[];
}

type TableContent = Content & { kind: "table" };

/**
 * The digest of the tree in an image.
 *
 * @param source where the image is
 * @param contents what is in it, with `hash`
 * @throws {BlobberError} `integrity`, `limit`, `invalid-archive` for a device or a named pipe
 */
export async function treeOfImage(
  source: Source,
  { listing }: Contents,
  options: TreeOfImageOptions,
): Promise<TreeFound> {
  const { signal, maxFileBytes = Infinity } = options;
  const records = new TreeRecords(signal);
  const pace = new Pace(signal);
  const unproven = new Map<string, Unproven>();
  const special: Entry[] = [];
  const take = (entry: Entry) => {
    const { path, type } = entry;
    if (specialName(type) !== undefined) return void special.push(entry);
    if (type !== "file" && type !== "hardlink") return records.add(entry);
    const { content } = listing.get(path)!;
    const file = fileOf(content, entry);
    const digest = provenDigest(content);
    if (digest !== undefined || file.size === 0) return records.add(file, digest);
    if (content.kind !== "table") throw new BlobberError("unexpected", "nothing was hashed");
    if (file.size > maxFileBytes) throw tooLarge(file, maxFileBytes);
    // The same for the same content, by whichever name: a layer has each path once, and a hard link the row
    // of its file. Numbers of chunks would not do: a row that is read by itself has columns of its own.
    const key = `${content.layer.layer.digest} ${content.row.entry.path}`;
    const known = unproven.get(key);
    if (known !== undefined) known.entries.push(file);
    else unproven.set(key, { content, entries: [file] });
  };
  for await (const entries of listing.entries({ signal })) {
    for (const entry of entries) {
      if (pace.due()) await pace.breathe();
      take(entry);
    }
  }
  for (const path of listing.emptied()) records.imply(path);
  judgeSpecial(special, { ...options, refusal: "the tree has no digest", leftOut: "the tree" });
  await hashUnproven(source, [...unproven.values()], { records, options });
  const { size } = records;
  return { tree: await records.digest(), entries: size };
}

async function hashUnproven(
  source: Source,
  unproven: readonly Unproven[],
  { records, options }: { records: TreeRecords; options: TreeOfImageOptions },
): Promise<void> {
  const total = unproven.reduce((sum, { content }) => sum + content.row.entry.size, 0);
  let done = 0;
  const report = (finished: boolean) =>
    options.onProgress?.({ phase: "download", done, total, unit: "bytes", finished });
  const { signal } = options;
  const pace = new Pace(signal);
  await inLanes(unproven, { lanes: FILES_READ, signal }, async ({ content, entries }, signal) => {
    const digester = new Digester();
    for await (const bytes of readChunks(source, content.layer, content, { signal })) {
      digester.update(bytes);
      done += bytes.length;
      report(false);
      await pace.breathe();
    }
    const digest = digester.digest();
    for (const entry of entries) records.add(entry, digest);
  });
  if (unproven.length > 0) report(true);
}

function provenDigest(content: Content): Digest | undefined {
  if (content.kind === "layer") return content.layer.digest;
  if (content.kind === "spool") return content.at.digest;
  const { columns, first, chunkCount } = content.row;
  return chunkCount === 1 ? columns.digest(first) : undefined;
}

/** A hard link has the size and the mode of the file that it names, which may be gone from its own path. */
function fileOf(content: Content, entry: Entry): Entry {
  if (content.kind === "layer") return entry;
  const { size, mode } = content.kind === "spool" ? content.at.entry : content.row.entry;
  return { ...entry, type: "file", size, mode };
}

function tooLarge({ path, size }: Entry, most: number): BlobberError {
  return new BlobberError(
    "limit",
    `${quote(path)} has ${counted(size, "byte")}, expected at most ${most}`,
    { hint: raiseLimit("maxFileBytes") },
  );
}
