/**
 * A receipt as a file: it is made while an artifact is pulled, and written when that is done.
 *
 * @module
 */

import { resolve } from "node:path";
import { BlobberError } from "../errors.ts";
import type { PullOptions } from "../options.ts";
import { formatReference } from "../reference.ts";
import type { CallOptions, Source } from "../store.ts";
import { readName } from "../stores/named.ts";
import { formatReceipt } from "../stores/receipt/receipt.ts";
import { writeAtomic } from "../system/files.ts";
import { holdFile } from "../system/hold_path.ts";
import { quote } from "../text/printable.ts";
import { ReceiptMaker } from "../verbs/check/make_receipt.ts";
import { fileBelow, realPathOf } from "../verbs/check/receipt_place.ts";
import type { ReadLayer } from "../verbs/pull/settings.ts";
import type { Artifact } from "../verbs/resolve.ts";
import type { Readable } from "./named_artifact.ts";
import { checkReplaced } from "./read_receipt.ts";

/** Permission bits, less the umask: all may read it, and none but its owner writes what a check relies on. */
const MODE = 0o644;

/** Options of a pull that leaves a receipt. */
export type ReceiptPull = PullOptions & { receipt: string };

/** A receipt of a pull that is under way. */
export interface PulledReceipt {
  /** Takes the tables: see `PullSettings.onOpen`. */
  onOpen(archives: readonly ReadLayer[]): void;
  /** Writes it, in one step. */
  write(): void;
}

/**
 * Looks at whether a receipt can be made of a pull, before anything is asked for.
 *
 * @param ref what a caller named
 * @param dir where it is pulled to
 * @returns the reference as the receipt states it
 * @throws {BlobberError} `invalid-option` for a part of an artifact, for a store that is open, and for a place in
 * the destination; `conflict` for a place where something else is; `file-system`
 */
export async function checkReceipt(
  ref: Readable,
  dir: string,
  options: ReceiptPull,
): Promise<string> {
  const { receipt: path, include = [], exclude = [], stripComponents = 0 } = options;
  const isPart = include.length > 0 || exclude.length > 0 || stripComponents > 0 ||
    options.places !== undefined;
  if (isPart || options.dryRun) {
    throw new BlobberError(
      "invalid-option",
      `no receipt can be made: ${
        isPart ? "only a part of the artifact is pulled" : "nothing is pulled"
      }, and a receipt is of a directory that holds all of it`,
    );
  }
  checkPlace(path, dir);
  await checkReplaced(path, options);
  const { at } = readName(ref);
  if (at.kind === "open") {
    throw new BlobberError(
      "invalid-option",
      "no receipt can be made of an artifact in a store that is open, expected a reference",
    );
  }
  // A path means the same from wherever the check is run.
  return formatReference(at.kind === "layout" ? { ...at, path: resolve(at.path) } : at);
}

/**
 * Begins the receipt of an artifact that is about to be pulled.
 *
 * @param reference as {@linkcode checkReceipt} gave it
 * @throws {BlobberError} as `ReceiptMaker.begin`
 */
export async function beginReceipt(
  { source, artifact, reference }: { source: Source; artifact: Artifact; reference: string },
  { dir, path, allowShared, signal }: CallOptions & {
    dir: string;
    path: string;
    allowShared: boolean | undefined;
  },
): Promise<PulledReceipt> {
  const maker = await ReceiptMaker.begin(source, artifact, { reference, signal });
  return {
    onOpen: (archives) => maker.tables(archives),
    write() {
      checkPlace(path, dir); // the destination may be there only now
      const bytes = new TextEncoder().encode(formatReceipt(maker.receipt));
      const { dir: held, name } = holdFile(path, { allowShared });
      try {
        writeAtomic(held.entry(name), bytes, { mode: MODE });
      } finally {
        held.close();
      }
    },
  };
}

/** Refuses a place in the destination: there it would be a file that the artifact does not have. */
function checkPlace(path: string, dir: string): void {
  const destination = realPathOf(resolve(dir));
  const below = fileBelow(destination, path);
  if (below === undefined && realPathOf(resolve(path)) !== destination) return;
  throw new BlobberError(
    "invalid-option",
    `the receipt ${quote(path)} would lie in the destination ${quote(dir)}, expected a place ` +
      "outside of it",
    { hint: "a check would find a file there that the artifact does not have" },
  );
}
