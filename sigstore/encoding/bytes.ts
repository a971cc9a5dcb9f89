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

/** What begins and ends the lines around a block; nothing inside one has it. */
const DASHES = "-----";
const BEGIN = `${DASHES}BEGIN `;

/**
 * The blocks of a PEM text, in order. Text around them is passed over (RFC 7468, 2), and so are headers
 * inside them (RFC 1421), which old encrypted keys have. Every character is looked at a fixed number of
 * times, whatever begins and never ends.
 *
 * @param text PEM
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const from = at + BEGIN.length;
    at = text.indexOf(DASHES, from);
    if (at < 0) break;
    const label = text.slice(from, at);
    if (!/^[A-Z0-9 ]{1,64}$/.test(label)) continue;
    const body = at + DASHES.length;
    at = text.indexOf(DASHES, body);
    if (at < 0) break;
    const end = `${DASHES}END ${label}${DASHES}`;
    if (!text.startsWith(end, at)) continue;
    const der = fromBase64(text.slice(body, at).replace(/^[A-Za-z-]+:.*$/gm, ""));
    if (der !== undefined) blocks.push({ label, der });
    at += end.length;
  }
  return blocks;
}
