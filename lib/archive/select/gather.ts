/**
 * Contents that are wanted in another order than their layers have them, or out of several: all of them are
 * fetched and checked first, several at a time, and kept in a private temporary file.
 *
 * @module
 */

import { FILES_READ } from "../../limits.ts";
import type { Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { Pace } from "../../system/pace.ts";
import { TemporaryFile } from "../../system/temporary_file.ts";
import type { WantedLayer } from "./content_plan.ts";
import { readRun, type ReadRunOptions } from "./read_run.ts";
import type { SelectedEntry } from "./selection.ts";

/** Bytes read at once. */
const PIECE_BYTES = 256 * 1024;

/** Where bytes of a file are kept. */
interface Piece {
  at: number;
  size: number;
}

/** Files that are here. */
export class Gathered {
  readonly #kept = new TemporaryFile();
  readonly #pieces = new Map<SelectedEntry, Piece[]>();

  /** Keeps the next bytes of a file. */
  add(file: SelectedEntry, bytes: Uint8Array): void {
    const pieces = this.#pieces.get(file) ?? [];
    const { size: at } = this.#kept;
    this.#kept.write(bytes);
    const last = pieces.at(-1);
    if (last !== undefined && last.at + last.size === at) last.size += bytes.length;
    else pieces.push({ at, size: bytes.length });
    this.#pieces.set(file, pieces);
  }

  /** The bytes of a file. */
  *read(file: SelectedEntry): Generator<Uint8Array<ArrayBuffer>, void> {
    for (const { at, size } of this.#pieces.get(file) ?? []) {
      for (let done = 0; done < size;) {
        const room = new Uint8Array(Math.min(PIECE_BYTES, size - done));
        const read = this.#kept.read(room, at + done);
        done += read;
        yield room.subarray(0, read);
      }
    }
  }

  /** Removes what is kept. */
  close(): void {
    this.#kept.close();
  }
}

/**
 * Fetches contents.
 *
 * @param source where the layers are
 * @param layers what is wanted of each
 * @throws {BlobberError} as {@linkcode readRun}; `file-system`
 */
export async function gather(
  source: Source,
  layers: readonly WantedLayer[],
  { growth, onBytes, signal }: ReadRunOptions,
): Promise<Gathered> {
  const gathered = new Gathered();
  const runs = layers.flatMap(({ layer, runs }) => runs.map((run) => ({ layer, run })));
  try {
    await inLanes(runs, { lanes: FILES_READ, signal }, async ({ layer, run }, signal) => {
      const pace = new Pace(signal);
      for await (const part of readRun(source, layer, run, { growth, signal, onBytes })) {
        gathered.add(part.file, part.bytes);
        await pace.breathe();
      }
    });
    return gathered;
  } catch (error) {
    gathered.close();
    throw error;
  }
}
