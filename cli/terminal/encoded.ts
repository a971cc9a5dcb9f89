/**
 * Bytes in a JSON document.
 *
 * @module
 */

/**
 * Text as text, anything else in base64.
 *
 * @param bytes the content
 */
export function encoded(bytes: Uint8Array): { encoding: string; content: string } {
  try {
    const content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { encoding: "utf-8", content };
  } catch {
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += 0x8000) {
      parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    }
    return { encoding: "base64", content: btoa(parts.join("")) };
  }
}
