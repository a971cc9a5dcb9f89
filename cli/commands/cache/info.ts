/**
 * `cache info`, which `cache` alone is too.
 *
 * @module
 */

import type { CacheEntry } from "@blobber/core";
import { cacheInfo } from "@blobber/core/internal/cache";
import { printable } from "@blobber/core/internal/printable";
import { cacheDirOf } from "./cache_dir.ts";
import type { Context } from "../../context.ts";
import { formatDuration, formatSize } from "../../line/values.ts";
import { table } from "../../terminal/wrap.ts";

/** Shows what the cache holds. */
export async function runCacheInfo(context: Context): Promise<void> {
  const { out, settings } = context;
  const { path, size, entries } = cacheInfo(cacheDirOf(context));
  const facts = [
    ["Cache:", printable(path)],
    ["Size:", `${formatSize(size)} (${size} bytes)`],
    ["Entries:", `${entries.length}`],
  ];
  await out.sentences(
    {
      path,
      size,
      entries: entries.map(({ created, used, ...entry }) => ({
        ...entry,
        created: created.toISOString(),
        used: used.toISOString(),
      })),
    },
    ...entries.length === 0 ? ["The cache is empty"] : table(facts, out),
    ...settings.get("long") && entries.length > 0 ? ["", ...table(rows(entries), out)] : [],
  );
}

/** Digest, size, and how long ago it was used. */
function rows(entries: CacheEntry[]): string[][] {
  const cells = entries.map(({ digest, size, used }) => [digest, formatSize(size), ageOf(used)]);
  const [sizes, ages] = [1, 2].map((i) =>
    cells.reduce((most, row) => Math.max(most, row[i]!.length), 0)
  ) as [number, number];
  return cells.map(([digest, size, age]) => [
    digest!,
    `${size!.padStart(sizes)}  ${age!.padStart(ages)}`,
  ]);
}

/** The age in its largest unit. */
function ageOf(date: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - date.getTime()) / 1000));
  const unit = [86400, 3600, 60].find((length) => seconds >= length) ?? 1;
  return seconds === 0 ? "now" : `${formatDuration(Math.floor(seconds / unit) * unit * 1000)} ago`;
}
