/**
 * Where the content of an image's entries is: what reading them goes by.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import type { Observer } from "../../events.ts";
import type { UnpackLimits } from "../../options.ts";
import type { Source } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import type { LayerEnd } from "../table/layer_table.ts";
import type { Located } from "../table/table.ts";
import type { Listing } from "../tree/listing.ts";
import type { Kept } from "./kept_files.ts";
import type { Spool, SpooledEntry } from "./spool.ts";

/** What contents are read from. */
export type ContentSource = Pick<Source, "name" | "fetch" | "forget">;

/** Where the content of an entry is. */
export type Content =
  | ({ kind: "table"; layer: LayerEnd } & Located)
  | { kind: "spool"; spool: Spool; at: SpooledEntry }
  | { kind: "layer"; layer: Descriptor; kept: Kept };

/** The entries of an image. */
export interface Contents {
  listing: Listing<Content>;
  /** The root's own entry, where an archive has one that was read. */
  root?: Entry | undefined;
  /** Releases what is held. */
  close(): void;
}

/** How to read an image. */
export interface ContentsOptions extends Observer {
  /** The most entries. @default 1,000,000 */
  maxEntries?: UnpackLimits["maxEntries"];
  /** The most bytes of files in layers that have to be unpacked to see what is in them. @default 10,000,000,000, and 200 more for each byte of layers */
  maxBytes?: UnpackLimits["maxBytes"];
  /** Whether no content will be asked for, so that none has to be kept. @default false */
  namesOnly?: boolean | undefined;
  /**
   * Tells of a path in a layer that has to be unpacked whether its content will be asked for. Then it is kept,
   * whatever it takes, and the rest is not. @default what is asked for is not known, and all is kept within limits
   */
  keeps?: ((path: string) => boolean) | undefined;
  /** Digests of the layers' tars, as the config states them, to check those that have to be unpacked. */
  diffIdOf?: ((layer: Descriptor) => Digest | undefined) | undefined;
  /** Whether contents are hashed where layers have to be unpacked anyway. @default false */
  hash?: boolean | undefined;
}

/** Content that a layer's table locates. */
export function tableContent(layer: LayerEnd, located: Located): Content {
  return { kind: "table", layer, ...located };
}

/**
 * The file that an entry is a name of: a hard link has the size, the mode and the time of the file that it names,
 * which may be gone from its own path.
 */
export function fileOf(content: Content, entry: Entry): Entry {
  if (content.kind === "table") return content.row.entry;
  if (content.kind === "spool") return content.at.entry;
  return { ...entry, size: content.layer.size };
}
