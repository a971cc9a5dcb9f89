/**
 * `cache info`, which `cache` alone is too.
 *
 * @module
 */

import type { CacheEntry } from "@blobber/core";
import { cacheInfo } from "@blobber/core/cache";
import { printable } from "@blobber/core/printable";
import { cacheDirOf } from "./cache_dir.ts";
import type { Context } from "../../context.ts";
import { formatDuration, formatSize } from "../../line/values.ts";

/** Shows what the cache holds. */
export async function runCacheInfo(context: Context): Promise<void> {
  const { out, settings } = context;
  const { path, size, entries } = cacheInfo(cacheDirOf(context));
  const text = entries.length === 0 ? "Cache is empty" : [
    `Cache: ${printable(path)}`,
    `Size:  ${formatSize(size)} (${size} bytes)`,
    `Entries: ${entries.length}`,
    ...settings.get("long") ? ["", ...rows(entries)] : [],
  ].join("\n");
  await out.result({
    path,
    size,
    entries: entries.map(({ created, used, ...entry }) => ({
      ...entry,
      created: created.toISOString(),
      used: used.toISOString(),
    })),
  }, text);
}

/** Digest, size, and how long ago it was used, in columns. */
function rows(entries: CacheEntry[]): string[] {
  const cells = entries.map(({ digest, size, used }) => [digest, formatSize(size), ageOf(used)]);
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i]!.length)));
  return cells.map(([digest, size, age]) =>
    `${digest!.padEnd(widths[0]!)}  ${size!.padStart(widths[1]!)}  ${age!.padStart(widths[2]!)}`
  );
}

/** The age in its largest unit. */
function ageOf(date: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - date.getTime()) / 1000));
  const unit = [86400, 3600, 60].find((length) => seconds >= length) ?? 1;
  return seconds === 0 ? "now" : `${formatDuration(Math.floor(seconds / unit) * unit * 1000)} ago`;
}
