/**
 * A token that the caller gave: its value, or a file that holds it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { readInput } from "@blobber/core/internal/input-file";
import { MAX_IDENTITY_TOKEN_CHARS } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import type { TokenSource } from "./token.ts";

/**
 * A token by its value.
 *
 * @example
 * ```ts
 * import { createSigner, givenToken, publicTrustRoot } from "@blobber/sigstore";
 *
 * const token = givenToken("header.claims.signature", "the variable MY_TOKEN");
 * await createSigner({ token, trust: publicTrustRoot }); // it is looked at when a signature is made
 * ```
 *
 * @param value the token
 * @param name where it came from, for messages
 */
export function givenToken(value: string, name = "the command line"): TokenSource {
  return { name, token: () => Promise.resolve(value) };
}

/**
 * A token in a file, read each time one is needed: who put it there may renew it.
 *
 * @example
 * ```ts
 * import { createSigner, publicTrustRoot, tokenFile } from "@blobber/sigstore";
 *
 * const token = tokenFile("/var/run/secrets/tokens/sigstore"); // as Kubernetes projects and renews one
 * await createSigner({ token, trust: publicTrustRoot });
 * ```
 *
 * @param path the file, which may be a pipe
 * @param options `signal` ends the wait for a pipe
 */
export function tokenFile(path: string, options: { signal?: AbortSignal } = {}): TokenSource {
  return { name: `the file ${quote(path)}`, token: () => read(path, options.signal) };
}

async function read(path: string, signal: AbortSignal | undefined): Promise<string> {
  const { bytes } = await readInput(path, {
    limit: MAX_IDENTITY_TOKEN_CHARS,
    signal,
    fail: (why, cause) =>
      new BlobberError("unauthorized", `cannot read the identity token in ${quote(path)}: ${why}`, {
        hint: "check the path, and who may read it",
        cause,
      }),
  });
  return new TextDecoder().decode(bytes);
}
