/**
 * The client: every verb, by reference. It finds the stores and hands them to the verb, with what the client
 * was made with; nothing is decided here that a verb could decide.
 *
 * @module
 */

import type {
  ClientOptions,
  CopyOptions,
  CopyResult,
  ListResult,
  OpenOptions,
  PullOptions,
  PullResult,
  PushOptions,
  PushResult,
  ReadOptions,
  SignOptions,
  SignResult,
  TagOptions,
  VerifyOptions,
  VerifyResult,
} from "./options.ts";
import {
  formatReference,
  nameOf,
  parseReference,
  type Reference,
  selectorOf,
  tagOf,
} from "./reference.ts";
import type { SignedName } from "./signing.ts";
import type { CallOptions, Source, Store } from "./store.ts";
import { OpenStores } from "./stores/open_stores.ts";
import type { Descriptor } from "./types.ts";
import type { DigestOptions } from "./verbs/digest.ts";
import type { Image } from "./verbs/image.ts";
import type { PushInput } from "./verbs/push.ts";
import { type Artifact, resolveArtifact, type ResolveOptions } from "./verbs/resolve.ts";

export type { DigestOptions } from "./verbs/digest.ts";

/** Pushes, pulls, reads, copies, signs and verifies artifacts in registries and OCI layouts. */
export class Client {
  readonly #options: ClientOptions;
  readonly #stores: OpenStores;

  /**
   * Makes a client. Nothing is connected or read before the first call.
   *
   * @param options credentials, connections, cache, signer and verifier, for all calls
   */
  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.#stores = new OpenStores(options);
  }

  /**
   * Pushes a directory, a tar or entries. The tags are set last, after the signature.
   *
   * @param input what to push
   * @param ref where to; its tag is `latest` when it has none
   */
  async push(
    input: PushInput,
    ref: string | Reference,
    options: PushOptions = {},
  ): Promise<PushResult> {
    const reference = referenceOf(ref);
    const [{ push }, { tagsToPush }] = await Promise.all([
      import("./verbs/push.ts"),
      import("./verbs/tags.ts"),
    ]);
    const tags = tagsToPush(reference, options.tags);
    return await push(await this.#stores.store(reference), input, {
      ...options,
      tags,
      signer: options.signer ?? this.#options.signer,
      name: signedName(reference, tags),
      jobs: this.#options.jobs,
      cacheDir: this.#options.cacheDir,
    });
  }

  /**
   * What a push of the same input with the same options would make, without sending anything.
   *
   * @param input what would be pushed
   */
  async digest(input: PushInput, options: DigestOptions = {}): Promise<PushResult> {
    const { digestInput } = await import("./verbs/digest.ts");
    return await digestInput(input, { ...options, jobs: this.#options.jobs });
  }

  /**
   * Pulls an artifact into a directory.
   *
   * @param ref what to pull
   * @param dir where to; made when it does not exist
   */
  async pull(
    ref: string | Reference,
    dir: string,
    options: PullOptions = {},
  ): Promise<PullResult> {
    const loading = import("./verbs/pull.ts"); // while the registry is asked
    const { source, artifact } = await this.#resolve(ref, options);
    const { pull } = await loading;
    const result = await pull(source, artifact.manifest, dir, {
      ...options,
      jobs: this.#options.jobs,
      allowSharedDirectories: this.#options.allowSharedDirectories,
    });
    return { ...result, verdict: artifact.proofs[0]?.verdict };
  }

  /**
   * Opens an artifact to list and read files in it without downloading the rest.
   *
   * @param ref what to open
   */
  async openImage(ref: string | Reference, options: OpenOptions = {}): Promise<Image> {
    const loading = import("./verbs/image.ts"); // while the registry is asked
    const { source, artifact } = await this.#resolve(ref, options);
    const { openImage } = await loading;
    const verdict = artifact.proofs[0]?.verdict;
    return await openImage(source, artifact.manifest, { ...options, verdict });
  }

  /**
   * Lists the names in an artifact: as {@linkcode openImage} and its `paths`, but what the cache noted when
   * the same manifest was listed before is not read again.
   *
   * @param ref what to list
   */
  async list(ref: string | Reference, options: OpenOptions = {}): Promise<ListResult> {
    const loading = import("./verbs/list.ts"); // while the registry is asked
    const { source, artifact } = await this.#resolve(ref, options);
    const { listNames } = await loading;
    const names = await listNames(source, artifact.manifest, options);
    const { digest } = artifact.manifest.descriptor;
    return { digest, ...names, verdict: artifact.proofs[0]?.verdict };
  }

  /**
   * Copies an artifact, with its signatures and whatever else refers to it, between any two stores.
   *
   * @param from what to copy
   * @param to where to; its tag is the source's, else `latest`, when it has none
   */
  async copy(
    from: string | Reference,
    to: string | Reference,
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    const [origin, given] = [referenceOf(from), referenceOf(to)];
    const { copyArtifact } = await import("./verbs/copy_artifact.ts");
    return await copyArtifact(
      { reference: origin, store: await this.#stores.store(origin, options.layoutPath) },
      { reference: given, store: await this.#stores.store(given) },
      { ...options, ...this.#settings(origin, options) },
    );
  }

  /**
   * Signs what is already there.
   *
   * @param ref what to sign; with a digest it is certain what that is
   */
  async sign(ref: string | Reference, options: SignOptions = {}): Promise<SignResult> {
    const reference = referenceOf(ref);
    const { signArtifact } = await import("./verbs/sign.ts");
    const wanted = { selector: selectorOf(reference), name: signedName(reference) };
    const signer = options.signer ?? this.#options.signer;
    return await signArtifact(await this.#stores.store(reference), wanted, { ...options, signer });
  }

  /**
   * Verifies an artifact and tells what was found. Use the digest in the result from then on.
   *
   * @param ref what to verify
   * @throws {BlobberError} `no-signature`, `signature-invalid`, `identity-mismatch`, `trust-root`, …
   */
  async verify(ref: string | Reference, options: VerifyOptions = {}): Promise<VerifyResult> {
    const reference = referenceOf(ref);
    const { verifyArtifact } = await import("./verbs/verify.ts");
    const settings = { ...this.#settings(reference, options), whole: options.whole };
    const source = await this.#stores.source(reference, options);
    return await verifyArtifact(source, selectorOf(reference), settings);
  }

  /**
   * Points further tags at an artifact.
   *
   * @param ref the artifact
   * @param tags the tags
   * @returns what they point at
   */
  async tag(
    ref: string | Reference,
    tags: string[],
    options: TagOptions = {},
  ): Promise<Descriptor> {
    const reference = referenceOf(ref);
    const { tagArtifact } = await import("./verbs/tags.ts");
    const store = await this.#stores.store(reference, options.layoutPath);
    const settings = { ...this.#settings(reference, options), ifAbsent: options.ifAbsent };
    return await tagArtifact(store, { selector: selectorOf(reference), tags }, settings);
  }

  /**
   * The tags of a repository or layout, without those that stand in for the referrers API.
   *
   * @param ref any reference into it
   */
  async *listTags(ref: string | Reference, options: CallOptions = {}): AsyncIterable<string> {
    const { listTags } = await import("./verbs/tags.ts");
    yield* listTags(await this.store(ref), options);
  }

  /**
   * What a reference names, as the store says: its size and type are claims until the bytes were read.
   *
   * @param ref a reference
   */
  async resolve(ref: string | Reference, options: CallOptions = {}): Promise<Descriptor> {
    const reference = referenceOf(ref);
    return await (await this.#stores.store(reference)).resolve(selectorOf(reference), options);
  }

  /**
   * The store that a reference is in. One connection serves all references into the same store.
   *
   * @param ref a reference
   */
  async store(ref: string | Reference): Promise<Store> {
    return await this.#stores.store(referenceOf(ref));
  }

  /** Resolves once, and proves what it found where there is a verifier. */
  async #resolve(
    ref: string | Reference,
    options: ReadOptions,
  ): Promise<{ source: Source; artifact: Artifact }> {
    const reference = referenceOf(ref);
    const source = await this.#stores.source(reference, options);
    const settings = this.#settings(reference, options);
    return { source, artifact: await resolveArtifact(source, selectorOf(reference), settings) };
  }

  #settings(reference: Reference, options: ReadOptions): ResolveOptions {
    const { expect, platform, onNotice, onProgress, signal } = options;
    const verifier = options.verifier ?? this.#options.verifier;
    const name = signedName(reference);
    return { expect, platform, onNotice, onProgress, signal, verifier, name };
  }
}

/** A reference that a caller without types made by hand has its names made canonical too. */
function referenceOf(ref: string | Reference): Reference {
  if (typeof ref === "string") return parseReference(ref);
  return ref.kind === "layout" ? ref : parseReference(formatReference(ref));
}

/** The name that is signed, or asked for: with the tags given, else with the reference's own. */
function signedName(reference: Reference, tags?: readonly string[]): SignedName {
  const tag = tagOf(reference);
  return {
    ...(reference.kind === "registry" && { repository: nameOf(reference) }),
    tags: tags ?? (tag === undefined ? [] : [tag]),
  };
}
