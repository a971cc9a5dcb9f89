/**
 * Recognizes a directory that was pushed before, by the index in the local cache, and spares packing it.
 *
 * A short look at the first names and sizes says whether it is worth walking the tree at all. Then
 * everything that decides the layer is compared: names, modes, sizes, link targets, contents, and what
 * packs. Contents are not read where the files lie on the disk as they lay when they were (see
 * `stamp_digest.ts`). Of the store, only whether the blob is there is believed, for which its digest
 * answers.
 *
 * @module
 */

import process from "node:process";
import type { Encoder } from "../../archive/compression/encoder.ts";
import { ContentHasher } from "../../archive/pack/content_digest.ts";
import type { Entry } from "../../archive/entry.ts";
import type { KeyGuard } from "../../archive/input/private_keys.ts";
import { type SecretsFound, warnOfSecrets } from "../../archive/input/secrets.ts";
import { StampDigest, type Stamps } from "../../archive/input/stamp_digest.ts";
import { Survey } from "../../archive/input/survey.ts";
import { WalkDigest } from "../../archive/input/walk_digest.ts";
import { type KnownLayer, PushIndex, type PushRecord } from "../../stores/cache/push_index.ts";
import type { Digest } from "../../digest.ts";
import type { Listing } from "./listing.ts";
import type { Contents, LayerPacking } from "./pack_layer.ts";
import type { PackSettings } from "./settings.ts";
import { Pace } from "../../system/pace.ts";
import type { Store } from "../../store.ts";
import { type FileStat, RUNTIME, systemOfRuntime, VERSION } from "../../system/runtime.ts";

/** Changes with the meaning of what is remembered. */
const FORMAT = 6;

/** What a walk found. */
interface Look {
  walked: Digest;
  stamps: Stamps | undefined;
  survey: Survey;
}

/** What earlier pushes left to know, for one push. */
export class PushMemory {
  readonly #index: PushIndex;
  readonly #key: string;
  readonly #keepMtime: boolean;
  readonly #listing: Listing;
  /** No file was read before. */
  readonly #since = Date.now();
  readonly #walked: WalkDigest;
  readonly #stamps: StampDigest;

  private constructor(
    index: PushIndex,
    key: string,
    { listing, keepMtime }: { listing: Listing; keepMtime: boolean },
  ) {
    this.#index = index;
    this.#key = key;
    this.#keepMtime = keepMtime;
    this.#listing = listing;
    this.#walked = new WalkDigest(keepMtime);
    this.#stamps = new StampDigest(listing.directory);
  }

  /**
   * Opens the memory.
   *
   * @param directory of the cache
   * @param listing what is pushed, not used yet
   * @param options of the push, the rule by which files are cut, and the private keys that it may hold
   * @returns `undefined` where the cache cannot be used
   */
  static open(
    directory: string,
    listing: Listing,
    options: PackSettings & { encoder: Encoder; chunks: string; keys: KeyGuard | undefined },
  ): PushMemory | undefined {
    const index = PushIndex.open(directory);
    if (index === undefined) return undefined;
    const { keepMtime = false, mtime = 0, encoder } = options;
    const begin = new WalkDigest(keepMtime);
    for (const entry of listing.seen) begin.add(entry);
    // Another rule cuts elsewhere, and another runtime or processor has another compressor: both make other bytes
    // of the same files.
    const maker = [FORMAT, options.chunks, VERSION, RUNTIME, process.versions, systemOfRuntime()];
    const times = keepMtime ? "kept" : mtime;
    // Where no private key was let through, none is there whichever key signs now; else that is asked anew.
    const keys = options.keys?.allow === false ? null : options.keys ?? "any";
    const key = JSON.stringify([maker, encoder, times, keys, begin.digest()]);
    return new PushMemory(index, key, { listing, keepMtime });
  }

  /**
   * The layer that packing would make, when it was made before and the store still has it.
   *
   * @param target where it has to be
   * @param mediaType what it would be there
   * @param packing what is pushed
   * @throws {BlobberError} `source-changed`, `file-system`, and what packing would throw
   */
  async find(
    target: Store,
    mediaType: string,
    packing: LayerPacking,
    options: PackSettings,
  ): Promise<KnownLayer & Contents | undefined> {
    const there: PushRecord[] = [];
    for (const record of this.#index.get(this.#key)) {
      const { digest, size } = record.layer;
      if (await target.has({ mediaType, digest, size }, options)) there.push(record);
    }
    if (there.length === 0) return undefined;
    const pace = new Pace(options.signal);
    if (there.some((one) => this.#mayLieAsThen(one))) {
      const { walked, stamps, survey } = await this.#walk(options, pace);
      const alike = there.filter((one) => one.walked === walked);
      if (alike.length === 0) return undefined;
      const found = alike.find((one) => stamps && one.stamps?.digest === stamps.digest);
      if (found !== undefined) {
        return known(found, survey, options);
      }
    }
    const { walked, contents, stamps, survey } = await this.#read(packing, options, pace);
    const found = there.find((one) => one.walked === walked && one.contents === contents);
    if (found === undefined) return undefined;
    if (stamps !== undefined) this.#index.add(this.#key, { ...found, stamps });
    return known(found, survey, options);
  }

  /** Takes note of an entry that is packed, and of what the walk saw of it. */
  saw(entry: Entry, stat: FileStat): void {
    this.#walked.add(entry);
    this.#stamps.add(stat);
  }

  /**
   * Remembers a layer that was made of all entries noted. Call it once.
   *
   * @param layer the layer
   * @param contents digest of its files' contents
   * @param secrets what these seem to hold
   */
  keep(layer: KnownLayer, contents: Digest, secrets: SecretsFound): void {
    const stamps = this.#stamps.stamps(this.#since);
    this.#index.add(this.#key, { walked: this.#walked.digest(), contents, stamps, secrets, layer });
  }

  /** Tells whether no file seen so far is newer than the newest file of the earlier push. */
  #mayLieAsThen({ stamps }: PushRecord): boolean {
    return stamps !== undefined &&
      this.#listing.seen.every(({ type, stat }) => type !== "file" || stat.ctime <= stamps.newest);
  }

  /** Walks the tree and reads no file. */
  async #walk(options: PackSettings, pace: Pace, read?: ContentHasher): Promise<Look> {
    const walked = new WalkDigest(this.#keepMtime);
    const stamps = new StampDigest(this.#listing.directory);
    const survey = new Survey(options);
    let count = 0;
    for (const entry of this.#listing.entries()) {
      walked.add(entry);
      stamps.add(entry.stat);
      survey.add(entry);
      if (read !== undefined) await read.add(entry);
      // A promise for each would take as long as all else that is done here.
      if (++count % 32 === 0) await pace.breathe();
    }
    return { walked: walked.digest(), stamps: stamps.stamps(this.#since), survey };
  }

  /** Walks the tree and reads every file. */
  async #read(
    packing: LayerPacking,
    options: PackSettings,
    pace: Pace,
  ): Promise<Look & { contents: Digest }> {
    const { threads } = packing;
    try {
      const hasher = new ContentHasher(pace, threads, 3 * threads.threads);
      const look = await this.#walk(options, pace, hasher);
      return { ...look, contents: await hasher.digest() };
    } finally {
      await threads.giveUp();
    }
  }
}

/** A layer that is known, when the walk that knew it is over. What it seems to hold is told each time. */
function known(
  { layer, secrets }: PushRecord,
  survey: Survey,
  options: PackSettings,
): KnownLayer & Contents {
  const { files, bytes } = survey.finish();
  warnOfSecrets(options, secrets);
  return { ...layer, files, bytes };
}
