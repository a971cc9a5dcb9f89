/**
 * What a pull would change, or has changed, in words.
 *
 * @module
 */

import type { PullChanges, PullPreview } from "@blobber/core";
import { printable } from "@blobber/core/internal/printable";
import { formatSize } from "../../line/values.ts";
import { amountText } from "../../terminal/summary.ts";

/**
 * A line for each path that would change: `A`, `M` or `D` and the path, sorted by path, as `diff` has them; and
 * one that sums them up.
 */
export function previewText(
  { added, changed, removed, toFetch }: PullPreview,
  changes: PullChanges,
): string {
  const lines = [
    ...added.map((path) => ({ kind: "A", path })),
    ...changed.map((path) => ({ kind: "M", path })),
    ...removed.map((path) => ({ kind: "D", path })),
  ];
  const shown = lines.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
    .map(({ kind, path }) => `${kind} ${printable(path)}`);
  const sum = `${changesText(changes) || "nothing to change"}, ${formatSize(toFetch)} to fetch`;
  return [...shown, sum].join("\n");
}

/** `3 added, 1 changed, 15,032 unchanged, 2 removed`, without what is none. */
export function changesText({ added, changed, unchanged, removed }: PullChanges): string {
  const parts = Object.entries({ added, changed, unchanged, removed })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => amountText(count, what, what));
  return parts.join(", ");
}
