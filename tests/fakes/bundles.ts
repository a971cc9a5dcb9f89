/**
 * Makes bundles of every kind with a fake Sigstore's keys, without a request: right ones, and wrong ones
 * that are signed nevertheless. What real signers write is tested elsewhere; these are for verifiers.
 *
 * @module
 */

import { fromHex, toBase64, toHex } from "../../lib/bytes.ts";
import { digestOf } from "../../lib/digest.ts";
import type { Signable, Signature } from "../../mod.ts";
import { toPem } from "../../sigstore/encoding/pem.ts";
import { octetString, sequence } from "../../sigstore/encoding/der.ts";
import { oid } from "../../sigstore/encoding/der.ts";
import { preAuthEncoding } from "../../sigstore/encoding/dsse.ts";
import { PAYLOAD_TYPE, type Statement, statementAbout } from "../../sigstore/encoding/statement.ts";
import { loadTrustedRoot, type TrustMaterial } from "../../sigstore/trust/trust_root.ts";
import type { FakeSigstore, LeafOptions } from "./sigstore.ts";
import { FakeKey, sha256 } from "./sigstore/keys.ts";

// deno-lint-ignore no-explicit-any
export type Json = any;

/** The kinds of bundle that are in use. */
export const KINDS = [
  "v0.1 message, chain",
  "v0.2 message, chain",
  "v0.3 message",
  "v0.3 statement",
  "v0.3 statement, rekor 2",
  "v0.3 statement, key",
  "v0.3 statement, key alone",
] as const;
/** A kind of bundle. */
export type Kind = (typeof KINDS)[number];

/** The default signer of {@linkcode makeBundle}. */
export const DEVELOPER = { issuer: "https://issuer.test", subject: "dev@example.com" };
/** The manifest that is signed when no other is given. */
export const MANIFEST: Signable = signable('{"schemaVersion":2}');

/** What a bundle is to be; what is left out is right. */
export interface BundleOptions {
  manifest?: Signable;
  leaf?: Partial<LeafOptions>;
  /** Changes the statement before it is signed. */
  statement?: (statement: Statement) => unknown;
  /** The payload, instead of a statement. */
  payload?: Uint8Array;
  payloadType?: string;
  /** When the log and the authority see it. */
  now?: Date;
  /** An own key. */
  key?: FakeKey;
  /** Signs instead of the certificate's key. */
  signWith?: FakeKey;
  /** Logged instead of the key that signed. */
  loggedKey?: string;
}

/** A manifest around some text. */
export function signable(text: string, name?: Signable["name"]): Signable {
  const bytes = new TextEncoder().encode(text);
  return {
    digest: digestOf(bytes),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    size: bytes.length,
    bytes,
    name,
  };
}

/** A bundle as it is stored. */
export function stored(bundle: Json): Signature {
  return {
    mediaType: bundle.mediaType,
    bytes: new TextEncoder().encode(JSON.stringify(bundle)),
  };
}

/** The fake's trusted root, after a change. */
export function trustOf(
  sigstore: FakeSigstore,
  change: (root: Json) => void = () => {},
): TrustMaterial {
  const root = structuredClone(sigstore.trustedRoot());
  change(root);
  return loadTrustedRoot(new TextEncoder().encode(JSON.stringify(root)), "the test's root");
}

/** Makes a bundle, as JSON to be changed further. */
export function makeBundle(sigstore: FakeSigstore, kind: Kind, options: BundleOptions = {}): Json {
  const manifest = options.manifest ?? MANIFEST;
  const now = options.now ?? new Date();
  const key = options.key ?? new FakeKey("P-256");
  const own = kind.includes("key");
  const leaf = sigstore.ca.issue({
    spki: key.spki,
    names: [{ email: DEVELOPER.subject }],
    issuer: DEVELOPER.issuer,
    ...options.leaf,
  });
  const isMessage = kind.includes("message");
  const payloadType = options.payloadType ?? PAYLOAD_TYPE;
  const statement = statementAbout(manifest.digest, manifest.name);
  const payload = options.payload ??
    new TextEncoder().encode(JSON.stringify(options.statement?.(statement) ?? statement));
  const signed = isMessage ? manifest.bytes : preAuthEncoding(payloadType, payload);
  const signature = (options.signWith ?? key).sign(signed);
  const pem = options.loggedKey ??
    (own ? toPem("PUBLIC KEY", key.spki) : toPem("CERTIFICATE", leaf));
  const envelope = {
    payload: toBase64(payload),
    payloadType,
    signatures: [{ sig: toBase64(signature) }],
  };

  const material: Json = own
    ? { publicKey: { hint: toBase64(sha256(key.spki)) } }
    : kind.includes("chain")
    ? { x509CertificateChain: { certificates: [{ rawBytes: toBase64(leaf) }] } }
    : { certificate: { rawBytes: toBase64(leaf) } };
  if (kind.includes("chain")) {
    material.x509CertificateChain.certificates.push({
      rawBytes: toBase64(sigstore.ca.intermediate),
    });
  }
  if (kind.includes("rekor 2")) {
    material.tlogEntries = [rekor2(sigstore, signed, signature, leaf)];
    const imprint = sequence(
      sequence(oid("2.16.840.1.101.3.4.2.1")),
      octetString(sha256(signature)),
    );
    const stamp = sigstore.tsa.stamp(imprint, now);
    material.timestampVerificationData = {
      rfc3161Timestamps: [{ signedTimestamp: toBase64(stamp) }],
    };
  } else if (!kind.includes("alone")) {
    material.tlogEntries = [
      isMessage
        ? rekor1(sigstore, hashedrekord(signed, signature, pem), now)
        : rekor1(sigstore, dsse(envelope, pem), now),
    ];
  }
  const version = kind.slice(1, 4);
  return {
    mediaType: version === "0.3"
      ? "application/vnd.dev.sigstore.bundle.v0.3+json"
      : `application/vnd.dev.sigstore.bundle+json;version=${version}`,
    verificationMaterial: material,
    ...(isMessage
      ? {
        messageSignature: {
          messageDigest: { algorithm: "SHA2_256", digest: toBase64(sha256(manifest.bytes)) },
          signature: toBase64(signature),
        },
      }
      : { dsseEnvelope: envelope }),
  };
}

function hashedrekord(signed: Uint8Array, signature: Uint8Array, pem: string): Json {
  return {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: toHex(sha256(signed)) } },
      signature: { content: toBase64(signature), publicKey: { content: base64Of(pem) } },
    },
  };
}

function dsse(envelope: Json, pem: string): Json {
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: { proposedContent: { envelope: JSON.stringify(envelope), verifiers: [base64Of(pem)] } },
  };
}

/** An entry of Rekor v1 in the form of a bundle. */
function rekor1(sigstore: FakeSigstore, proposal: Json, now: Date): Json {
  let answer = sigstore.rekor1.add(proposal, now);
  // The same key signs the same bytes alike, and a log takes an entry once.
  if (answer.status === 409) answer = sigstore.rekor1.get(answer.location!.split("/").at(-1)!);
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  const [entry] = Object.values(answer.body as Json) as Json[];
  const { inclusionProof, signedEntryTimestamp } = entry.verification;
  const base64 = (hex: string) => toBase64(fromHex(hex)!);
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: base64(entry.logID) },
    kindVersion: { kind: proposal.kind, version: proposal.apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      rootHash: base64(inclusionProof.rootHash),
      treeSize: String(inclusionProof.treeSize),
      hashes: inclusionProof.hashes.map(base64),
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

function rekor2(
  sigstore: FakeSigstore,
  signed: Uint8Array,
  signature: Uint8Array,
  leaf: Uint8Array,
): Json {
  const answer = sigstore.rekor2.add({
    hashedRekordRequestV002: {
      digest: toBase64(sha256(signed)),
      signature: {
        content: toBase64(signature),
        verifier: {
          keyDetails: "PKIX_ECDSA_P256_SHA_256",
          x509Certificate: { rawBytes: toBase64(leaf) },
        },
      },
    },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  // What is zero is left out, as protobuf's JSON does.
  const { integratedTime: _, inclusionPromise: __, ...entry } = answer.body as Json;
  return entry;
}

function base64Of(text: string): string {
  return toBase64(new TextEncoder().encode(text));
}
