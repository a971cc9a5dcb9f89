/**
 * Copies every tag of a repository, with all signatures, when the signature of a key holds:
 *
 *     deno run -A examples/mirror.ts FROM TO KEY.pub
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Client, type ClientOptions, isBlobberError } from "@blobber/core";
import { createVerifier } from "@blobber/sigstore/verify";

/** What became of the tags. */
export interface Mirrored {
  copied: string[];
  refused: { tag: string; code: string }[];
}

/**
 * Mirrors a repository. What is not signed as demanded stays where it is; everything else that fails ends the
 * mirroring.
 *
 * @param from a repository or layout
 * @param to another
 * @param options the verifier, and credentials
 */
export async function mirror(from: string, to: string, options: ClientOptions): Promise<Mirrored> {
  const client = new Client(options);
  const copied: string[] = [];
  const refused: Mirrored["refused"] = [];
  try {
    for await (const tag of client.listTags(from)) {
      try {
        await client.copy(`${from}:${tag}`, `${to}:${tag}`);
        copied.push(tag);
      } catch (error) {
        if (!isBlobberError(error) || !REFUSALS.has(error.code)) throw error;
        refused.push({ tag, code: error.code });
      }
    }
    return { copied, refused };
  } finally {
    await client.close();
  }
}

/** What verification says of an artifact that is not to be copied. */
const REFUSALS = new Set<string>([
  "no-signature",
  "signature-invalid",
  "identity-mismatch",
  "name-mismatch",
]);

if (import.meta.main) {
  const [from, to, key] = process.argv.slice(2);
  if (from === undefined || to === undefined || key === undefined) {
    throw new Error("usage: mirror.ts FROM TO KEY.pub");
  }
  const verifier = createVerifier({ signers: [{ key: readFileSync(key, "utf8"), name: key }] });
  const { copied, refused } = await mirror(from, to, { verifier });
  // deno-lint-ignore no-console -- a program
  console.log(`copied: ${copied.join(" ")}`);
  for (const { tag, code } of refused) {
    // deno-lint-ignore no-console -- a program
    console.error(`refused: ${tag}: ${code}`);
  }
  if (refused.length > 0) process.exitCode = 1;
}
