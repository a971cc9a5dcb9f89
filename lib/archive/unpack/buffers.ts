/**
 * The pairs of buffers that members and their plain bytes pass through while a layer is unpacked: how many
 * there are bounds the memory that it takes.
 *
 * @module
 */

import { type Group, PACKED_BYTES, PLAIN_BYTES } from "./groups.ts";

/** Memory for a group: its members, and what they are inflated to. */
export interface Pair {
  packed: ArrayBuffer;
  plain: ArrayBuffer;
}

const PAIR_BYTES = PACKED_BYTES + PLAIN_BYTES;

/** Pairs that go round. */
export class Buffers {
  readonly #free: Pair[] = [];
  readonly #pairs: () => number;
  #used = 0;

  /** @param pairs how many there may be now; one for a larger group counts for several */
  constructor(pairs: () => number) {
    this.#pairs = pairs;
  }

  /** Whether a group may have a pair now. One that is alone may, whatever its size. */
  hasRoom(group: Group): boolean {
    return this.#used + bytesOf(group) <= this.#pairs() * PAIR_BYTES;
  }

  /** A pair for a group. */
  take(group: Group): Pair {
    this.#used += bytesOf(group);
    if (isUsual(group)) {
      return this.#free.pop() ??
        { packed: new ArrayBuffer(PACKED_BYTES), plain: new ArrayBuffer(PLAIN_BYTES) };
    }
    return { packed: new ArrayBuffer(group.packed), plain: new ArrayBuffer(group.plain) };
  }

  /** Takes a group's pair back. */
  give(group: Group, { packed, plain }: Pair): void {
    this.#used -= bytesOf(group);
    const isWanted = this.#free.length < this.#pairs();
    if (isWanted && packed.byteLength === PACKED_BYTES && plain.byteLength === PLAIN_BYTES) {
      this.#free.push({ packed, plain });
      return;
    }
    // Large, or more than there may be by now: the collector would come for them too late.
    packed.transfer(0);
    plain.transfer(0);
  }
}

/** Whether a group is of the size that most are. */
export function isUsual({ packed, plain }: Group): boolean {
  return packed <= PACKED_BYTES && plain <= PLAIN_BYTES;
}

function bytesOf(group: Group): number {
  return isUsual(group) ? PAIR_BYTES : group.packed + group.plain;
}
