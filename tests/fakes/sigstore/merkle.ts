/**
 * A Merkle tree and its signed checkpoint (RFC 6962, 2.1; C2SP tlog-checkpoint and signed-note).
 *
 * @module
 */

import { concat, toBase64 } from "../../../lib/bytes.ts";
import { type FakeKey, sha256 } from "./keys.ts";

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** A tree that grows. */
export class MerkleTree {
  readonly #leaves: Uint8Array<ArrayBuffer>[] = [];

  get size(): number {
    return this.#leaves.length;
  }

  /** Adds a leaf and gives its index. */
  add(entry: Uint8Array): number {
    return this.#leaves.push(leafHash(entry)) - 1;
  }

  /** The root of the tree as it is. */
  root(): Uint8Array<ArrayBuffer> {
    return rootOf(this.#leaves);
  }

  /** The hashes that lead from a leaf to the root (RFC 6962, 2.1.1). */
  path(index: number): Uint8Array<ArrayBuffer>[] {
    return pathOf(index, this.#leaves);
  }
}

/** The hash of a leaf. */
export function leafHash(entry: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha256(LEAF, entry);
}

function rootOf(leaves: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (leaves.length === 0) return sha256("");
  if (leaves.length === 1) return leaves[0]!;
  const half = split(leaves.length);
  return sha256(NODE, rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

function pathOf(index: number, leaves: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  if (leaves.length === 1) return [];
  const half = split(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half
    ? [...pathOf(index, left), rootOf(right)]
    : [...pathOf(index - half, right), rootOf(left)];
}

/** The largest power of two below a size. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** A checkpoint, signed. */
export function checkpoint(
  tree: MerkleTree,
  origin: string,
  signer: { name: string; key: FakeKey; keyId: Uint8Array },
): string {
  const text = `${origin}\n${tree.size}\n${toBase64(tree.root())}\n`;
  const signature = signer.key.sign(new TextEncoder().encode(text));
  return `${text}\n\u2014 ${signer.name} ${
    toBase64(concat(signer.keyId.subarray(0, 4), signature))
  }\n`;
}
