/**
 * What of a base stays, and what a push puts on top.
 *
 * @module
 */

import type { Pace } from "../../system/pace.ts";
import type { BaseLayer } from "./base_layers.ts";
import { type Amount, depthOf } from "./depth.ts";
import type { Unfit } from "./found_base.ts";
import type { Levels, TopContent } from "./levels.ts";
import type { LookedEntries } from "./looked_entries.ts";
import type { LookedTree } from "./looked_tree.ts";

/** What stays of a base, and what goes on top. */
export interface Plan {
  kept: BaseLayer[];
  /** Nothing, where the layers that stay are the tree. */
  top: TopContent | undefined;
}

/** Decides how many layers stay, and what goes on top of them. */
export async function planOnto(
  looked: LookedTree,
  { layers, holds, levels }: { layers: BaseLayer[]; holds: Amount; levels: Levels },
  pace: Pace,
): Promise<Plan | Unfit> {
  const tops = new Map<number, TopContent | undefined>();
  const sizes = layers.map(({ descriptor }) => descriptor.size);
  const kept = await depthOf({
    sizes,
    base: holds,
    tree: looked.surveyed,
    changedFrom: async (count) => {
      const top = await levels.contentOn(looked.entries, count, pace);
      tops.set(count, top);
      return top && amountOf(top, looked.entries);
    },
  });
  if (kept === undefined) {
    return [...tops.values()].includes(undefined)
      ? { reason: "names", why: "a layer cannot take away a file whose name is so long" }
      : { reason: "size", why: "with what changed, all layers would be larger than 1.3 of one" };
  }
  const top = tops.get(kept)!;
  const isEmpty = top.entries.length === 0 && top.gone.size === 0;
  return { kept: layers.slice(0, kept), top: isEmpty ? undefined : top };
}

function amountOf({ entries, gone }: TopContent, looked: LookedEntries): Amount {
  const amount = { entries: entries.length, bytes: 0 };
  for (const i of entries) amount.bytes += looked.size(i);
  for (const names of gone.values()) amount.entries += names.length;
  return amount;
}
