/**
 * Base64 and PEM, without `Buffer`: importing it costs more than all of this.
 *
 * @module
 */

/** Standard base64 with padding (RFC 4648, 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/**
 * Reads standard base64; whitespace, as PEM has it, is passed over.
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

/** Base64 for URLs without padding (RFC 4648, 5), as bytes, or `undefined` when it is not that. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  return fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads hexadecimal of whole octets, or gives `undefined`. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** PEM (RFC 7468) around DER. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** One block of a PEM text. */
export interface PemBlock {
  label: string;
  der: Uint8Array<ArrayBuffer>;
}

/**
 * The blocks of a PEM text, in order. Text around them is passed over (RFC 7468, 2), and so are headers
 * inside them (RFC 1421), which old encrypted keys have.
 *
 * @param text PEM
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const pattern = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^]{0,200000}?)-----END \1-----/g;
  for (const [, label = "", body = ""] of text.matchAll(pattern)) {
    const der = fromBase64(body.replace(/^[A-Za-z-]+:.*$/gm, ""));
    if (der !== undefined) blocks.push({ label, der });
  }
  return blocks;
}
