/**
 * Checks what groups were inflated to, in the order of the tar: against the layer's table, and against the
 * DiffID that the config states.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import type { Growth } from "../growth.ts";
import { checkDiffId, tellEnd } from "../read/layer_stream.ts";
import type { LayerTable } from "../table/layer_table.ts";
import { type TarHandler, TarReader } from "../tar/tar_reader.ts";
import type { Group } from "./groups.ts";
import { TableCheck } from "./table_check.ts";
import type { UnpackOutput } from "./unpack_job.ts";

/** What a layer is checked against beside its table. */
export interface GroupCheckOptions extends Observer {
  /** The digest of the tar that the config states, if it does. */
  diffId: Digest | undefined;
  /** Counts what the layer's bytes become. */
  growth: Growth;
  /** Whether chunks are compared with the table here, because no job does that. @default false */
  contents?: boolean | undefined;
}

/** Takes the groups of a layer one after another. */
export class GroupCheck {
  readonly #check: TableCheck;
  readonly #contents: TableCheck | undefined;
  readonly #tar: TarReader;
  readonly #digester: Digester | undefined;
  readonly #layer: LayerTable;
  readonly #options: GroupCheckOptions;

  constructor(layer: LayerTable, options: GroupCheckOptions) {
    this.#layer = layer;
    this.#options = options;
    this.#check = new TableCheck(layer.table, "positions");
    this.#contents = options.contents ? new TableCheck(layer.table, "digests") : undefined;
    this.#tar = new TarReader(this.#contents ? both(this.#check, this.#contents) : this.#check);
    this.#digester = options.diffId === undefined ? undefined : new Digester();
  }

  /**
   * Takes the next group.
   *
   * @throws {BlobberError} `integrity`, `invalid-archive`, `limit`
   */
  take(group: Group, { plain, ends }: UnpackOutput): void {
    let from = 0;
    for (const [i, end] of ends.entries()) {
      this.#check.segment(group.starts[i]!, this.#tar.position);
      const bytes = new Uint8Array(plain, from, end - from);
      this.#tar.write(bytes);
      from = end;
    }
    this.#options.growth.make(from);
    this.#digester?.update(new Uint8Array(plain, 0, from));
  }

  /** Ends the layer. */
  end(): void {
    tellEnd(this.#tar.end(), this.#layer.layer, this.#options);
    this.#check.end();
    this.#contents?.end();
    checkDiffId(this.#digester?.digest(), this.#options.diffId, this.#layer.layer);
  }
}

/** A handler that tells two others. */
function both(one: TarHandler, other: TarHandler): TarHandler {
  return {
    entry(entry, dataStart) {
      one.entry(entry, dataStart);
      other.entry(entry, dataStart);
    },
    data(bytes) {
      one.data(bytes);
      other.data(bytes);
    },
    fileEnd() {
      one.fileEnd();
      other.fileEnd();
    },
  };
}
