/**
 * The names in an artifact, by the digest of its manifest, as they were found in tables that had been
 * checked: to list it again costs no table. That a list is the manifest's, no digest says; so only those
 * count that this very cache has written: see `origin.ts`.
 *
 * @module
 */

import { type Digest, hexOf } from "../../digest.ts";
import { fill, openFile } from "../../system/disk.ts";
import { MAX_LISTING_BYTES } from "../../limits.ts";
import { nodeModule, VERSION } from "../../system/runtime.ts";
import type { Names } from "../../store.ts";
import { ensureOrigin, readOrigin } from "../own/origin.ts";
import type { CachePaths } from "./paths.ts";
import { writeQuietly } from "../own/directory.ts";

/** Bytes of the code, which comes first; what it is about follows as it is hashed: a head, and the names. */
const CODE_BYTES = 32;

/**
 * Reads a listing.
 *
 * @param paths the cache
 * @param manifest whose names
 * @returns `undefined` when there is none that counts
 */
export async function readListing(
  paths: CachePaths,
  manifest: Digest,
): Promise<Names | undefined> {
  const path = paths.listing(manifest);
  const key = readOrigin(paths);
  const bytes = key && readFile(path);
  if (key === undefined || bytes === undefined) return undefined;
  const code = bytes.subarray(0, CODE_BYTES);
  const counts = crypto.subtle.verify(
    "HMAC",
    await macKey(key),
    code,
    bytes.subarray(CODE_BYTES),
  );
  // While another thread computes the code.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(CODE_BYTES));
  const [plain, other] = [headOf(manifest, true), headOf(manifest, false)];
  if (await counts) {
    if (text.startsWith(plain)) return { names: text.slice(plain.length), plain: true };
    if (text.startsWith(other)) return { names: text.slice(other.length), plain: false };
  }
  nodeModule("fs").rmSync(path, { force: true });
  return undefined;
}

/**
 * Notes a listing for the next time.
 *
 * @param paths the cache
 * @param manifest whose names
 * @param names what was found
 */
export async function keepListing(
  paths: CachePaths,
  manifest: Digest,
  { names, plain }: Names,
): Promise<void> {
  const text = new TextEncoder().encode(headOf(manifest, plain) + names);
  if (text.length > MAX_LISTING_BYTES - CODE_BYTES) return;
  const key = await macKey(ensureOrigin(paths));
  const code = new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
  const bytes = new Uint8Array(code.length + text.length);
  bytes.set(code);
  bytes.set(text, code.length);
  writeQuietly(paths, paths.listing(manifest), bytes);
}

/** Whose names they are, and who found them: another version may read tables otherwise. */
function headOf(manifest: Digest, plain: boolean): string {
  return `${VERSION} ${hexOf(manifest)} ${plain ? "plain" : "other"}\n`;
}

function macKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", key, algorithm, false, ["sign", "verify"]);
}

function readFile(path: string): Uint8Array<ArrayBuffer> | undefined {
  const file = openFile(path);
  if (file === undefined) return undefined;
  try {
    if (file.size < CODE_BYTES || file.size > MAX_LISTING_BYTES) return undefined;
    const bytes = new Uint8Array(file.size);
    fill(bytes, file, 0); // the code tells when it is cut short meanwhile
    return bytes;
  } finally {
    file.close();
  }
}
