/**
 * Private keys in what is pushed: PEM (RFC 7468) as PKCS#8, SEC1, PKCS#1, OpenSSH and cosign write it, encrypted
 * or not, also within JSON or a script. A certificate or a public key is none.
 *
 * They are looked for in bytes that were read anyway, in files of the size that keys have, by one search for what
 * the first line of PEM ends with; only a file that has it is looked at more closely.
 *
 * @module
 */

import { createPrivateKey, createPublicKey } from "node:crypto";
import { Buffer } from "node:buffer";
import { digestOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_KEY_SEARCH_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";

/** Which keys may be pushed. */
export interface KeyGuard {
  /** Whether keys that are not in {@linkcode never} may. */
  allow: boolean;
  /** SHA-256, in hexadecimal, of the DER and of the public half of keys that may not in any case. */
  never: string[];
}

/** Where some bytes of a file stand in memory. */
export interface FilePlace {
  /** Names the file, for a message. */
  file: string;
  /** Where they begin. */
  at: number;
  /** How many they are. */
  size: number;
  /** What the file is on disk, where they may be a part of it. */
  stamp?: { size: number } | undefined;
}

const BEGIN = "-----BEGIN ";
const END = "-----END ";
/** Characters of base64 that the smallest private key has. */
const LEAST_CHARS = 40;

/**
 * Looks for private keys in files that were read.
 *
 * @param plain where their content is
 * @param places the files
 * @param guard which keys may be there
 * @returns the files that hold a key which may be there
 * @throws {BlobberError} `private-key` naming a file
 */
export function guardKeys(
  plain: Uint8Array,
  places: readonly FilePlace[],
  guard: KeyGuard,
): Set<FilePlace> {
  const allowed = new Set<FilePlace>();
  for (const place of places) {
    const { file, at, size, stamp } = place;
    const whole = stamp?.size ?? size;
    if (whole > MAX_KEY_SEARCH_BYTES || !mentionsKey(plain, at, at + size)) continue;
    const problem = problemOf(latin1(plain.subarray(at, at + size)), guard);
    if (problem === "allowed") allowed.add(place);
    else if (problem !== undefined) throw keyRefused(file, problem);
  }
  return allowed;
}

/** How the first line of each ends, and no line of a certificate or a public key. */
const MARK = "PRIVATE KEY-----";
/** For each octet, how far the place may move where that octet is the last under `MARK`. */
const SHIFTS = new Uint8Array(256).fill(MARK.length);
for (let i = 0; i < MARK.length - 1; i++) SHIFTS[MARK.charCodeAt(i)] = MARK.length - 1 - i;
const MARK_BYTES = new TextEncoder().encode(MARK);

/**
 * Whether `MARK` is in a part of some bytes, by Horspool's search: a third of a millisecond for a megabyte, where
 * the runtimes' own takes up to thirty.
 */
function mentionsKey(bytes: Uint8Array, from: number, end: number): boolean {
  const last = MARK.length - 1;
  for (let at = from + last; at < end; at += SHIFTS[bytes[at]!]!) {
    let i = last;
    while (i >= 0 && bytes[at - last + i] === MARK_BYTES[i]) i--;
    if (i < 0) return true;
  }
  return false;
}

/** The error for a file that holds a key. */
function keyRefused(file: string, problem: "private" | "signing"): BlobberError {
  return problem === "signing"
    ? new BlobberError(
      "private-key",
      `cannot push ${quote(file)}: it holds the key that signs, which must not be pushed`,
      { hint: "leave it out of what is pushed" },
    )
    : new BlobberError("private-key", `cannot push ${quote(file)}: it holds a private key`, {
      hint: [
        "leave it out of what is pushed, or allow it with ",
        { option: "allowSecrets" },
        " if it belongs there",
      ],
    });
}

function problemOf(text: string, guard: KeyGuard): "private" | "signing" | "allowed" | undefined {
  let found: "private" | "allowed" | undefined;
  for (const key of privateKeys(text)) {
    if (guard.never.length > 0 && fingerprints(key).some((one) => guard.never.includes(one))) {
      return "signing";
    }
    found = guard.allow ? "allowed" : "private";
  }
  return found;
}

/** A PEM block of a private key. */
interface KeyBlock {
  pem: string;
  der: Uint8Array;
}

/** The private keys in a text. */
function* privateKeys(text: string): Generator<KeyBlock, void, void> {
  // Within JSON and in scripts line ends are written out.
  const plain = text.includes("\\n") ? text.replaceAll("\\r", "").replaceAll("\\n", "\n") : text;
  let end = 0;
  let next: number;
  for (let at = plain.indexOf(BEGIN); at >= 0; at = next) {
    next = plain.indexOf(BEGIN, at + BEGIN.length);
    const label = /^[A-Z0-9 ]{0,50}PRIVATE KEY(?=-----)/.exec(
      plain.slice(at + BEGIN.length, at + BEGIN.length + 80),
    )?.[0];
    if (label === undefined) continue;
    if (end <= at) end = plain.indexOf(END, at);
    if (end < 0) return;
    // A block in which another begins is none: else the same bytes would be decoded for each that begins.
    if (next >= 0 && next < end) continue;
    if (!plain.startsWith(`${label}-----`, end + END.length)) continue;
    const body = plain.slice(at + BEGIN.length + label.length + 5, end);
    const der = derOf(body);
    if (der === undefined) continue;
    yield { pem: `${BEGIN}${label}-----${body}${END}${label}-----\n`, der };
  }
}

/** What is in a block, if it is in base64. Headers stand in front of it in OpenSSL's old form (RFC 1421). */
function derOf(body: string): Uint8Array | undefined {
  const base64 = body.replaceAll(/^[A-Za-z-]+:.*$/gm, "").replaceAll(/\s+/g, "");
  if (base64.length < LEAST_CHARS || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return Buffer.from(base64, "base64");
}

function fingerprints({ pem, der }: KeyBlock): string[] {
  const found = [digestOf(der)];
  try {
    const spki = createPublicKey(createPrivateKey({ key: pem, format: "pem" }) as never)
      .export({ format: "der", type: "spki" });
    found.push(digestOf(new Uint8Array(spki)));
  } catch { // encrypted, or of a kind that this runtime does not read: only its bytes tell
  }
  return found;
}

/**
 * What is never to be pushed because of a file: the keys in it.
 *
 * @param content of the file
 */
export function keyFingerprints(content: Uint8Array): string[] {
  return [...privateKeys(latin1(content))].flatMap(fingerprints);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The fingerprint of a key by its public half: SubjectPublicKeyInfo, DER. */
export function publicFingerprint(spki: Uint8Array): string {
  return digestOf(spki);
}
