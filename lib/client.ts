/**
 * The client: every verb, by reference. It finds the store, proves the artifact where a verifier was
 * given, and hands both to the verb; nothing is decided here that a verb could decide.
 *
 * @module
 */

import {
  type Artifact,
  prove,
  resolveArtifact,
  resolveDocument,
  type ResolveOptions,
  resolveRoot,
  signable,
} from "./verbs/resolve.ts";
import type { Entry } from "./archive/entry.ts";
import { BlobberError } from "./errors.ts";
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
  checkTag,
  formatReference,
  nameOf,
  parseReference,
  type Reference,
  selectorOf,
  storeName,
  tagOf,
} from "./reference.ts";
import { quote } from "./printable.ts";
import type { SignedName } from "./signing.ts";
import type { CallOptions, Source, Store } from "./store.ts";
import type { Descriptor } from "./types.ts";
import type { Image } from "./verbs/image.ts";
import type { PushInput } from "./verbs/push.ts";

/** Options of `digest`. */
export interface DigestOptions extends PushOptions {
  /** Called with each entry, in the order of the archive. Must not throw. */
  onEntry?: ((entry: Entry) => void) | undefined;
}

/** Pushes, pulls, reads, copies, signs and verifies artifacts in registries and OCI layouts. */
export class Client {
  readonly #options: ClientOptions;
  readonly #stores = new Map<string, Promise<Store>>();

  /**
   * Makes a client. Nothing is connected or read before the first call.
   *
   * @param options credentials, connections, cache, signer and verifier, for all calls
   */
  constructor(options: ClientOptions = {}) {
    this.#options = options;
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
    const reference = this.#target(ref);
    const { push } = await import("./verbs/push.ts");
    const tags = tagsOf(reference, options.tags);
    return await push(await this.store(reference), input, {
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
    const { push } = await import("./verbs/push.ts");
    const { DiscardStore } = await import("./stores/discard_store.ts");
    const { onProgress } = options;
    return await push(new DiscardStore(), input, {
      ...options,
      // What is packed goes nowhere.
      onProgress: onProgress && ((step) => void (step.phase !== "upload" && onProgress(step))),
      tags: [],
      signer: undefined,
      jobs: this.#options.jobs,
    });
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
    const image = await openImage(source, artifact.manifest, options);
    image.verdict = artifact.proofs[0]?.verdict;
    return image;
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
    const origin = parse(from);
    const given = parse(to);
    const source = await this.#store(origin, options.layoutPath);
    const selector = selectorOf(origin);
    const settings = this.#settings(origin, options);
    // All of an index is copied only where all of it is proven.
    const { root, proofs } = options.platform === undefined
      ? await resolveRoot(source, selector, settings)
      : await resolveArtifact(source, selector, settings)
        .then(({ manifest, proofs }) => ({ root: manifest, proofs }));
    if (given.digest !== undefined && given.digest !== root.descriptor.digest) {
      throw new BlobberError(
        "integrity",
        `${formatReference(origin)} is ${root.descriptor.digest}, expected ${given.digest}`,
      );
    }
    const tag = given.tag ?? (given.digest ? undefined : origin.tag ?? "latest");
    const tags = [...new Set([...(tag ? [tag] : []), ...checkTags(options.tags)])];
    const { copy } = await import("./verbs/copy.ts");
    const result = await copy(source, await this.store(given), root, { ...options, tags });
    return { ...result, verdict: proofs[0]?.verdict };
  }

  /**
   * Signs what is already there.
   *
   * @param ref what to sign; with a digest it is certain what that is
   */
  async sign(ref: string | Reference, options: SignOptions = {}): Promise<SignResult> {
    const reference = parse(ref);
    const signer = options.signer ?? this.#options.signer;
    if (!signer) throw new BlobberError("invalid-option", "sign has no signer, expected one");
    const store = await this.store(reference);
    const root = await resolveDocument(store, selectorOf(reference), options);
    const call: CallOptions = { signal: options.signal };
    const name = signedName(reference);
    const signature = await signer.sign(signable(root, { name }), call);
    const { mediaType, digest, size } = root.descriptor;
    const { attachSignature } = await import("./verbs/attach_signature.ts");
    const attached = await attachSignature(store, { mediaType, digest, size }, signature, call);
    return { digest, mediaType, size, signature: attached.digest, added: attached.added };
  }

  /**
   * Verifies an artifact and says what was found. Whoever goes on to use it uses the digest in the result.
   *
   * @param ref what to verify
   * @throws {BlobberError} `no-signature`, `signature-invalid`, `identity-mismatch`, `trust-root`, …
   */
  async verify(ref: string | Reference, options: VerifyOptions = {}): Promise<VerifyResult> {
    const reference = parse(ref);
    const settings = this.#settings(reference, options);
    const { verifier } = settings;
    if (verifier === undefined || "length" in verifier && verifier.length === 0) {
      throw new BlobberError("invalid-option", "verify has no verifier, expected one");
    }
    const source = await this.#source(reference, options);
    const root = await resolveDocument(source, selectorOf(reference), options);
    const { whole } = options;
    const { proofs, proven, manifest } = await prove(source, root, { ...settings, whole });
    const signed = manifest === undefined ? "root" : "manifest";
    // The proof that is told in full is one of what is proven to all verifiers.
    const proof = proofs.find((one) => one.signed === signed)!;
    return { ...proof, descriptor: proven!, named: root.descriptor, proofs };
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
    const reference = parse(ref);
    checkTags(tags);
    const store = await this.#store(reference, options.layoutPath);
    const settings = this.#settings(reference, options);
    const { root } = await resolveRoot(store, selectorOf(reference), settings);
    const { mediaType, digest, size } = root.descriptor;
    for (const tag of tags) {
      await store.tag(tag, { mediaType, digest, size }, {
        signal: options.signal,
        ifAbsent: options.ifAbsent,
      });
    }
    return { mediaType, digest, size };
  }

  /**
   * The tags of a repository or layout, without those that stand in for the referrers API.
   *
   * @param ref any reference into it
   */
  async *listTags(ref: string | Reference, options: CallOptions = {}): AsyncIterable<string> {
    const { isFallbackTag } = await import("./artifact/fallback_tag.ts");
    for await (const tag of (await this.store(ref)).tags(options)) {
      if (!isFallbackTag(tag)) yield tag;
    }
  }

  /**
   * What a reference names, as the store says: its size and type are claims until the bytes were read.
   *
   * @param ref a reference
   */
  async resolve(ref: string | Reference, options: CallOptions = {}): Promise<Descriptor> {
    const reference = parse(ref);
    return await (await this.store(reference)).resolve(selectorOf(reference), options);
  }

  /**
   * The store that a reference is in. One connection serves all references into the same store.
   *
   * @param ref a reference
   */
  async store(ref: string | Reference): Promise<Store> {
    return await this.#store(parse(ref));
  }

  /** @param layoutPath as in the options of reading */
  async #store(reference: Reference, layoutPath?: string): Promise<Store> {
    const key = [storeName(reference), layoutPath].join("\0");
    let store = this.#stores.get(key);
    if (!store) {
      store = this.#open(reference, layoutPath);
      this.#stores.set(key, store);
      store.catch(() => this.#stores.delete(key));
    }
    return await store;
  }

  /** Where a reference is read from: its store, with the cache in front of it where that saves the network. */
  async #source(reference: Reference, options: ReadOptions): Promise<Source> {
    const { cacheDir, cacheTtl } = this.#options;
    if (reference.kind === "layout" || cacheDir === undefined) {
      return await this.#store(reference, options.layoutPath);
    }
    const [store, { withCache }] = await Promise.all([
      this.store(reference),
      import("./stores/cache/cached_source.ts"),
    ]);
    const verifying = (options.verifier ?? this.#options.verifier) !== undefined;
    return withCache(store, cacheDir, { ...options, ttl: cacheTtl, verifying });
  }

  async #open(reference: Reference, layoutPath: string | undefined): Promise<Store> {
    if (reference.kind === "layout") {
      const { openLayout } = await import("./stores/layout/layout_store.ts");
      return openLayout(reference, {
        allowShared: this.#options.allowSharedDirectories,
        real: layoutPath,
      });
    }
    const { openRegistry } = await import("./stores/registry_store.ts");
    return openRegistry(reference, this.#options);
  }

  /** Resolves once, and proves what it found where there is a verifier. */
  async #resolve(
    ref: string | Reference,
    options: ReadOptions,
  ): Promise<{ source: Source; artifact: Artifact }> {
    const reference = parse(ref);
    const source = await this.#source(reference, options);
    const settings = this.#settings(reference, options);
    return { source, artifact: await resolveArtifact(source, selectorOf(reference), settings) };
  }

  #settings(reference: Reference, options: ReadOptions): ResolveOptions {
    const { expect, platform, onNotice, onProgress, signal } = options;
    const verifier = options.verifier ?? this.#options.verifier;
    const name = signedName(reference);
    return { expect, platform, onNotice, onProgress, signal, verifier, name };
  }

  #target(ref: string | Reference): Reference {
    const reference = parse(ref);
    if (reference.digest === undefined) return reference;
    throw new BlobberError(
      "invalid-reference",
      `invalid reference: ${quote(formatReference(reference))}: a push makes its digest, ` +
        "expected a tag or none",
    );
  }
}

/** A reference that a caller without types made by hand has its names made canonical too. */
function parse(ref: string | Reference): Reference {
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

function tagsOf(reference: Reference, further: string[] | undefined): string[] {
  return [...new Set([tagOf(reference)!, ...checkTags(further)])];
}

function checkTags(tags: string[] = []): string[] {
  for (const tag of tags) checkTag(tag);
  return tags;
}
