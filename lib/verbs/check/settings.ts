/**
 * What a check is told.
 *
 * @module
 */

import type { ParseOptions } from "../../archive/table/parse_table.ts";
import type { CheckOptions } from "../../options.ts";
import type { Source } from "../../store.ts";
import type { Traffic } from "../../stores/cache/traffic.ts";
import type { ThreadCall } from "../../threads/pool.ts";

/** Options of a check: the caller's, and what the client knows. */
export interface CheckSettings extends CheckOptions {
  /** This call's part of the client's threads. @default the calling thread alone */
  threads?: ThreadCall | undefined;
  /** What the cache in front of the source is told by. @default there is none */
  traffic?: Traffic | undefined;
  /** Where the tables begin in what the source has of layers. @default where the manifest says, or a guess */
  tableStart?: ParseOptions["tableStart"];
  /**
   * Opens what the content is read from that `repair` puts in place, where the source has no content. Nothing
   * that such a source gave was fetched.
   *
   * @default the source of the artifact
   */
  content?: (() => Promise<Source>) | undefined;
  /** As in the client's options. @default false */
  allowSharedDirectories?: boolean | undefined;
  /** As in a pull, of a repair. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
}
