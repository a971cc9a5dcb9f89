/**
 * Writes bits as deflate has them: into bytes from the lowest bit up (RFC 1951, 3.1.1).
 *
 * @module
 */

/** A place in memory that bits are written to. What needs more speed keeps the three numbers itself. */
export class BitWriter {
  bytes: Uint8Array;
  view: DataView;
  /** Where the next whole byte goes. */
  at: number;
  /** Bits that make no whole byte yet, and how many they are: 7 at the most. */
  bits = 0;
  count = 0;

  constructor() {
    this.bytes = new Uint8Array(0);
    this.view = new DataView(new ArrayBuffer(0));
    this.at = 0;
  }

  /** Goes on in other memory. The four bytes behind the last that is written may be written to as well. */
  into(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  /** Writes the lowest `count` bits of a number without higher ones, 24 at the most. */
  put(value: number, count: number): void {
    this.bits |= value << this.count;
    this.count += count;
    this.view.setUint32(this.at, this.bits, true);
    this.at += this.count >> 3;
    this.bits >>>= this.count & 24;
    this.count &= 7;
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.count > 0) this.put(0, 8 - this.count);
  }
}
