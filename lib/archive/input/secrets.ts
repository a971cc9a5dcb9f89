/**
 * Secrets in what is pushed, told by content: private keys that may be there, tokens by their shapes, credentials
 * in files that are for them. They are looked for in bytes that were read anyway, at the beginning of each file, and
 * told of in one warning.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { notify, type Observer } from "../../events.ts";
import { MAX_KEY_SEARCH_BYTES, MAX_SECRET_SEARCH_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { credentialsIn } from "./credential_files.ts";
import type { FilePlace } from "./private_keys.ts";
import { tokenIn } from "./token_shapes.ts";

/** Secrets that a warning names; further ones are counted. */
const MAX_NAMED = 5;

/** A likely secret: in which file it is, and what. */
export interface LikelySecret {
  /** The file's path in the archive. */
  path: string;
  /** What it seems to be, in a word or two: `GitHub token`. */
  kind: string;
}

/** The same by where the file's content stands in memory. */
export interface SecretPlace {
  at: number;
  kind: string;
}

/**
 * Looks for secrets in files.
 *
 * @param plain where their content is
 * @param places the files, each from its beginning
 * @param keys which of them hold a private key
 */
export function secretsIn(
  plain: Uint8Array,
  places: readonly FilePlace[],
  keys: ReadonlySet<FilePlace>,
): SecretPlace[] {
  const found: SecretPlace[] = [];
  for (const place of places) {
    const { at, size, file } = place;
    const kind = keys.has(place) ? "private key" : kindIn(plain, { at, end: at + size, file });
    if (kind !== undefined) found.push({ at, kind });
  }
  return found;
}

function kindIn(
  plain: Uint8Array,
  { at, end, file }: { at: number; end: number; file: string },
): string | undefined {
  const begin = Math.min(end, at + MAX_SECRET_SEARCH_BYTES);
  const kind = keyFileIn(plain, at, begin) ?? tokenIn(plain, at, begin);
  if (kind !== undefined) return kind;
  const credentials = credentialsIn(file.includes("\\") ? file.replaceAll("\\", "/") : file);
  return credentials?.(latin1(plain, at, Math.min(end, at + MAX_KEY_SEARCH_BYTES)));
}

/** How files of keys and passwords begin that are no PEM: PuTTY's, OpenPGP's, KeePass's, PKCS#12. */
const PUTTY = "PuTTY-User-Key-File-";
const OPENPGP = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
const KEEPASS = "\x03\xd9\xa2\x9a";
// deno-lint-ignore no-control-regex
const PKCS12 = /^\x30(?:\x82..|\x83...|\x80)\x02\x01\x03\x30/s;
/** What marks a private key in PKCS#12 (RFC 7292, 4.2): the bag's type. Others hold certificates alone. */
// deno-lint-ignore no-control-regex
const KEY_BAG = /\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01[\x01\x02]/;

/** The first octets of all these. */
const KEY_FILE_BEGINS: readonly number[] = [0x50, 0x2d, 0x03, 0x30];

/** A kind of file that is known by its first octets. */
function keyFileIn(plain: Uint8Array, at: number, end: number): string | undefined {
  const first = plain[at];
  if (end - at < 64 || !KEY_FILE_BEGINS.includes(first!)) return undefined;
  const text = latin1(plain, at, end);
  if (text.startsWith(PUTTY) || text.startsWith(OPENPGP)) return "private key";
  if (text.startsWith(KEEPASS)) return "password database";
  return PKCS12.test(text) && KEY_BAG.test(text) ? "private key" : undefined;
}

function latin1(plain: Uint8Array, at: number, end: number): string {
  return Buffer.from(plain.buffer, plain.byteOffset + at, end - at).toString("latin1");
}

/** Secrets that were found: the first of them, and how many in all. */
export interface SecretsFound {
  /** Those that a warning names. */
  named: LikelySecret[];
  count: number;
}

/** Counts secrets as they are found. */
export class SecretCounter {
  /** What was found so far. */
  readonly found: SecretsFound = { named: [], count: 0 };

  /** Counts one. */
  add(secret: LikelySecret): void {
    if (this.found.count++ < MAX_NAMED) this.found.named.push(secret);
  }
}

/** Warns of secrets, once. */
export function warnOfSecrets(observer: Observer, { named, count }: SecretsFound): void {
  if (count === 0) return;
  const names = named.map(({ path, kind }) => `${quote(path)} (${kind})`).join(", ");
  const more = count - named.length;
  notify(observer, {
    level: "warning",
    code: "likely-secrets",
    message: `what is pushed seems to hold secrets: ${names}${more > 0 ? ` and ${more} more` : ""}`,
  });
}
