/**
 * Reads files that stand near each other in a layer with one Range: what is asked for one by one, in the order of
 * the layer, is fetched together and kept in memory until it is asked for.
 *
 * It only moves bytes. They are checked where they are used, as those of any source.
 *
 * @module
 */

import { readChecked } from "../../checked_content.ts";
import { MAX_JOINED_BYTES } from "../../limits.ts";
import type { ByteRange, FetchOptions } from "../../store.ts";
import { streamOf } from "../../system/streams.ts";
import type { Descriptor } from "../../types.ts";
import { MAX_GAP, spanOf } from "./chunk_stream.ts";
import type { Content, ContentSource } from "./content.ts";

/** Files that are fetched together. */
interface Group extends ByteRange {
  layer: Descriptor;
  /** How many they are. */
  files: number;
}

/** A source of the contents of some files, which are read one after the other. */
export class JoinedReads implements ContentSource {
  readonly name: string;
  readonly #source: ContentSource;
  /** Of each file that is fetched with others, its group. */
  readonly #groups: (Group | undefined)[];
  /** The group that is in memory. */
  #held: { group: Group; bytes: Uint8Array<ArrayBuffer> } | undefined;
  #next: Group | undefined;

  /**
   * @param source where they are
   * @param contents of the files, in the order in which they are read
   */
  constructor(source: ContentSource, contents: readonly Content[]) {
    this.name = source.name;
    this.#source = source;
    this.#groups = groupsOf(contents);
  }

  /** Says which file is read next. What no later one needs is let go. */
  begin(index: number): void {
    this.#next = this.#groups[index];
    if (this.#held?.group !== this.#next) this.#held = undefined;
  }

  /** As `Source.fetch`. */
  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { range, signal } = options;
    const group = this.#next;
    if (
      group === undefined || range === undefined || target.digest !== group.layer.digest ||
      range.start < group.start || range.end > group.end
    ) return await this.#source.fetch(target, options);
    if (this.#held?.group !== group) {
      const { start, end } = group;
      const stream = await this.#source.fetch(target, { range: { start, end }, signal });
      const size = end - start;
      const name = `bytes ${start} to ${end} of the layer ${target.digest} of ${this.name}`;
      this.#held = { group, bytes: await readChecked(stream, { size, name }, size) };
    }
    return streamOf(this.#held.bytes.subarray(range.start - group.start, range.end - group.start));
  }

  /** As `Source.forget`. */
  forget(target: Descriptor, range: ByteRange): boolean {
    const group = this.#held?.group;
    this.#held = undefined;
    return this.#source.forget?.(target, group ?? range) ?? false;
  }
}

/** Of each file the group that it is in; one that is alone is read as it comes, and not held. */
function groupsOf(contents: readonly Content[]): (Group | undefined)[] {
  let last: Group | undefined;
  const groups = contents.map((content) => {
    const span = content.kind === "table" ? spanOf(content.layer, content) : undefined;
    // Nothing is fetched of an empty file, nor of the end of the layer, which is in memory: the others stay neighbours.
    if (content.kind !== "table" || span === undefined) return last;
    const { layer, tail } = content.layer;
    if (span.start >= tail.start) return last;
    const end = Math.max(span.end, last?.end ?? 0);
    const isNear = last?.layer.digest === layer.digest && span.start >= last.start &&
      span.start - last.end <= MAX_GAP && end - last.start <= MAX_JOINED_BYTES;
    if (isNear) Object.assign(last!, { end, files: last!.files + 1 });
    else last = { ...span, layer, files: 1 };
    return last;
  });
  return groups.map((group) => group !== undefined && group.files > 1 ? group : undefined);
}
