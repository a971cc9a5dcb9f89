/**
 * Packs what is pushed into one layer: with how many threads, and by which packer.
 *
 * @module
 */

import { checkPullable } from "../../archive/allowance.ts";
import type { Encoder } from "../../archive/compression/encoder.ts";
import { ignoringOf } from "../../archive/input/ignoring.ts";
import type { ArchiveInput } from "../../archive/input/input.ts";
import { SecretCounter, type SecretsFound, warnOfSecrets } from "../../archive/input/secrets.ts";
import type { Surveyed } from "../../archive/input/survey.ts";
import { BATCH_BYTES } from "../../archive/pack/batch.ts";
import { AT_A_TIME, Crew } from "../../archive/pack/crew.ts";
import type { PackedLayer, Write } from "../../archive/pack/layer_sink.ts";
import { Packer } from "../../archive/pack/pack.ts";
import { packDirectory, packEntries, packTar } from "../../archive/pack/pack_input.ts";
import { type ThreadCall, withoutThreads } from "../../threads/pool.ts";
import { keyGuard } from "./key_guard.ts";
import { Listing, THREADS_WORTH } from "./listing.ts";
import type { PackSettings } from "./settings.ts";
import { Sizing } from "./sizing.ts";

/** How much was packed. */
export type Contents = Pick<Surveyed, "files" | "bytes">;

function listingOf(input: ArchiveInput, options: PackSettings): Listing | undefined {
  if (!("directory" in input)) return undefined;
  const { directory } = input;
  return new Listing(directory, { ...options, ignoring: ignoringOf(directory, options) });
}

/** What is packed into a layer, and what runs the jobs. */
export class LayerPacking {
  readonly #input: ArchiveInput;
  /** For a directory: what is in it. */
  readonly listing: Listing | undefined;
  readonly #crew: Crew;
  /** Threads that work at it beside this one: none where it is not worth it. */
  readonly threads: ThreadCall;

  /**
   * @param input what
   * @param options how
   */
  constructor(input: ArchiveInput, options: PackSettings) {
    this.#input = input;
    this.listing = listingOf(input, options);
    const isWorth = this.listing === undefined || this.listing.worthThreads;
    this.threads = isWorth && options.threads || withoutThreads();
    this.threads.inFlight = AT_A_TIME;
    // What comes as a stream may be over before threads have begun.
    const early = this.listing === undefined ? THREADS_WORTH / BATCH_BYTES : 0;
    this.#crew = new Crew(this.threads, early);
  }

  /**
   * Packs the layer. Call it once.
   *
   * @param encoder what makes its members
   * @param write takes the blob's bytes, in order
   * @param options how
   * @returns the layer, how much is in it, and whether a pull accepts it without being told
   * @throws {BlobberError} `limit` for more than a pull accepts, where the options do not allow it
   */
  async pack(
    encoder: Encoder,
    write: Write,
    options: PackSettings,
  ): Promise<PackedLayer & Contents & { isPullable: boolean; secrets: SecretsFound }> {
    const { signal, onProgress, onNotice, onSecret } = options;
    const { listing } = this;
    const known = listing?.bytes;
    const sizing = listing && known === undefined
      ? new Sizing(() => listing.walkAgain())
      : undefined;
    const secrets = new SecretCounter();
    const packer = new Packer({
      encoder,
      runner: this.#crew,
      batches: () => this.#crew.batches,
      write,
      signal,
      onProgress,
      onNotice,
      order: this.listing === undefined ? "any" : "walk",
      keys: await keyGuard(options),
      onSecret: (secret) => {
        secrets.add(secret);
        onSecret?.(secret);
      },
      total: () => known ?? sizing?.total(),
    });
    try {
      const packed = await this.#feed(packer, options);
      const layer = await packer.finish();
      const { files, bytes } = packed;
      const isPullable = checkPullable(packed, layer.size, options);
      warnOfSecrets(options, secrets.found);
      return { ...layer, files, bytes, isPullable, secrets: secrets.found };
    } finally {
      await this.close();
      await packer.settle();
    }
  }

  async #feed(packer: Packer, options: PackSettings): Promise<Surveyed> {
    const input = this.#input;
    if ("tar" in input) return await packTar(packer, input.tar, options);
    if ("entries" in input) return await packEntries(packer, input.entries, options);
    return await packDirectory(packer, this.listing!.entries(), options);
  }

  /** Stops the work. Safe to call twice. */
  async close(): Promise<void> {
    await this.#crew.close();
    await this.threads.giveUp();
  }
}
