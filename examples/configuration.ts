/**
 * Reads one verified file out of an artifact when a service starts, and nothing else of it:
 *
 *     deno run -A examples/configuration.ts REFERENCE PATH KEY.pub
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Client, type ClientOptions } from "@blobber/core";
import { createVerifier } from "@blobber/sigstore/verify";

/** The configuration, and what it was read from: note the digest beside whatever it leads to. */
export interface Configuration {
  digest: string;
  value: unknown;
}

/**
 * Reads a JSON file.
 *
 * @param reference the artifact; a tag is resolved once
 * @param path of the file in it
 * @param options the verifier, credentials and a cache
 */
export async function readConfiguration(
  reference: string,
  path: string,
  options: ClientOptions,
): Promise<Configuration> {
  const client = new Client(options);
  try {
    // The signature is verified before the table of contents is read, and each chunk before it is used.
    const image = await client.openImage(reference, { signal: AbortSignal.timeout(30_000) });
    const bytes = await image.read(path, { maxBytes: 1024 * 1024 });
    return { digest: image.digest, value: JSON.parse(new TextDecoder().decode(bytes)) };
  } finally {
    await client.close();
  }
}

if (import.meta.main) {
  const [reference, path, key] = process.argv.slice(2);
  if (reference === undefined || path === undefined || key === undefined) {
    throw new Error("usage: configuration.ts REFERENCE PATH KEY.pub");
  }
  const verifier = createVerifier({
    signers: [{ key: readFileSync(key, "utf8"), name: key }],
    nameBinding: "repository", // a signature that was copied from another repository is refused
  });
  const { value } = await readConfiguration(reference, path, { verifier });
  // deno-lint-ignore no-console -- a program
  console.log(JSON.stringify(value));
}
