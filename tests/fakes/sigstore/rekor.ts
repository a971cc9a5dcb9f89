/**
 * Two transparency logs: one of Rekor's first version (entries `dsse` and `hashedrekord` 0.0.1, signed entry
 * timestamps) and one of its second (`hashedrekord` 0.0.2). Both refuse what is not signed.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { fromBase64, toBase64, toHex } from "../../../lib/bytes.ts";
import { readPem } from "../../../sigstore/encoding/pem.ts";
import { preAuthEncoding } from "../../../sigstore/encoding/dsse.ts";
import { FakeKey, sha256 } from "./keys.ts";
import { checkpoint, leafHash, MerkleTree } from "./merkle.ts";

/** What a log answers. */
export interface LogAnswer {
  status: number;
  body: unknown;
  location?: string;
}

type Json = Record<string, unknown>;
const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A log of the first version. */
export class FakeRekorV1 {
  readonly name = "rekor1.test";
  readonly key: FakeKey = new FakeKey("P-256");
  readonly keyId: Uint8Array<ArrayBuffer> = sha256(this.key.spki);
  readonly #tree = new MerkleTree();
  readonly #entries = new Map<string, { body: string; index: number; time: number }>();
  /** Entries of earlier shards, so that the two kinds of index differ. */
  readonly #before = 1000;

  /** Adds what a client proposes; the clock is the caller's. */
  add(proposal: Json, now: Date = new Date()): LogAnswer {
    let body: string;
    try {
      body = proposal.kind === "dsse" ? dsseBody(proposal) : hashedrekordBody(proposal);
    } catch (error) {
      return { status: 400, body: { code: 400, message: `error processing entry: ${error}` } };
    }
    const uuid = `24296fb24b8ad77a${toHex(leafHash(utf8(body)))}`;
    if (this.#entries.has(uuid)) {
      return {
        status: 409,
        body: { code: 409, message: "an equivalent entry already exists in the transparency log" },
        location: `/api/v1/log/entries/${uuid}`,
      };
    }
    const index = this.#tree.add(utf8(body));
    this.#entries.set(uuid, { body, index, time: Math.floor(now.getTime() / 1000) });
    return { status: 201, body: this.#answer(uuid) };
  }

  /** An existing entry. */
  get(uuid: string): LogAnswer {
    return this.#entries.has(uuid)
      ? { status: 200, body: this.#answer(uuid) }
      : { status: 404, body: { code: 404, message: "entry not found" } };
  }

  #answer(uuid: string): Json {
    const { body, index, time } = this.#entries.get(uuid)!;
    const signed = {
      body: toBase64(utf8(body)),
      integratedTime: time,
      logID: toHex(this.keyId),
      logIndex: this.#before + index,
    };
    return {
      [uuid]: {
        ...signed,
        verification: {
          inclusionProof: {
            checkpoint: checkpoint(this.#tree, `${this.name} - 2605736670972794746`, this),
            hashes: this.#tree.path(index).map(toHex),
            logIndex: index,
            rootHash: toHex(this.#tree.root()),
            treeSize: this.#tree.size,
          },
          // The keys stand in the order of RFC 8785 already.
          signedEntryTimestamp: toBase64(this.key.sign(utf8(JSON.stringify(signed)))),
        },
      },
    };
  }
}

/** A log of the second version. */
export class FakeRekorV2 {
  readonly name = "rekor2.test";
  readonly key: FakeKey = new FakeKey("Ed25519");
  /** C2SP signed-note, "Signatures": the name, a line feed, the algorithm and the key. */
  readonly keyId: Uint8Array<ArrayBuffer> = sha256(
    `${this.name}\n`,
    new Uint8Array([1]),
    this.key.spki.subarray(-32),
  );
  readonly #tree = new MerkleTree();
  readonly #indices = new Map<string, number>();

  /** Adds what a client asks for, once. */
  add(request: Json): LogAnswer {
    let body: string;
    try {
      body = hashedrekordV2Body(request);
    } catch (error) {
      return { status: 400, body: { code: 3, message: String(error), details: [] } };
    }
    const known = this.#indices.get(body);
    if (known !== undefined) {
      const message =
        `an equivalent entry already exists in the transparency log with index ${known}`;
      return { status: 409, body: { code: 6, message, details: [] } };
    }
    const index = this.#tree.add(utf8(body));
    this.#indices.set(body, index);
    return {
      status: 201,
      body: {
        logIndex: String(index),
        logId: { keyId: toBase64(this.keyId) },
        kindVersion: { kind: "hashedrekord", version: "0.0.2" },
        integratedTime: "0",
        inclusionPromise: null,
        inclusionProof: {
          logIndex: String(index),
          rootHash: toBase64(this.#tree.root()),
          treeSize: String(this.#tree.size),
          hashes: this.#tree.path(index).map(toBase64),
          checkpoint: { envelope: checkpoint(this.#tree, this.name, this) },
        },
        canonicalizedBody: toBase64(utf8(body)),
      },
    };
  }
}

function dsseBody(proposal: Json): string {
  const { envelope, verifiers } = (proposal.spec as Json).proposedContent as {
    envelope: string;
    verifiers: string[];
  };
  const { payload, payloadType, signatures } = JSON.parse(envelope);
  const bytes = fromBase64(payload)!;
  const pem = text(fromBase64(verifiers[0]!)!);
  if (signatures.length !== 1 || verifiers.length !== 1) throw new Error("one signature expected");
  check(keyOfPem(pem), preAuthEncoding(payloadType, bytes), fromBase64(signatures[0].sig)!);
  return JSON.stringify({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: { algorithm: "sha256", value: toHex(sha256(envelope)) },
      payloadHash: { algorithm: "sha256", value: toHex(sha256(bytes)) },
      signatures: [{ signature: signatures[0].sig, verifier: verifiers[0] }],
    },
  });
}

/** What the Go tool logs. The log has only a digest, so that nothing can be checked for Ed25519. */
function hashedrekordBody(proposal: Json): string {
  const { data, signature } = proposal.spec as { data: Json; signature: Json };
  if (proposal.kind !== "hashedrekord") throw new Error(`kind ${proposal.kind}`);
  const { content, publicKey } = signature as { content: string; publicKey: { content: string } };
  const hash = data.hash as { algorithm: string; value: string };
  return JSON.stringify({
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: hash.algorithm, value: hash.value } },
      signature: { content, publicKey: { content: publicKey.content } },
    },
  });
}

function hashedrekordV2Body(request: Json): string {
  const { digest, signature } = request.hashedRekordRequestV002 as {
    digest: string;
    signature: { content: string; verifier: Json };
  };
  const { x509Certificate, publicKey, keyDetails } = signature.verifier as Record<string, Json>;
  const holder = (x509Certificate ?? publicKey) as { rawBytes: string };
  if (fromBase64(digest)!.length !== 32 || fromBase64(signature.content)!.length < 64) {
    throw new Error("digest or signature of a wrong length");
  }
  const key = x509Certificate
    ? new X509Certificate(fromBase64(holder.rawBytes)!).publicKey
    : createPublicKey({ key: fromBase64(holder.rawBytes)! as never, format: "der", type: "spki" });
  if (!["ec", "rsa"].includes(String(key.asymmetricKeyType))) throw new Error("unsupported key");
  return JSON.stringify({
    apiVersion: "0.0.2",
    kind: "hashedrekord",
    spec: {
      hashedRekordV002: {
        data: { algorithm: "SHA2_256", digest },
        signature: {
          content: signature.content,
          verifier: {
            keyDetails,
            [x509Certificate ? "x509Certificate" : "publicKey"]: { rawBytes: holder.rawBytes },
          },
        },
      },
    },
  });
}

function keyOfPem(pem: string): KeyObject {
  const block = readPem(pem)[0]!;
  return block.label === "CERTIFICATE"
    ? new X509Certificate(block.der).publicKey
    : createPublicKey(pem);
}

function check(key: KeyObject, message: Uint8Array, signature: Uint8Array): void {
  const hash = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  if (!verify(hash, message, key, signature)) throw new Error("the signature does not verify");
}
