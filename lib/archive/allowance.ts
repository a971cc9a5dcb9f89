/**
 * How much an artifact may hold by default: in proportion to its bytes, plus an amount that is too small to
 * matter. A push keeps the same rule, so that what is pushed without an option can be pulled without one.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { notify, type Observer } from "../events.ts";
import {
  FREE_NAME_BYTES,
  MAX_BYTES,
  MAX_ENTRIES,
  MAX_LISTED_ENTRIES,
  MAX_RATIO,
  MAX_TOC_PLAIN_BYTES,
  MIN_ENTRY_BYTES,
  NAME_BYTES_AN_ENTRY,
} from "../limits.ts";
import type { PackLimits } from "../options.ts";

/** How much an artifact holds, or may hold. */
export interface Amount {
  /** Entries of any kind, and directories that names imply. */
  entries: number;
  /** Bytes of all files. */
  bytes: number;
}

/** What was packed. */
export interface Packed extends Amount {
  /** Characters of names and link targets. */
  names: number;
}

/** The table of contents, which readers of the layer as a tar count too. */
const OWN: Amount = { entries: 1, bytes: MAX_TOC_PLAIN_BYTES };

/**
 * What is accepted of an artifact.
 *
 * @param sent bytes of its layers
 */
export function allowanceFor(sent: number): Amount {
  return {
    entries: Math.min(MAX_LISTED_ENTRIES, MAX_ENTRIES + Math.floor(sent / MIN_ENTRY_BYTES)),
    bytes: MAX_BYTES + MAX_RATIO * sent,
  };
}

/**
 * Checks that what was packed will be accepted, or that an option allows it.
 *
 * @param packed how much it holds
 * @param sent bytes of its layer
 * @returns whether a pull accepts it as it is
 * @throws {BlobberError} `limit`
 */
export function checkPullable(
  packed: Packed,
  sent: number,
  options: PackLimits & Observer,
): boolean {
  const allowed = allowanceFor(sent);
  const needs: string[] = [];
  const check = (what: keyof Amount, needed: number, option: "maxEntries" | "maxBytes") => {
    if (needed + OWN[what] <= allowed[what]) return;
    needs.push(`${needed} ${what}`);
    if (needed <= (options[option] ?? 0)) return;
    throw new BlobberError(
      "limit",
      `what is pushed needs ${needed} ${what} in a layer of ${sent} bytes, and a pull accepts ` +
        `${Math.floor(allowed[what])} of such a layer`,
      {
        hint: [
          "push with ",
          { option, value: needed },
          " if that is intended; a pull will need the same",
        ],
      },
    );
  };
  check("entries", entriesOf(packed), "maxEntries");
  check("bytes", packed.bytes, "maxBytes");
  if (needs.length === 0) return true;
  notify(options, {
    level: "warning",
    code: "over-limits",
    message: "what is pushed exceeds the default limits of pull, which must allow " +
      needs.join(" and "),
  });
  return false;
}

/** How many entries have to be allowed: very long names count for several. */
function entriesOf({ entries, names }: Packed): number {
  return names <= FREE_NAME_BYTES
    ? entries
    : Math.max(entries, Math.ceil(names / NAME_BYTES_AN_ENTRY));
}
