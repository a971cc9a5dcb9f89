/**
 * A signer and a verifier without Sigstore: an Ed25519 key signs the manifest's digest together with the name that
 * it is signed under.
 *
 *     deno run -A examples/own_signer.ts
 *
 * @module
 */

import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import {
  BlobberError,
  Client,
  type Signable,
  type Signature,
  type Signer,
  type Verdict,
  type Verifier,
} from "../mod.ts";

const MEDIA_TYPE = "application/vnd.example.ed25519.v1+json";

/** What is signed: never bytes of another's choice alone, always with the purpose in front. */
function message(digest: string, name: string): Uint8Array {
  return new TextEncoder().encode(`example signature v1\n${digest}\n${name}\n`);
}

/** Names a key in messages. */
export function fingerprint(key: KeyObject): string {
  const der = key.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex").slice(0, 16);
}

/** Signs with one key. */
export class Ed25519Signer implements Signer {
  readonly #key: KeyObject;

  /** @param key a private Ed25519 key */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** As {@linkcode Signer.sign}. */
  sign(manifest: Signable): Promise<Signature> {
    const name = manifest.name?.repository ?? "";
    const signature = sign(null, message(manifest.digest, name), this.#key).toString("base64");
    const key = fingerprint(createPublicKey(this.#key));
    const bytes = new TextEncoder().encode(JSON.stringify({ name, key, signature }));
    return Promise.resolve({ mediaType: MEDIA_TYPE, bytes });
  }
}

/** Accepts signatures by one key for the name under which the artifact is asked for. */
export class Ed25519Verifier implements Verifier {
  readonly #key: KeyObject;

  /** @param key a public Ed25519 key */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** As {@linkcode Verifier.accepts}. */
  accepts(mediaType: string): boolean {
    return mediaType === MEDIA_TYPE;
  }

  /** As {@linkcode Verifier.verify}. */
  // deno-lint-ignore require-await -- errors are rejections
  async verify(manifest: Signable, { bytes }: Signature): Promise<Verdict> {
    const expected = fingerprint(this.#key);
    const { name, key, signature } = parse(bytes);
    if (key !== expected) {
      throw new BlobberError("identity-mismatch", `signed by key ${key}, expected ${expected}`);
    }
    const given = Uint8Array.from(atob(signature), (c) => c.charCodeAt(0));
    if (!verify(null, message(manifest.digest, name), this.#key, given)) {
      throw new BlobberError("signature-invalid", `the signature of key ${key} does not fit`);
    }
    const asked = manifest.name?.repository ?? "";
    if (name !== asked) {
      throw new BlobberError("name-mismatch", `signed as "${name}", expected "${asked}"`);
    }
    return {
      signer: { kind: "key", fingerprint: key },
      checks: [
        { name: "signature", result: "passed", evidence: `Ed25519 by key ${key}` },
        { name: "name", result: "passed", evidence: `signed as "${name}"` },
      ],
    };
  }
}

function parse(bytes: Uint8Array): { name: string; key: string; signature: string } {
  try {
    const { name, key, signature } = JSON.parse(new TextDecoder().decode(bytes));
    const wellFormed = [name, key, signature].every((one) => typeof one === "string") &&
      /^[0-9a-f]{16}$/.test(key) && /^[A-Za-z0-9+/]{86}==$/.test(signature);
    if (wellFormed) return { name, key, signature };
  } catch { // not JSON
  }
  throw new BlobberError("signature-invalid", "the signature is malformed");
}

/** Pushes a signed directory, verifies it, and shows that another key is refused. */
export async function main(directory: string, layout: string): Promise<string[]> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const lines: string[] = [];
  const signer = new Ed25519Signer(privateKey);
  const { digest } = await new Client({ signer }).push({ directory }, `oci:${layout}:v1`);
  const verifier = new Ed25519Verifier(publicKey);
  const { verdict } = await new Client({ verifier }).verify(`oci:${layout}:v1`, { expect: digest });
  lines.push(...verdict.checks.map((check) => `${check.name}: ${check.evidence}`));
  const stranger = new Ed25519Verifier(generateKeyPairSync("ed25519").publicKey);
  try {
    await new Client({ verifier: stranger }).verify(`oci:${layout}:v1`);
  } catch (error) {
    if (!(error instanceof BlobberError)) throw error;
    lines.push(`${error.code}: ${error.message}`);
  }
  return lines;
}

if (import.meta.main) {
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const directory = mkdtempSync(join(tmpdir(), "own-signer-"));
  writeFileSync(join(directory, "hello.txt"), "hello\n");
  const layout = mkdtempSync(join(tmpdir(), "own-signer-"));
  try {
    // deno-lint-ignore no-console -- a program
    for (const line of await main(directory, layout)) console.log(line);
  } finally {
    rmSync(directory, { recursive: true });
    rmSync(layout, { recursive: true });
  }
}
