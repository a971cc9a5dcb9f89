/**
 * One form for URIs and for the texts that issuers make them from: the name of a workflow's file or of a branch
 * stands as it is in a token, and escaped in the certificate.
 *
 * @module
 */

const encoder = new TextEncoder();

/**
 * The form (RFC 3986, 6.2.2): escapes in upper case, none for an unreserved character, and everything escaped
 * that may not stand in a path as it is, `%` without two digits behind it, `?` and `#` included. A slash stays
 * a slash and an escaped one stays escaped, so that no text gets another structure.
 *
 * @param text a URI, or a part of its path that was not escaped yet
 */
export function uriForm(text: string): string {
  return text.replace(
    /%([0-9a-fA-F]{2})|[^\w.~!$&'()*+,;=:@/-]/gu,
    (found, digits: string | undefined) => {
      if (digits === undefined) return escapeOf(found);
      const character = String.fromCharCode(parseInt(digits, 16));
      return /[\w.~-]/.test(character) ? character : found.toUpperCase();
    },
  );
}

function escapeOf(character: string): string {
  const octets = Array.from(encoder.encode(character), (octet) => octet.toString(16));
  return octets.map((digits) => `%${digits.padStart(2, "0")}`).join("").toUpperCase();
}
