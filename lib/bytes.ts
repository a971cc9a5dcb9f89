/**
 * Bytes compared, joined, and written as text: hexadecimal and base64. `Buffer` can do all of this, but
 * loading it takes longer.
 *
 * @module
 */

/**
 * Whether two runs of bytes are the same.
 *
 * @param a bytes, or nothing, which is never the same
 * @param b bytes
 */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Joins bytes. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Reads hexadecimal of whole octets, or gives `undefined`. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Standard base64 with padding (RFC 4648, 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/**
 * Reads standard base64; white space, as PEM has it, is skipped.
 *
 * @param text base64 with padding
 * @returns the bytes, or `undefined` when it is not base64
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let plain: string;
  try {
    plain = atob(text);
  } catch { // not base64
    return undefined;
  }
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** Reads base64 for URLs without padding (RFC 4648, 5), or gives `undefined`. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  return fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
}
