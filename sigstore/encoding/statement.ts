/**
 * What a signature says: an in-toto statement (in-toto attestation framework v1) about one manifest. It is
 * the one that cosign writes, with the name that is signed beside the digest.
 *
 * @module
 */

import type { Digest, SignedName } from "@blobber/core";

/** Media type of the statement in its envelope. */
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
/** `_type` of the statement. */
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
/** The one predicate that means "signed": cosign's. Any other predicate is a statement about something else. */
export const PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";
/** The subject's annotation that tells two signatures by one key apart, where a log takes each only once. */
const NONCE_ANNOTATION = "dev.blobber.nonce";
/** The subject's annotation that holds the tags under which it was signed, with commas between them. */
export const TAG_ANNOTATION = "dev.blobber.tag";

/** A subject of a statement. */
export interface Subject {
  /** `host[:port]/repository`, where the signer named it. */
  name?: string;
  digest: Record<string, string>;
  annotations?: Record<string, string>;
}

/** An in-toto statement. */
export interface Statement {
  _type: string;
  subject: Subject[];
  predicateType: string;
  predicate: Record<string, unknown>;
}

/**
 * The statement about a manifest. It holds no time and, if it can be helped, nothing random, so that the
 * same key signs the same bytes for the same artifact under the same name.
 *
 * @param digest the manifest's digest
 * @param name the name under which it is signed
 * @param nonce makes it another one, where these bytes were signed and logged before
 */
export function statementAbout(digest: Digest, name?: SignedName, nonce?: string): Statement {
  const annotations = {
    // A tag means nothing without its repository.
    ...(name?.repository !== undefined && name.tags.length > 0 && {
      [TAG_ANNOTATION]: [...new Set(name.tags)].sort().join(","),
    }),
    ...(nonce !== undefined && { [NONCE_ANNOTATION]: nonce }),
  };
  const subject: Subject = {
    ...(name?.repository !== undefined && { name: name.repository }),
    digest: { sha256: digest.slice("sha256:".length) },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  return {
    _type: STATEMENT_TYPE,
    subject: [subject],
    predicateType: PREDICATE_TYPE,
    predicate: {},
  };
}

/** The statement as the bytes that are signed. */
export function encodeStatement(statement: Statement): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(statement));
}
