/**
 * A receipt: what a later check of a pulled directory needs when no registry is there. It holds the documents,
 * signatures and tables of contents of one artifact, and the reference by which it was pulled. All but the
 * reference is named by digests, which whoever reads it checks; the reference is a claim of the file.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../../bytes.ts";
import { asDigest, computeDigest, type Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { isObject } from "../../json.ts";
import { MAX_RECEIPT_BYTES, MAX_RECEIPT_PARTS } from "../../limits.ts";
import { isMediaType } from "../../media_type.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor } from "../../types.ts";

/** Bytes of an artifact, and what they are. */
export interface ReceiptPart {
  /** The manifest, or the blob. */
  descriptor: Descriptor;
  /** Where in it the bytes begin: 0 for all that is whole. */
  start: number;
  /** The bytes, to its end. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a receipt says. */
export interface Receipt {
  /** The reference that was pulled, as it is written. */
  reference: string;
  /** What it named. */
  root: Descriptor;
  /** The manifest whose layers were pulled: that one, or one chosen from it. */
  manifest: Digest;
  /** Signatures that are found by a tag, as cosign kept them once. */
  tags: ReadonlyMap<string, Descriptor>;
  /** Documents and blobs. */
  parts: readonly ReceiptPart[];
}

/** The version of the format. */
const VERSION = 1;

/** A receipt as text. The same content gives the same bytes. */
export function formatReceipt({ reference, root, manifest, tags, parts }: Receipt): string {
  const json = {
    blobberReceipt: VERSION,
    reference,
    root: plain(root),
    manifest,
    tags: Object.fromEntries([...tags].map(([tag, descriptor]) => [tag, plain(descriptor)])),
    parts: parts.map(({ descriptor, start, bytes }) => ({
      ...plain(descriptor),
      start,
      content: toBase64(bytes),
    })),
  };
  return JSON.stringify(json, null, 1) + "\n";
}

/** Whether a file says that it is a receipt, of whatever version. */
export function isReceipt(bytes: Uint8Array): boolean {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(json) && json.blobberReceipt !== undefined;
  } catch {
    return false;
  }
}

/**
 * Reads a receipt. What is whole in it is checked against its digest; a table is checked where it is read, against
 * the digest in the manifest.
 *
 * @param bytes of the file
 * @param name the file, for messages
 * @throws {BlobberError} `invalid-receipt`
 */
export async function parseReceipt(bytes: Uint8Array, name: string): Promise<Receipt> {
  const invalid: Invalid = (why) =>
    new BlobberError("invalid-receipt", `invalid receipt ${quote(name)}: ${why}`, {
      hint: "pull again with a receipt, or check against the registry",
    });
  if (bytes.length > MAX_RECEIPT_BYTES) {
    throw invalid(`it has ${bytes.length} bytes, expected at most ${MAX_RECEIPT_BYTES}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(`it is not JSON: ${(cause as Error).message}`);
  }
  if (!isObject(json) || json.blobberReceipt === undefined) {
    throw invalid('it has no "blobberReceipt", expected a file that a pull wrote');
  }
  if (json.blobberReceipt !== VERSION) {
    throw invalid(`its version is ${quote(json.blobberReceipt)}, expected ${VERSION}`);
  }
  const { reference, parts, tags } = json;
  if (typeof reference !== "string") throw invalid('its "reference" is no text');
  if (!Array.isArray(parts)) throw invalid('its "parts" are no list');
  if (parts.length > MAX_RECEIPT_PARTS) {
    throw invalid(`it has ${parts.length} parts, expected at most ${MAX_RECEIPT_PARTS}`);
  }
  if (!isObject(tags)) throw invalid('its "tags" are no object');
  const read = parts.map((part, i) => partOf(part, `parts[${i}]`, invalid));
  await checkParts(read, invalid);
  return {
    reference,
    root: descriptorOf(json.root, "root", invalid),
    manifest: digestOf(json.manifest, "manifest", invalid),
    tags: new Map(
      Object.entries(tags).map(([tag, one]) => [tag, descriptorOf(one, "tags", invalid)]),
    ),
    parts: read,
  };
}

type Invalid = (why: string) => BlobberError;

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** Checks what is whole, and that nothing is there twice. */
async function checkParts(parts: readonly ReceiptPart[], invalid: Invalid): Promise<void> {
  const seen = new Set<Digest>();
  for (const [i, { descriptor: { digest }, start, bytes }] of parts.entries()) {
    if (seen.has(digest)) throw invalid(`${digest} is in it twice`);
    seen.add(digest);
    if (start > 0) continue;
    const actual = await computeDigest(bytes);
    if (actual !== digest) throw invalid(`the content of parts[${i}] has ${actual}, not ${digest}`);
  }
}

function partOf(value: unknown, at: string, invalid: Invalid): ReceiptPart {
  const descriptor = descriptorOf(value, at, invalid);
  const { start, content } = value as Record<string, unknown>;
  if (!isCount(start) || start > descriptor.size) {
    throw invalid(
      `${at} begins at ${quote(start)}, expected a place in its ${descriptor.size} bytes`,
    );
  }
  const bytes = typeof content === "string" ? fromBase64(content) : undefined;
  if (bytes === undefined) throw invalid(`the content of ${at} is not base64`);
  if (start + bytes.length !== descriptor.size) {
    throw invalid(
      `${at} has ${bytes.length} bytes, expected the ${descriptor.size - start} that end it`,
    );
  }
  return { descriptor, start, bytes };
}

function descriptorOf(value: unknown, at: string, invalid: Invalid): Descriptor {
  if (!isObject(value)) throw invalid(`its ${at} is no object`);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== "string" || !isMediaType(mediaType)) {
    throw invalid(`the mediaType of ${at} is ${quote(mediaType)}, expected a media type`);
  }
  if (!isCount(size)) throw invalid(`the size of ${at} is ${quote(size)}, expected a number`);
  return { mediaType, digest: digestOf(digest, at, invalid), size };
}

function digestOf(value: unknown, at: string, invalid: Invalid): Digest {
  try {
    return asDigest(value, at);
  } catch (cause) {
    throw invalid((cause as Error).message);
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
