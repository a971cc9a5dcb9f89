/**
 * Packs what is pushed into one layer: how far to look ahead, whether threads are worth their start, and
 * which packer takes what.
 *
 * @module
 */

import { BATCH_BYTES } from "../archive/pack/batch.ts";
import { AT_A_TIME, Crew } from "../archive/pack/crew.ts";
import { checkPullable } from "../archive/allowance.ts";
import type { Entry } from "../archive/entry.ts";
import type { PushInput } from "../archive/input/input.ts";
import type { PackedLayer, Write } from "../archive/pack/layer_sink.ts";
import { Packer } from "../archive/pack/pack.ts";
import { packDirectory, packEntries, packTar } from "../archive/pack/pack_input.ts";
import { walk, type WalkedEntry, type WalkOptions } from "../archive/input/walk.ts";
import type { KeyGuard } from "../archive/input/private_keys.ts";
import { readInputSync } from "../system/input_file.ts";
import { MAX_KEY_FILE_BYTES } from "../limits.ts";
import type { Compression, PushOptions } from "../options.ts";
import { type FileStat, processors } from "../system/runtime.ts";
import { WorkerPool } from "../threads/workers.ts";

/** Workers beyond these wait for the one thread that hashes and sends what they made. */
const MAX_JOBS = 8;
/** Work, in bytes to pack, that is half over before a worker would have begun. */
const WORKERS_WORTH = 12 * 1024 * 1024;
/** What an entry costs beside its bytes, in bytes to pack. */
const ENTRY_COST = 4096;

/** What packing needs to know beside what goes into the manifest. */
export interface PackSettings extends PushOptions {
  /** Workers; 0 packs on the calling thread. @default the number of processors */
  jobs?: number | undefined;
  /** Called with each entry that is packed, and what a walk saw of it, in their order. Must not throw. */
  onEntry?: ((entry: Entry, stat?: FileStat) => void) | undefined;
}

/** Entries of a directory, of which the first were looked at ahead. */
export class Listing {
  /** Its root. */
  readonly directory: string;
  readonly #options: WalkOptions;
  readonly #walked: Generator<WalkedEntry, void, void>;
  #seen: WalkedEntry[] = [];
  #used = false;
  /** Whether workers are worth their start. If not, all of it was looked at. */
  readonly worthWorkers: boolean;

  /**
   * @param directory its root
   * @param options as `walk` has them
   */
  constructor(directory: string, options: WalkOptions) {
    this.directory = directory;
    this.#options = options;
    this.#walked = walk(directory, options);
    let cost = 0;
    while (cost < WORKERS_WORTH) {
      const { done, value } = this.#walked.next();
      if (done) break;
      this.#seen.push(value);
      cost += value.size + ENTRY_COST;
    }
    this.worthWorkers = cost >= WORKERS_WORTH;
  }

  /** What was looked at, until it is used. */
  get seen(): readonly WalkedEntry[] {
    return this.#seen;
  }

  /** All entries. A second time, a large directory is walked anew: its entries are not kept. */
  *entries(): Generator<WalkedEntry, void, void> {
    if (this.#used && this.worthWorkers) {
      // What there is to be said of names was said by the first walk.
      yield* walk(this.directory, { refuse: this.#options.refuse });
      return;
    }
    this.#used = true;
    yield* this.worthWorkers ? this.#seen.splice(0) : this.#seen;
    yield* this.#walked;
  }
}

/** What is packed, and what runs the jobs. */
export class Packing {
  readonly #input: PushInput;
  readonly #pool: WorkerPool;
  /** For a directory: what is in it. */
  readonly listing: Listing | undefined;
  readonly #crew: Crew;
  /** How many threads work at it, this one among them. */
  readonly jobs: number;

  /**
   * @param input what
   * @param options how
   */
  constructor(input: PushInput, options: PackSettings) {
    this.#input = input;
    const limit = Math.min(options.jobs ?? processors(), MAX_JOBS);
    this.listing = "directory" in input ? new Listing(input.directory, options) : undefined;
    const jobs = this.listing === undefined || this.listing.worthWorkers ? limit : 0;
    this.jobs = jobs;
    const threads = Math.max(0, jobs - 1);
    this.#pool = new WorkerPool(threads, AT_A_TIME);
    // What comes as a stream may be over before threads have begun.
    const early = this.listing === undefined ? WORKERS_WORTH / BATCH_BYTES : 0;
    this.#crew = new Crew(this.#pool, threads, early);
  }

  /**
   * Packs a layer. The packing cannot be used afterwards.
   *
   * @param compression its format
   * @param write takes the blob's bytes, in order
   * @param options how
   * @returns the layer, and whether a pull accepts it without being told
   * @throws {BlobberError} `limit` when nobody said that more is meant
   */
  async run(
    compression: Compression,
    write: Write,
    options: PackSettings,
  ): Promise<PackedLayer & { isPullable: boolean }> {
    const { signal, onProgress, onNotice } = options;
    const packer = new Packer({
      compression,
      runner: this.#crew,
      batches: this.#crew.batches,
      write,
      signal,
      onProgress,
      onNotice,
      keys: await keyGuard(options),
    });
    const input = this.#input;
    try {
      const packed = this.listing !== undefined
        ? await packDirectory(packer, this.listing.entries(), options)
        : "tar" in input
        ? await packTar(packer, input.tar, options)
        : await packEntries(packer, "entries" in input ? input.entries : [], options);
      const layer = await packer.finish();
      return { ...layer, isPullable: checkPullable(packed, layer.size, options) };
    } finally {
      await this.close();
      await packer.settle();
    }
  }

  /** Stops the work. Safe to call twice. */
  async close(): Promise<void> {
    await this.#crew.close();
    await this.#pool.close();
  }
}

/**
 * Which private keys may be in a directory that is pushed.
 *
 * @param options of the push; `allowSecrets` decides, and its signing key may not in any case
 * @returns nothing where no question is asked: packing alone sends nothing
 */
export async function keyGuard(options: PackSettings): Promise<KeyGuard | undefined> {
  const { allowSecrets, refuse = [], signer } = options;
  if (allowSecrets === undefined) return undefined;
  const { keyFingerprints, publicFingerprint } = await import("../archive/input/private_keys.ts");
  const never = refuse.flatMap((path) => {
    const content = readKeyFile(path);
    return content === undefined ? [] : keyFingerprints(content);
  });
  if (signer?.publicKey !== undefined) never.push(publicFingerprint(signer.publicKey));
  return { allow: allowSecrets, never: [...new Set(never)].sort() };
}

/** A pipe or what is too large for a key has no content to be looked for; its name is refused all the same. */
function readKeyFile(path: string): Uint8Array | undefined {
  try {
    return readInputSync(path, { limit: MAX_KEY_FILE_BYTES, fail: (why) => new Error(why) }).bytes;
  } catch {
    return undefined;
  }
}
