/**
 * A key by which a directory knows what was written in it. Some of what a cache or a state directory holds is
 * an answer and no content: nothing that could be hashed proves it right. Such files carry a code made with this key, and
 * one that came along with a copy of the directory, restored elsewhere by CI for instance, has none that
 * counts: beside random bytes the key is made of which file on which disk they are in, and of when that was
 * last changed, which no program can set.
 *
 * @module
 */

import { lookAt, openFile } from "../../system/disk.ts";
import { type OwnPlaces, writeQuietly } from "./directory.ts";

const RANDOM_BYTES = 32;

/**
 * The key of a directory.
 *
 * @param places its places
 * @returns `undefined` when it has none yet
 */
export function readOrigin(places: OwnPlaces): Uint8Array<ArrayBuffer> | undefined {
  const file = openFile(places.origin);
  if (file === undefined) return undefined;
  try {
    const random = new Uint8Array(RANDOM_BYTES);
    if (file.size !== RANDOM_BYTES || file.read(random, 0) !== RANDOM_BYTES) return undefined;
    const { stamp } = lookAt(places.origin)!;
    return new Uint8Array([...random, ...new TextEncoder().encode(stamp)]);
  } finally {
    file.close();
  }
}

/**
 * As {@linkcode readOrigin}; makes one where there is none. Of two who do so at once one loses, and what it
 * writes does not count.
 *
 * @throws where nothing can be written
 */
export function ensureOrigin(places: OwnPlaces): Uint8Array<ArrayBuffer> {
  const known = readOrigin(places);
  if (known !== undefined) return known;
  writeQuietly(places, places.origin, crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
  const made = readOrigin(places);
  if (made === undefined) throw new Error("what marks the directory was removed as it was made");
  return made;
}
