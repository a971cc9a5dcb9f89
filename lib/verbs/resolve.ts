/**
 * From a reference to a manifest that may be used. The steps stand in the order that makes them worth
 * something: the reference is resolved once, the bytes are checked, the signature is verified, and only
 * then is anything else looked at, by digest.
 *
 * @module
 */

import { asDigest, isDigest } from "../digest.ts";
import { BlobberError, checkAborted } from "../errors.ts";
import { notify } from "../events.ts";
import { isIndex, readDocument } from "../artifact/manifest.ts";
import type { AcceptedVerdict } from "../doors/verdict.ts";
import type { CheckedVerifier } from "../doors/verifier.ts";
import type { ReadOptions } from "../options.ts";
import type { Proof, Rejected } from "../results.ts";
import type { Signable, SignedName, VerifiedDescriptor, VerifiedDigest } from "../signing.ts";
import type { CallOptions, Source } from "../store.ts";
import type { Descriptor, Document, Index, Manifest } from "../types.ts";

/** Options of {@linkcode resolveArtifact}. */
export interface ResolveOptions extends ReadOptions {
  /** The name under which the artifact is asked for, which a signature may have to state. */
  name?: SignedName | undefined;
  /** Whether all of an index must be proven, and not the manifest that is chosen from it. @default false */
  whole?: boolean | undefined;
}

/** A proof whose verdict was looked at. */
export interface AcceptedProof extends Proof {
  verdict: AcceptedVerdict;
}

/** A resolved artifact. */
export interface Artifact {
  /** What the reference names. */
  root: Document<Manifest | Index>;
  /** The manifest to use: `root`, or the one chosen from it. */
  manifest: Document<Manifest>;
  /** What signatures proved, one for each verifier. */
  proofs: AcceptedProof[];
  /** What all proofs cover: `root`, or only `manifest`. Nothing where there is no verifier. */
  proven?: VerifiedDescriptor | undefined;
}

/**
 * Resolves a tag or digest to a manifest, once, and proves it.
 *
 * @param source where it is
 * @param selector tag or digest
 * @throws {BlobberError} `not-found`, `integrity`, `invalid-manifest`, and what verification says
 */
export async function resolveArtifact(
  source: Source,
  selector: string,
  options: ResolveOptions = {},
): Promise<Artifact> {
  const root = await resolveDocument(source, selector, options);
  const { manifest, ...found } = await prove(source, root, options);
  return { root, manifest: manifest ?? await choose(source, root, options), ...found };
}

/**
 * As {@linkcode resolveArtifact} for what is used whole, an index with all its manifests: only a signature
 * on the root proves that.
 */
export async function resolveRoot(
  source: Source,
  selector: string,
  options: ResolveOptions = {},
): Promise<Omit<Artifact, "manifest">> {
  const root = await resolveDocument(source, selector, options);
  const { proofs, proven } = await prove(source, root, { ...options, whole: true });
  return { root, proofs, proven };
}

/**
 * Proves a document to every verifier, by a signature on it or, when it is an index, on the manifest
 * chosen from it.
 *
 * @param source where it is
 * @param root checked bytes
 * @returns a proof for each verifier, what all of them cover, and the manifest when only that is signed
 */
export async function prove(
  source: Source,
  root: Document<Manifest | Index>,
  options: ResolveOptions,
): Promise<Pick<Artifact, "proofs" | "proven"> & { manifest?: Document<Manifest> }> {
  if (options.verifier === undefined) return { proofs: [] };
  const { checkedVerifiers } = await import("../doors/verifier.ts");
  const proofs: AcceptedProof[] = [];
  let chosen: Document<Manifest> | undefined;
  for (const verifier of checkedVerifiers(options.verifier)) {
    const { proof, manifest } = await proveTo(verifier, source, root, options);
    proofs.push(proof);
    chosen ??= manifest;
  }
  // One verifier may know a signature on the index, and another none but on the manifest.
  const { mediaType, digest, size } = (chosen ?? root).descriptor;
  const proven = { mediaType, digest: digest as VerifiedDigest, size };
  return { proofs, proven, ...(chosen && { manifest: chosen }) };
}

async function proveTo(
  verifier: CheckedVerifier,
  source: Source,
  root: Document<Manifest | Index>,
  options: ResolveOptions,
): Promise<{ proof: AcceptedProof; manifest?: Document<Manifest> }> {
  const { judgeSignatures } = await import("../signatures/find_signatures.ts");
  const { signatureRefusal } = await import("../signatures/refusal.ts");
  const call: CallOptions = { signal: options.signal };
  const first = await judgeSignatures(source, signable(root, options), verifier, call);
  if (first.accepted) return { proof: proofOf("root", first.accepted, first.rejected) };
  if (!isIndex(root) || options.whole) throw signatureRefusal([first]);
  const manifest = await choose(source, root, options).catch((cause) => {
    checkAborted(options.signal);
    // What is wrong with an unproven index matters less than that it is unproven.
    const { code, message, advice } = signatureRefusal([first]);
    throw new BlobberError(code, message, { cause, ...advice });
  });
  const second = await judgeSignatures(source, signable(manifest, options), verifier, call);
  if (!second.accepted) throw signatureRefusal([first, second]);
  notify(options, {
    level: "info",
    code: "unsigned-index",
    message:
      `index ${root.descriptor.digest} is not signed, its manifest ${manifest.descriptor.digest} is`,
  });
  const rejected = [...first.rejected, ...second.rejected];
  return { proof: proofOf("manifest", second.accepted, rejected), manifest };
}

function proofOf(
  signed: Proof["signed"],
  accepted: { verdict: AcceptedVerdict; descriptor: Descriptor },
  rejected: Rejected[],
): AcceptedProof {
  return { verdict: accepted.verdict, signed, signature: accepted.descriptor, rejected };
}

/**
 * Resolves a tag or digest to what it names, without looking further: checked bytes, checked document.
 *
 * @param source where it is
 * @param selector tag or digest
 */
export async function resolveDocument(
  source: Source,
  selector: string,
  options: Pick<ReadOptions, "expect" | "signal"> = {},
): Promise<Document<Manifest | Index>> {
  const call: CallOptions = { signal: options.signal };
  const { mediaType, digest, size } = await source.resolve(selector, call);
  asDigest(digest, `digest of ${source.name}`);
  if (isDigest(selector) && digest !== selector) {
    throw new BlobberError("integrity", `${source.name} has ${digest}, expected ${selector}`);
  }
  if (options.expect !== undefined && digest !== options.expect) {
    throw new BlobberError(
      "integrity",
      `${source.name}:${selector} is ${digest}, expected ${options.expect}`,
      { hint: "the tag was moved since that digest was noted, or names something else" },
    );
  }
  return await readDocument(source, { mediaType, digest, size }, call);
}

async function choose(
  source: Source,
  root: Document<Manifest | Index>,
  options: ResolveOptions,
): Promise<Document<Manifest>> {
  const call: CallOptions = { signal: options.signal };
  let document = root;
  if (isIndex(root)) {
    const { choosePlatform } = await import("../artifact/platform.ts");
    const chosen = await choosePlatform(source, root, options.platform, call);
    document = await readDocument(source, chosen, call);
  }
  const { digest } = document.descriptor;
  if (isIndex(document) || !("layers" in document.value)) {
    throw new BlobberError("invalid-manifest", `${digest} is an index, expected a manifest`);
  }
  if (document.value.layers.length === 0) {
    throw new BlobberError("invalid-manifest", `manifest ${digest} has no layers`);
  }
  if (options.platform !== undefined && document === root) {
    const { checkPlatform } = await import("../artifact/platform.ts");
    await checkPlatform(source, document as Document<Manifest>, options.platform, call);
  }
  return document as Document<Manifest>;
}

/**
 * A document as signers and verifiers see it.
 *
 * @param document checked
 * @param options the name under which it is asked for
 */
export function signable(
  document: Document<Manifest | Index>,
  options: { name?: SignedName | undefined } = {},
): Signable {
  const { mediaType, digest, size } = document.descriptor;
  return { mediaType, digest, size, bytes: document.bytes, name: options.name };
}
