/**
 * What a signature is over, and that it is about this manifest. A bundle proves only that a signer signed
 * some bytes: binding those bytes to the artifact is this file's.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { sameBytes, toHex } from "@blobber/core/internal/bytes";
import type { Signable } from "@blobber/core";
import { MAX_SUBJECTS } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { digestOf, sha256 } from "../encoding/sha256.ts";
import type { Content } from "../encoding/bundle.ts";
import { preAuthEncoding } from "../encoding/dsse.ts";
import { Fields } from "../encoding/fields.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import {
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  TAG_ANNOTATION,
} from "../encoding/statement.ts";
import { parseStrictJson } from "../encoding/strict_json.ts";

const SIMPLE_TYPE = "cosign container image signature";

/** Content that is about the manifest it was checked with. */
export interface SignedContent {
  /** The bytes that the signature is over. */
  bytes: Uint8Array;
  signature: Uint8Array;
  /** SHA-256 of `bytes`. */
  bytesDigest: Uint8Array;
  /** SHA-256 of the envelope's payload; for a message, of the message. */
  payloadDigest: Uint8Array;
  /** What the statement names, for name binding; a message names nothing. */
  name: { repository: string | undefined; tags: string[] } | undefined;
  /** In words: what was signed. */
  evidence: string;
}

/** What may be signed. */
export interface ContentRules {
  /** Whether a signature of an older form counts: over the manifest's bytes, or cosign's before bundles. */
  legacyMessageSignature: boolean;
  /** Whether a statement with any predicate counts. Only test vectors of other projects need it. */
  anyPredicate?: boolean | undefined;
}

/**
 * Checks that content is about a manifest.
 *
 * @param content of the bundle
 * @param manifest whose digest was checked
 * @param rules what may be signed
 * @throws {BlobberError} `signature-invalid`
 */
export function bindContent(
  content: Content,
  manifest: Signable,
  rules: ContentRules,
): SignedContent {
  switch (content.kind) {
    case "message":
      return bindMessage(content, manifest, rules);
    case "simple":
      return bindSimple(content, manifest, rules);
    case "dsse":
      return bindStatement(content, manifest, rules);
  }
}

/** The payload of "simple signing" (containers/image, atomic signatures; cosign's signature specification). */
function bindSimple(
  { payload, signature }: Content & { kind: "simple" },
  manifest: Signable,
  rules: ContentRules,
): SignedContent {
  if (!rules.legacyMessageSignature) {
    throw invalidSignature("it is in cosign's older form, expected a signed statement");
  }
  const json = parseStrictJson(payload, "the payload", invalidSignature);
  // A reader must understand all that is critical.
  const critical = new Fields(json, "payload", invalidSignature).object("critical")
    .only("identity", "image", "type");
  const type = critical.string("type");
  if (type !== SIMPLE_TYPE) {
    throw invalidSignature(`the payload is a ${quote(type)}, expected ${quote(SIMPLE_TYPE)}`);
  }
  const digest = critical.object("image").only("docker-manifest-digest")
    .string("docker-manifest-digest");
  if (digest !== manifest.digest) {
    throw invalidSignature(`it is over ${quote(digest)}, expected ${manifest.digest}`);
  }
  const hash = sha256(payload);
  return {
    bytes: payload,
    signature,
    bytesDigest: hash,
    payloadDigest: hash,
    // What stands there is how the image was called when it was signed, in whatever form that was.
    name: undefined,
    evidence: `cosign's payload about ${manifest.digest}, which binds no name`,
  };
}

function bindMessage(
  content: Content & { kind: "message" },
  manifest: Signable,
  rules: ContentRules,
): SignedContent {
  if (!rules.legacyMessageSignature) {
    throw invalidSignature("it is over the manifest's bytes, expected a signed statement");
  }
  if (digestOf(manifest.bytes) !== manifest.digest) {
    throw invalidSignature("the manifest at hand is not the one with that digest");
  }
  const digest = sha256(manifest.bytes);
  if (!sameBytes(content.digest, digest)) {
    throw invalidSignature(
      `it is over sha256:${toHex(content.digest)}, expected ${manifest.digest}`,
    );
  }
  return {
    bytes: manifest.bytes,
    signature: content.signature,
    bytesDigest: digest,
    payloadDigest: digest,
    name: undefined,
    evidence: `a signature over the bytes of ${manifest.digest}, which name nothing`,
  };
}

function bindStatement(
  content: Content & { kind: "dsse" },
  manifest: Signable,
  rules: ContentRules,
): SignedContent {
  if (content.payloadType !== PAYLOAD_TYPE) {
    throw invalidSignature(
      `the payload is a ${quote(content.payloadType)}, expected ${quote(PAYLOAD_TYPE)}`,
    );
  }
  const statement = new Fields(
    parseStrictJson(content.payload, "the statement", invalidSignature),
    "statement",
    invalidSignature,
  );
  const predicateType = statement.string("predicateType");
  const any = rules.anyPredicate === true;
  if (statement.string("_type") !== STATEMENT_TYPE) {
    throw invalidSignature(
      `the statement is a ${quote(statement.string("_type"))}, expected ${quote(STATEMENT_TYPE)}`,
    );
  }
  if (!any && predicateType !== PREDICATE_TYPE) {
    throw invalidSignature(
      `the statement's predicate is ${quote(predicateType)}, which is no signature; ` +
        `expected ${quote(PREDICATE_TYPE)}`,
    );
  }
  if (!any) statement.object("predicate");
  const subjects = statement.objects("subject", MAX_SUBJECTS);
  // A signature is on one thing. A list in which one entry fits is a catalogue.
  if (subjects.length !== 1 && !any) {
    throw invalidSignature(`the statement has ${subjects.length} subjects, expected one`);
  }
  const subject = subjects.find((one) => isAbout(one, manifest));
  if (subject === undefined) {
    throw invalidSignature(`the statement is about another artifact, expected ${manifest.digest}`);
  }
  const annotations = any ? undefined : subject.optional("annotations");
  const name = {
    repository: subject.has("name") ? subject.string("name") : undefined,
    tags: annotations?.has(TAG_ANNOTATION) ? annotations.string(TAG_ANNOTATION).split(",") : [],
  };
  const bytes = preAuthEncoding(content.payloadType, content.payload);
  return {
    bytes,
    signature: content.signature,
    bytesDigest: sha256(bytes),
    payloadDigest: sha256(content.payload),
    name,
    evidence: `a statement about ${manifest.digest}`,
  };
}

/** Whether every digest of a subject is the manifest's, and SHA-256 is among them. */
function isAbout(subject: Fields, manifest: Signable): boolean {
  const digests = subject.object("digest");
  for (const algorithm of digests.names()) {
    const value = digests.string(algorithm);
    // Compared as text: hexadecimal in lower case is the one spelling (in-toto, DigestSet).
    if (algorithm === "sha256") {
      if (`sha256:${value}` !== manifest.digest) return false;
    } else if (algorithm === "sha384" || algorithm === "sha512") {
      if (value !== createHash(algorithm).update(manifest.bytes).digest("hex")) return false;
    } else return false;
  }
  return digests.has("sha256");
}
