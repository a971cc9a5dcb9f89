/**
 * An image with enough in it to be killed in the middle of.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { imageOf, stargz, type TarItem, tarOf } from "../tar.ts";

/** What the image holds: new text for every file. */
export const crashItems: TarItem[] = [
  { name: "a", data: "new a" },
  { name: "dir/", type: "5", mode: 0o755 },
  { name: "dir/b", data: "new b".repeat(30_000) },
  { name: "dir/c", data: "new c" },
  { name: "dir/sub/d", data: "new d" },
  { name: "link", type: "2", link: "a" },
  { name: "z", data: "new z" },
];

/** Makes it; the same in every process. */
export function crashImage(kind: "eStargz" | "gzip"): ReturnType<typeof imageOf> {
  const made = imageOf(kind === "gzip" ? gzipSync(tarOf(...crashItems)) : stargz(crashItems));
  // Without ranges the layer comes in pieces when the staging directory is there.
  made.source.ranges = false;
  return made;
}
