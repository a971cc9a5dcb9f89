/**
 * What a log signs about its tree: a checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP signed-note).
 *
 * @module
 */

import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import { MAX_CHECKPOINT_BYTES, MAX_CHECKPOINT_SIGNATURES } from "@blobber/core/limits";
import { invalidSignature } from "../encoding/malformed.ts";
import { isSignedBy } from "../keys/public_key.ts";
import type { TrustedLog } from "../trust/trust_root.ts";

/** A checkpoint as it is written; nothing of it is verified. */
export interface Checkpoint {
  /** The log's name, and what it adds to it. */
  origin: string;
  /** Leaves of the tree, as a decimal number. */
  size: string;
  rootHash: Uint8Array<ArrayBuffer>;
  /** The text that is signed. */
  text: string;
  signatures: NoteSignature[];
}

/** One signature of a note. */
export interface NoteSignature {
  /** Whose it says it is. */
  name: string;
  /** The first four bytes of the key's id, in base64. */
  hint: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes of the key's id in front of a signature. */
const HINT_BYTES = 4;

/**
 * Reads a checkpoint: text, an empty line, and signature lines to the end. Time is linear in its length.
 *
 * @param note the signed note
 * @throws {BlobberError} `signature-invalid`
 */
export function readCheckpoint(note: string): Checkpoint {
  if (note.length > MAX_CHECKPOINT_BYTES) {
    throw invalidSignature(
      `its checkpoint has ${note.length} characters, expected at most ${MAX_CHECKPOINT_BYTES}`,
    );
  }
  const at = note.indexOf("\n\n");
  if (at < 0 || !note.endsWith("\n")) throw invalidSignature("its checkpoint is not a signed note");
  const [origin = "", size = "", root = ""] = note.slice(0, at).split("\n");
  const rootHash = fromBase64(root);
  // A number of any length would be read with big integers.
  if (
    !/^(?:0|[1-9]\d{0,18})$/.test(size) || rootHash === undefined || toBase64(rootHash) !== root
  ) {
    throw invalidSignature("its checkpoint has no size or no root hash");
  }
  const lines = note.slice(at + 2, -1).split("\n");
  if (lines.length > MAX_CHECKPOINT_SIGNATURES) {
    throw invalidSignature(
      `its checkpoint has ${lines.length} signatures, expected at most ${MAX_CHECKPOINT_SIGNATURES}`,
    );
  }
  return { origin, size, rootHash, text: note.slice(0, at + 1), signatures: lines.map(readLine) };
}

function readLine(line: string): NoteSignature {
  const [, name, value = ""] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = fromBase64(value);
  if (
    name === undefined || bytes === undefined || bytes.length <= HINT_BYTES ||
    toBase64(bytes) !== value
  ) {
    throw invalidSignature("its checkpoint has a malformed signature");
  }
  return {
    name,
    hint: toBase64(bytes.subarray(0, HINT_BYTES)),
    bytes: bytes.subarray(HINT_BYTES),
  };
}

/**
 * Whether a log signed a checkpoint. It is known by its key and the key's id, which for logs of Rekor's
 * second version covers the name; where the log is said to be served says nothing about it. The signature
 * stands under the name that the text begins with, to which Rekor v1 adds its tree.
 *
 * @param checkpoint as it is written
 * @param log whose key and id count
 * @throws {BlobberError} `signature-invalid`
 */
export function checkSignedBy(checkpoint: Checkpoint, log: TrustedLog): void {
  const { origin, signatures, text } = checkpoint;
  const hint = toBase64((log.checkpointKeyId ?? log.keyId).subarray(0, HINT_BYTES));
  // A key signs once: of several lines for one key the first counts, so that there is one check for each log.
  const found = signatures.find((one) =>
    one.hint === hint && (origin === one.name || origin.startsWith(`${one.name} - `))
  );
  if (found === undefined) {
    throw invalidSignature("its checkpoint is not signed in the log's name");
  }
  if (!isSignedBy(log.key, new TextEncoder().encode(text), found.bytes)) {
    throw invalidSignature("its checkpoint's signature is not the log's");
  }
}
