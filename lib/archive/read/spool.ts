/**
 * A layer without a table, for reading single files: the whole of it is downloaded, checked against its
 * digest, and its tar kept in a private temporary file.
 *
 * @module
 */

import { byteStream } from "../../streams.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import { type LayerStreamOptions, readLayer } from "./layer_stream.ts";
import { TemporaryFile } from "./temporary_file.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";

/** An entry, and where in the tar its content begins. */
export interface SpooledEntry {
  entry: Entry;
  dataStart: number;
}

/** The tar of a layer in a temporary file. */
export class Spool {
  readonly entries: SpooledEntry[];
  readonly #file: TemporaryFile;

  private constructor(entries: SpooledEntry[], file: TemporaryFile) {
    this.entries = entries;
    this.#file = file;
  }

  /**
   * Downloads a layer.
   *
   * @param onEntry called with each entry as it comes, to count and to refuse
   * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `file-system`
   */
  static async make(
    source: Source,
    layer: Descriptor,
    onEntry: (entry: Entry) => void,
    options: LayerStreamOptions = {},
  ): Promise<Spool> {
    const file = new TemporaryFile();
    const entries: SpooledEntry[] = [];
    try {
      const handler = {
        entry(entry: Entry, dataStart: number) {
          onEntry(entry);
          entries.push({ entry, dataStart });
        },
        data() {},
        fileEnd() {},
      };
      const stream = await source.fetch(layer, { signal: options.signal });
      const onPlain = (bytes: Uint8Array) => file.write(bytes);
      const { hasTable } = await readLayer(stream, layer, handler, { ...options, onPlain });
      return new Spool(hasTable ? withoutOwn(entries) : entries, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The content of an entry of this layer. */
  read({ entry, dataStart }: SpooledEntry): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return byteStream((into) => {
      const room = into.subarray(0, Math.min(into.length, entry.size - at));
      const read = this.#file.read(room, dataStart + at);
      at += read;
      return read;
    });
  }

  /** Removes the file. */
  close(): void {
    this.#file.close();
  }
}

/** Without what writers of eStargz add for themselves. */
function withoutOwn(entries: SpooledEntry[]): SpooledEntry[] {
  if (entries.at(-1)?.entry.path === TOC_NAME) entries.pop();
  return entries.filter(({ entry }) => !LANDMARKS.has(entry.path));
}
