/**
 * Pushes a directory from CI, signed by the job's identity or by a key, under a tag that must be new:
 *
 *     deno run -A examples/release.ts DIRECTORY REFERENCE [KEY.pem]
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Client, type ClientOptions, type Signer } from "@blobber/core";
import { createSigner, findToken, publicTrustRoot } from "@blobber/sigstore";

/** Signs with the key in a file or, without one, as the CI system or the person who logs in. */
export async function signerFor(keyPath?: string): Promise<Signer> {
  if (keyPath === undefined) {
    return await createSigner({ token: findToken(), trust: publicTrustRoot });
  }
  return await createSigner({ key: { pem: readFileSync(keyPath, "utf8") } });
}

/**
 * Pushes and signs a release.
 *
 * @returns the digest to announce, and that of the signature
 */
export async function release(
  directory: string,
  reference: string,
  options: ClientOptions,
): Promise<{ digest: string; signature: string | undefined }> {
  const client = new Client(options);
  try {
    // The tag is set last, after the signature, and never moved away from an earlier release.
    const { digest, signature } = await client.push({ directory }, reference, { ifAbsent: true });
    return { digest, signature };
  } finally {
    await client.close();
  }
}

if (import.meta.main) {
  const [directory, reference, key] = process.argv.slice(2);
  if (directory === undefined || reference === undefined) {
    throw new Error("usage: release.ts DIRECTORY REFERENCE [KEY.pem]");
  }
  const { digest } = await release(directory, reference, { signer: await signerFor(key) });
  // deno-lint-ignore no-console -- a program
  console.log(digest);
}
