/**
 * A release and the next one: with enough between them to be killed in the middle of an update.
 *
 * @module
 */

import { imageOf, stargz, type TarItem } from "../tar.ts";

const CHUNK = 20_000;

/** Content that does not compress, so that it does not come along with the table. */
function noise(seed: number, length = 60_000): Uint8Array {
  let x = seed + 1;
  return Uint8Array.from({ length }, () => (x = Math.imul(x, 1664525) + 1013904223 | 0) >>> 24);
}

/** What the release before holds. */
export const BEFORE: TarItem[] = [
  ...Array.from({ length: 30 }, (_, i) => ({ name: `keep/${i}`, data: noise(100 + i) })),
  { name: "dir/a", data: noise(1) },
  { name: "dir/b", data: noise(2) },
  { name: "gone/x", data: "x" },
  { name: "gone/y", data: "y" },
  { name: "link", type: "2", link: "dir/a" },
  { name: "mode", data: "mode", mode: 0o644 },
  { name: "old-name", data: noise(3) },
];

const chunkChanged = noise(2);
chunkChanged[30_000]! ^= 1;

/** What the next one holds. */
export const AFTER: TarItem[] = [
  { name: "added", data: noise(5) },
  { name: "dir/a", data: noise(4) },
  { name: "dir/b", data: chunkChanged },
  { name: "dir/new/deep", data: "deep" },
  ...Array.from({ length: 30 }, (_, i) => ({ name: `keep/${i}`, data: noise(100 + i) })),
  { name: "link", type: "2", link: "dir/b" },
  { name: "mode", data: "mode", mode: 0o600 },
  { name: "new-name", data: noise(3) },
];

/** Makes one of them; the same in every process. */
export function updatedImage(items: TarItem[]): ReturnType<typeof imageOf> {
  return imageOf(stargz(items, { chunkSize: CHUNK }));
}
