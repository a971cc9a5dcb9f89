/**
 * A layer without a table, for reading single files: the whole of it is downloaded, checked against its
 * digest, and its tar kept in a private temporary file.
 *
 * @module
 */

import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobberError } from "../../errors.ts";
import { thisPlatform } from "../../runtime.ts";
import { byteStream } from "../../streams.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import { fileSystemError } from "../fs_error.ts";
import { type LayerStreamOptions, readLayer } from "./layer_stream.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";

/** An entry, and where in the tar its content begins. */
export interface SpooledEntry {
  entry: Entry;
  dataStart: number;
}

/** The tar of a layer in a temporary file. */
export class Spool {
  readonly entries: SpooledEntry[];
  readonly #fd: number;
  readonly #remove: () => void;
  #open = true;

  private constructor(entries: SpooledEntry[], fd: number, remove: () => void) {
    this.entries = entries;
    this.#fd = fd;
    this.#remove = remove;
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
    const { fd, remove } = openTemporary();
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
      const onPlain = (bytes: Uint8Array) => writeAll(fd, bytes);
      const { hasTable } = await readLayer(stream, layer, handler, { ...options, onPlain });
      return new Spool(hasTable ? withoutOwn(entries) : entries, fd, remove);
    } catch (error) {
      closeSync(fd);
      remove();
      throw error;
    }
  }

  /** The content of an entry of this layer. */
  read({ entry, dataStart }: SpooledEntry): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return byteStream((into) => {
      if (!this.#open) throw new BlobberError("closed", "the image is closed");
      const length = Math.min(into.length, entry.size - at);
      if (length === 0) return 0;
      const read = readSync(this.#fd, into, 0, length, dataStart + at);
      if (read === 0) {
        throw new BlobberError(
          "source-changed",
          "a temporary file became shorter while it was read",
        );
      }
      at += read;
      return read;
    });
  }

  /** Removes the file. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    this.#remove();
  }
}

/** Without what writers of eStargz add for themselves. */
function withoutOwn(entries: SpooledEntry[]): SpooledEntry[] {
  if (entries.at(-1)?.entry.path === TOC_NAME) entries.pop();
  return entries.filter(({ entry }) => !LANDMARKS.has(entry.path));
}

function openTemporary(): { fd: number; remove: () => void } {
  let path = tmpdir();
  try {
    const dir = mkdtempSync(join(path, "blobber-")); // 0700
    path = join(dir, "layer.tar");
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    const fd = openSync(path, flags, 0o600);
    const remove = () => {
      for (const step of [() => unlinkSync(path), () => rmdirSync(dir)]) {
        try {
          step();
        } catch { // removed already
        }
      }
    };
    // Where an open file may be unlinked, nothing is left behind whatever happens.
    if (thisPlatform().os !== "windows") remove();
    return { fd, remove };
  } catch (cause) {
    throw fileSystemError("cannot make the temporary file", path, cause);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  } catch (cause) {
    throw fileSystemError("cannot write the temporary file in", tmpdir(), cause);
  }
}
