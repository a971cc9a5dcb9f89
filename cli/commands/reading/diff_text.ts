/**
 * Changes in words: a line for each, and their sums.
 *
 * @module
 */

import type { Change, DiffCount, DiffEntry, DiffTotals } from "@blobber/core";
import { printable } from "@blobber/core/internal/printable";

/** What differs in a change, as a line: with letters as Git has them. */
export function changeLine({ path, kind, differs, before, after }: Change): string {
  const name = printable(path) + ((after ?? before)!.type === "directory" ? "/" : "");
  if (kind === "added") return `A ${name}`;
  if (kind === "removed") return `D ${name}`;
  if (differs.includes("type")) return `T ${name} (${before!.type} -> ${after!.type})`;
  const details: string[] = [];
  if (differs.includes("target")) {
    details.push(`target ${printable(before!.linkTarget!)} -> ${printable(after!.linkTarget!)}`);
  }
  if (differs.includes("mode")) {
    if (differs.includes("content")) details.push("content");
    details.push(`mode ${modeText(before!)} -> ${modeText(after!)}`);
  }
  return details.length === 0 ? `M ${name}` : `M ${name} (${details.join(", ")})`;
}

/** An entry for JSON. */
export function entryFields(entry: DiffEntry): Record<string, unknown> {
  const { type, size, linkTarget } = entry;
  return { type, size, mode: modeText(entry), ...linkTarget !== undefined && { linkTarget } };
}

function modeText({ mode }: DiffEntry): string {
  return mode.toString(8).padStart(4, "0");
}

/**
 * All changes, summed up.
 *
 * @param sizeOf puts a number of bytes into words
 */
export function statLines(
  { added, removed, changed }: DiffTotals,
  sizeOf: (bytes: number) => string,
): string[] {
  const { before, after } = changed;
  return [
    `added: ${countText(added, sizeOf(added.bytes))}`,
    `removed: ${countText(removed, sizeOf(removed.bytes))}`,
    `changed: ${countText(after, `${sizeOf(before.bytes)} -> ${sizeOf(after.bytes)}`)}`,
  ];
}

function countText({ files, directories, links }: DiffCount, bytes: string): string {
  const parts: string[] = [];
  if (files > 0) parts.push(`${amount(files, "file", "files")} (${bytes})`);
  if (directories > 0) parts.push(amount(directories, "directory", "directories"));
  if (links > 0) parts.push(amount(links, "link", "links"));
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

function amount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
