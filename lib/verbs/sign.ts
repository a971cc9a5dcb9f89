/**
 * The verb `sign`: a signature for what is already in a store.
 *
 * @module
 */

import { signWith } from "../doors/signer.ts";
import { BlobberError } from "../errors.ts";
import type { SignOptions } from "../options.ts";
import type { SignResult } from "../results.ts";
import type { SignedName } from "../signing.ts";
import type { CallOptions, Store } from "../store.ts";
import { attachSignature } from "./attach_signature.ts";
import { resolveDocument, signable } from "./resolve.ts";

/**
 * Signs a manifest or index and attaches the signature to it.
 *
 * @param store where it is
 * @param wanted what names it, and the name that the signature is to bind
 * @throws {BlobberError} `invalid-option` without a signer, `not-found`, and what the signer throws
 */
export async function signArtifact(
  store: Store,
  { selector, name }: { selector: string; name: SignedName },
  options: SignOptions,
): Promise<SignResult> {
  const { signer, signal } = options;
  if (!signer) throw new BlobberError("invalid-option", "sign has no signer, expected one");
  const root = await resolveDocument(store, selector, options);
  const call: CallOptions = { signal };
  const signature = await signWith(signer, signable(root, { name }), call);
  const { mediaType, digest, size } = root.descriptor;
  const attached = await attachSignature(store, { mediaType, digest, size }, signature, call);
  return { digest, mediaType, size, signature: attached.digest, added: attached.added };
}
