/**
 * How much the headers of a tar may hold that are no entries: PAX headers, global ones and those of one
 * entry, and GNU long names. They take time and no room, so no other limit meets them; beyond what is free
 * they are in proportion to the entries, which have a limit.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import {
  FREE_PAX_RECORDS,
  FREE_TAR_META_BYTES,
  MAX_TAR_GLOBAL_BYTES,
  MAX_TAR_META_BYTES,
  PAX_RECORDS_AN_ENTRY,
  TAR_META_BYTES_AN_ENTRY,
} from "../../limits.ts";
import { BLOCK } from "./tar_layout.ts";

/** Counts the headers of one tar. */
export class HeaderBudget {
  #entries = 0;
  #bytes = 0;
  #globals = 0;
  #records = 0;

  /** Counts an entry, for which others may come. */
  entry(): void {
    this.#entries++;
  }

  /**
   * Counts a header that is no entry, by what its own header says of it.
   *
   * @throws {BlobberError} `limit`
   */
  header({ type, size }: { type: string; size: number }): void {
    check("a tar header has", size, MAX_TAR_META_BYTES);
    if (type === "g") {
      this.#globals += BLOCK + size;
      check("the global headers of a tar have", this.#globals, MAX_TAR_GLOBAL_BYTES);
    } else {
      this.#bytes += size;
      const most = FREE_TAR_META_BYTES + this.#entries * TAR_META_BYTES_AN_ENTRY;
      check("the headers of a tar that describe other headers have", this.#bytes, most);
    }
  }

  /**
   * Counts a record of a PAX header.
   *
   * @throws {BlobberError} `limit`
   */
  record(): void {
    const most = FREE_PAX_RECORDS + this.#entries * PAX_RECORDS_AN_ENTRY;
    check("the PAX headers of a tar have", ++this.#records, most, "records");
  }
}

function check(what: string, actual: number, most: number, unit = "bytes"): void {
  if (actual <= most) return;
  throw new BlobberError("limit", `${what} ${actual} ${unit}, expected at most ${most}`);
}
