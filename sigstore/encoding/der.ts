/**
 * As much of DER (ITU-T X.690) as Sigstore's structures need: a strict reader that never recurses by
 * itself, and a writer.
 *
 * @module
 */

import { concat } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { MAX_OID_BYTES } from "@blobber/core/limits";

/** Universal tags that are used here, with the constructed bit where DER sets it. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element. */
export interface DerNode {
  /** The identifier octet. */
  tag: number;
  /** The content octets. */
  content: Uint8Array;
  /** The element whole. */
  raw: Uint8Array;
}

/**
 * Reads elements that stand one behind the other and fill the bytes exactly.
 *
 * @param bytes content of a constructed element, or a whole document
 * @throws {BlobberError} `integrity` for what is not DER
 */
export function readAll(bytes: Uint8Array): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length;) {
    const node = readAt(bytes, at);
    nodes.push(node);
    at += node.raw.length;
  }
  return nodes;
}

/**
 * Reads one element that fills the bytes exactly.
 *
 * @param bytes a whole document
 * @param tag the tag that it must have
 */
export function readOne(bytes: Uint8Array, tag?: number): DerNode {
  const node = readAt(bytes, 0);
  if (node.raw.length !== bytes.length) throw invalidDer("bytes follow the element");
  if (tag !== undefined && node.tag !== tag) throw invalidDer(`tag ${node.tag}, expected ${tag}`);
  return node;
}

/**
 * The elements inside an element that must have the given tag.
 *
 * @param node an element, or none
 * @param tag its tag
 */
export function inside(node: DerNode | undefined, tag: number = TAG.sequence): DerNode[] {
  if (node?.tag !== tag) throw invalidDer(`tag ${node?.tag ?? "missing"}, expected ${tag}`);
  return readAll(node.content);
}

function readAt(bytes: Uint8Array, at: number): DerNode {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined) throw invalidDer("it is truncated");
  if ((tag & 0x1f) === 0x1f) throw invalidDer("a tag of several octets");
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    // X.690, 10.1: definite form, in the fewest octets.
    if (octets === 0 || octets > 4) {
      throw invalidDer("a length in no definite form, or of over 4 octets");
    }
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? NaN);
    if (!(length >= 0x80 && length >= 256 ** (octets - 1))) {
      throw invalidDer("a length not minimal");
    }
    start += octets;
  }
  const end = start + length;
  if (end > bytes.length) throw invalidDer("it is truncated");
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) };
}

/**
 * An object identifier in its dotted form. Its numbers have no upper limit and are joined digit by digit,
 * which takes the square of their length: so the length is limited.
 *
 * @param content of an element with the tag {@linkcode TAG.oid}
 * @throws {BlobberError} `integrity`
 */
export function dotted(content: Uint8Array): string {
  if (content.length > MAX_OID_BYTES) {
    throw invalidDer(`an object identifier of ${content.length} bytes, expected ${MAX_OID_BYTES}`);
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first = 0n, ...rest] = arcs;
  // X.690, 8.19.4: the first two numbers share one.
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

/** The error for bytes that are not DER, or too many. */
export function invalidDer(why: string): BlobberError {
  return new BlobberError("integrity", `invalid DER: ${why}`);
}

/** Writes an element of the given tag around its content. */
export function element(tag: number, ...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concat(...content);
  const size = body.length;
  if (size < 0x80) return concat(new Uint8Array([tag, size]), body);
  const octets: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return concat(new Uint8Array([tag, 0x80 | octets.length, ...octets]), body);
}

/** A SEQUENCE. */
export function sequence(...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return element(TAG.sequence, ...content);
}

/** An INTEGER that is not negative, from its value or its big-endian bytes. */
export function integer(value: number | Uint8Array): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array;
  if (typeof value === "number") {
    const octets: number[] = [];
    for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
    bytes = new Uint8Array(octets);
  } else bytes = value;
  let zeros = 0;
  while (bytes[zeros] === 0) zeros++;
  bytes = bytes.subarray(zeros);
  const pad = bytes.length === 0 || bytes[0]! >= 0x80 ? [0] : [];
  return element(TAG.integer, new Uint8Array(pad), bytes);
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      group.unshift(0x80 | (left % 128));
    }
    octets.push(...group);
  }
  return element(TAG.oid, new Uint8Array(octets));
}

/** An OCTET STRING. */
export function octetString(...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return element(TAG.octetString, ...content);
}

/** A BIT STRING of whole octets. */
export function bitString(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(TAG.bitString, new Uint8Array([0]), content);
}

/**
 * An ECDSA signature as DER (RFC 3279, 2.2.3), from the two halves side by side that WebCrypto gives.
 *
 * @param pair r and s, of equal length
 */
export function ecdsaSignature(pair: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = pair.length / 2;
  return sequence(integer(pair.subarray(0, half)), integer(pair.subarray(half)));
}
