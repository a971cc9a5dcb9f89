/**
 * Several artifacts into one store: all are resolved and verified first, then copied one after the other. What
 * fails with one is told of that one, and the others go on.
 *
 * @module
 */

import { readDocument } from "../../artifact/manifest.ts";
import { BlobberError, checkAborted } from "../../errors.ts";
import type { PartProgress, Progress } from "../../events.ts";
import { COPY_STREAMS } from "../../limits.ts";
import type { CopyAllOptions } from "../../options.ts";
import type { CopyOutcome, CopyResult, Proof } from "../../results.ts";
import type { Source, Store } from "../../store.ts";
import type { Named } from "../../stores/named.ts";
import { inLanes } from "../../system/work/lanes.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import { CopiedBefore, copy } from "./copy.ts";
import { resolveToCopy } from "./copy_artifact.ts";
import type { ResolveOptions } from "../resolve.ts";

/** Bytes of manifests that are kept from when they were verified to when they are copied. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** One of the artifacts. */
export interface CopyItem {
  named: Named<Source>;
  /** Where it is. */
  store: Source;
  /** The tag that it gets; none where its digest alone names it. */
  tag: string | undefined;
  /** What is demanded of it. */
  options: ResolveOptions;
}

/** What one of them is, when it was verified. */
interface Ready {
  descriptor: Descriptor;
  /** The document, where there was room to keep it. */
  root: Document<Manifest | Index> | undefined;
  proofs: readonly Proof[];
}

/** What became of the look at one. */
type Looked = { ready: Ready } | { error: unknown };

/**
 * Copies artifacts.
 *
 * @param items what to copy, in this order
 * @param target where to, and its name for outcomes
 * @param options of the call
 * @throws {BlobberError} `conflict` for two that would get the same tag, `interrupted`
 */
export async function* copyItems(
  items: readonly CopyItem[],
  target: { name: string; store: Store },
  options: CopyAllOptions,
): AsyncIterable<CopyOutcome> {
  checkOwnTags(items, target.name);
  const { signal } = options;
  const looked = await lookAtAll(items, signal);
  const there = new CopiedBefore();
  for (const [i, item] of items.entries()) {
    checkAborted(signal);
    const { named: { text: from }, tag } = item;
    const found = looked[i]!;
    looked[i] = { error: undefined }; // what was kept is not kept any longer
    const known = "ready" in found ? found.ready.descriptor.digest : item.named.digest;
    const to = tag === undefined ? `${target.name}@${known}` : `${target.name}:${tag}`;
    if ("error" in found) {
      yield { from, to, error: found.error };
      continue;
    }
    const onProgress = partOf(options.onProgress, `${i}`);
    let outcome: CopyOutcome;
    try {
      const how = { ...options, onProgress, there };
      outcome = { from, to, result: await copyOne(item, found.ready, target.store, how) };
    } catch (error) {
      checkAborted(signal);
      outcome = { from, to, error };
    }
    yield outcome;
  }
}

/** Two that would get one tag: which of them was meant, the order would decide without a word. */
function checkOwnTags(items: readonly CopyItem[], target: string): void {
  const byTag = new Map<string, CopyItem>();
  for (const item of items) {
    const { tag, named } = item;
    if (tag === undefined) continue;
    const other = byTag.get(tag);
    if (other !== undefined) {
      throw new BlobberError(
        "conflict",
        `${quote(other.named.text)} and ${quote(named.text)} would both be ${
          quote(`${target}:${tag}`)
        }`,
        { hint: "copy one of them alone, to another tag" },
      );
    }
    byTag.set(tag, item);
  }
}

/** Resolves and verifies each, a few at a time. */
async function lookAtAll(
  items: readonly CopyItem[],
  signal: AbortSignal | undefined,
): Promise<Looked[]> {
  const looked: Looked[] = new Array(items.length);
  let kept = 0;
  await inLanes(items.keys(), { lanes: COPY_STREAMS, signal }, async (i, signal) => {
    const item = items[i]!;
    try {
      const { root, proofs } = await resolveToCopy(item, { ...item.options, signal });
      kept += root.bytes.length;
      const { descriptor } = root;
      looked[i] = { ready: { descriptor, proofs, root: kept <= KEPT_BYTES ? root : undefined } };
    } catch (error) {
      checkAborted(signal);
      looked[i] = { error };
    }
  });
  return looked;
}

async function copyOne(
  { store, tag }: CopyItem,
  { descriptor, root, proofs }: Ready,
  target: Store,
  options: CopyAllOptions & { there: CopiedBefore },
): Promise<CopyResult> {
  const { referrers, ifAbsent, signal, onProgress, onNotice, there } = options;
  const document = root ?? await readDocument(store, descriptor, { signal });
  const tags = tag === undefined ? [] : [tag];
  const how = { referrers, ifAbsent, signal, onProgress, onNotice, tags, there };
  return { ...await copy(store, target, document, how), verdict: proofs[0]?.verdict };
}

/** Progress of one of them: the caller is told the sum. */
function partOf(
  onProgress: CopyAllOptions["onProgress"],
  part: string,
): CopyAllOptions["onProgress"] {
  return onProgress && ((progress: Progress) => {
    const report: PartProgress = { ...progress, part };
    onProgress(report);
  });
}
