/**
 * What a directory is checked against by a receipt: the artifact as the receipt has it, proven again.
 *
 * @module
 */

import { resolve } from "node:path";
import { BlobberError } from "../errors.ts";
import { notify } from "../events.ts";
import type { CheckOptions } from "../options.ts";
import { parseReference, type Reference, selectorOf, storeName } from "../reference.ts";
import type { Source } from "../store.ts";
import type { Traffic } from "../stores/cache/traffic.ts";
import { readName } from "../stores/named.ts";
import type { Receipt } from "../stores/receipt/receipt.ts";
import { ReceiptSource } from "../stores/receipt/receipt_source.ts";
import { printable, quote } from "../text/printable.ts";
import type { CheckSettings } from "../verbs/check/settings.ts";
import { type Artifact, resolveArtifact } from "../verbs/resolve.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveOptions } from "./named_artifact.ts";
import { readReceipt } from "./read_receipt.ts";

/** What is checked against, and by what. */
export interface Against extends Pick<CheckSettings, "content" | "tableStart"> {
  source: Source;
  artifact: Artifact;
  /** As the caller named it, or the receipt. */
  reference: string;
}

/**
 * Finds the artifact in a receipt, and proves it as any other.
 *
 * @param ref what the caller named; left out, the receipt's own reference counts
 * @throws {BlobberError} `file-system`, `invalid-receipt`, `conflict` for a receipt of something else, and what
 * verification says
 */
export async function againstReceipt(
  session: Session,
  ref: Readable | undefined,
  options: CheckOptions & { receipt: string; traffic: Traffic },
): Promise<Against> {
  const { receipt: path } = options;
  const receipt = await readReceipt(path, options);
  const stated = referenceIn(receipt, path);
  const asked = ref === undefined ? stated : demandSame(ref, { receipt, stated, path });
  const name = `the receipt ${quote(path)}`;
  const source = new ReceiptSource(receipt, { name, tag: selectorOf(stated) });
  const named = readName(asked);
  const settings = resolveOptions(session, named, options);
  const artifact = await resolveArtifact(source, selectorOf(asked), settings);
  const { digest } = artifact.manifest.descriptor;
  if (digest !== receipt.manifest) {
    throw new BlobberError("conflict", `${name} is of ${receipt.manifest}, expected ${digest}`, {
      hint: ["it is of one manifest of an index: name what was pulled with ", {
        option: "platform",
      }],
    });
  }
  const isPinned = options.expect !== undefined ||
    (ref !== undefined && asked.digest !== undefined);
  if (artifact.proofs.length === 0 && !isPinned) {
    notify(options, {
      level: "warning",
      code: "unverified-receipt",
      message: `no signature is demanded of ${printable(named.text)}: that it was ${digest} is ` +
        `what ${name} says, and nothing else`,
    });
  }
  return {
    source,
    artifact,
    reference: named.text,
    // What a repair fetches is named by digests, wherever it comes from.
    content: () => session.stores.source(named, options),
    tableStart: (layer) => source.startOf(layer),
  };
}

/** The reference that a receipt states: a claim of the file. */
function referenceIn({ reference }: Receipt, path: string): Reference {
  try {
    return parseReference(reference);
  } catch (cause) {
    throw new BlobberError(
      "invalid-receipt",
      `invalid receipt ${quote(path)}: its reference is ${quote(reference)}`,
      { cause },
    );
  }
}

/** Demands that a receipt is of what a caller names. */
function demandSame(
  ref: Readable,
  { receipt, stated, path }: { receipt: Receipt; stated: Reference; path: string },
): Reference {
  const { at, text } = readName(ref);
  if (at.kind === "open") {
    throw new BlobberError(
      "invalid-option",
      "a receipt is of a reference, and this is an artifact in a store that is open",
    );
  }
  const isOfIt = at.digest === undefined
    ? selectorOf(at) === selectorOf(stated)
    : at.digest === receipt.root.digest || at.digest === receipt.manifest;
  if (isOfIt && placeOf(at) === placeOf(stated)) return at;
  throw new BlobberError(
    "conflict",
    `the receipt ${quote(path)} is of ${quote(receipt.reference)}, expected ${quote(text)}`,
    { hint: "name the receipt of that artifact, or pull it again" },
  );
}

/** The store, by a name that does not depend on the working directory. */
function placeOf(reference: Reference): string {
  if (reference.kind === "registry") return storeName(reference);
  return storeName({ ...reference, path: resolve(reference.path) });
}
