/**
 * PEM (RFC 7468): text around DER.
 *
 * @module
 */

import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";

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
