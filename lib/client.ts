/**
 * The client: every verb, by reference or in a store that is open. It finds the stores and hands them to the
 * verb, with what the client was made with; nothing is decided here that a verb could decide.
 *
 * @module
 */

import { callOptions, checkDirectory, checkTagList, clientOptions } from "./doors/options.ts";
import type {
  ClientOptions,
  CopyOptions,
  CopyResult,
  OpenOptions,
  PullOptions,
  PullResult,
  PushOptions,
  PushResult,
  ReadOptions,
  SignOptions,
  SignResult,
  TagOptions,
  TreeDigestOptions,
  TreeDigestResult,
  VerifyOptions,
  VerifyResult,
} from "./options.ts";
import type { CallOptions, Source, SourceReference, Store, StoreReference } from "./store.ts";
import { type Named, readName, type Reference, selectorOf, signedName } from "./stores/named.ts";
import type { Descriptor } from "./types.ts";
import type { DigestOptions } from "./verbs/digest.ts";
import type { Image } from "./verbs/image.ts";
import type { ListResult } from "./verbs/list.ts";
import type { PushInput } from "./verbs/push.ts";
import { type Artifact, resolveArtifact, type ResolveOptions } from "./verbs/resolve.ts";
import { Session } from "./verbs/session.ts";

export type { DigestOptions } from "./verbs/digest.ts";
export type { ListResult } from "./verbs/list.ts";

/**
 * Pushes, pulls, reads, copies, signs and verifies artifacts in registries, OCI layouts and stores of the
 * caller's own. Its calls may run concurrently. Close it when it is not needed any more.
 */
export class Client implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #session: Session;

  /**
   * Makes a client. Nothing is connected or read before the first call.
   *
   * @param options credentials, connections, cache, signer and verifier, for all calls
   * @throws {BlobberError} `invalid-option` for an option that does not exist, or has a wrong value
   */
  constructor(options: ClientOptions = {}) {
    this.#options = clientOptions(options);
    this.#session = new Session(this.#options);
  }

  /**
   * Pushes a directory, a tar or entries. The tags are set last, after the signature.
   *
   * @param input what to push
   * @param ref where to; its tag is `latest` when it has none, also in a store that is open
   */
  async push(
    input: PushInput,
    ref: string | Reference | StoreReference,
    options: PushOptions = {},
  ): Promise<PushResult> {
    return await this.#session.runWithThreads(
      callOptions("push", options),
      async (options, threads) => {
        const named = readName(ref);
        const [{ push }, { tagsToPush }] = await Promise.all([
          import("./verbs/push.ts"),
          import("./verbs/tags.ts"),
        ]);
        const tags = tagsToPush(named, options.tags);
        return await push(await this.#session.stores.store(named, options), input, {
          ...options,
          tags,
          signer: options.signer ?? this.#options.signer,
          name: signedName(named, tags),
          threads: await threads,
          cacheDir: this.#options.cacheDir,
        });
      },
    );
  }

  /**
   * What a push of the same input with the same options would make, without sending anything.
   *
   * @param input what would be pushed
   */
  async digest(input: PushInput, options: DigestOptions = {}): Promise<PushResult> {
    return await this.#session.runWithThreads(
      callOptions("digest", options),
      async (options, threads) => {
        const { digestInput } = await import("./verbs/digest.ts");
        return await digestInput(input, { ...options, threads: await threads });
      },
    );
  }

  /**
   * The digest of a tree: of paths, kinds, permission bits, link targets and contents, whatever packed them.
   * What a reference names is computed from checked contents, and has to be what its manifest claims.
   *
   * @param what a reference, or what could be pushed
   * @throws {BlobberError} `integrity`, `invalid-archive` for devices and named pipes, …
   */
  async treeDigest(
    what: string | Reference | SourceReference | PushInput,
    options: TreeDigestOptions = {},
  ): Promise<TreeDigestResult> {
    return await this.#session.run(callOptions("treeDigest", options), async (options) => {
      const { isInput, treeOfArtifact, treeOfInput } = await import("./verbs/digest.ts");
      if (isInput(what)) return await treeOfInput(what, options);
      const { source, artifact } = await this.#resolve(what, options);
      const { manifest, proofs } = artifact;
      const found = await treeOfArtifact(source, manifest, options);
      return { ...found, digest: manifest.descriptor.digest, verdict: proofs[0]?.verdict };
    });
  }

  /**
   * Pulls an artifact into a directory.
   *
   * @param ref what to pull
   * @param dir where to; made when it does not exist
   */
  async pull(
    ref: string | Reference | SourceReference,
    dir: string,
    options: PullOptions = {},
  ): Promise<PullResult> {
    return await this.#session.runWithThreads(
      callOptions("pull", options),
      async (options, threads) => {
        checkDirectory(dir);
        const loading = import("./verbs/pull.ts"); // while the registry is asked
        loading.catch(() => {}); // the registry may fail first
        const { source, artifact } = await this.#resolve(ref, options);
        const { pull } = await loading;
        const result = await pull(source, artifact.manifest, dir, {
          ...options,
          threads: await threads,
          allowSharedDirectories: this.#options.allowSharedDirectories,
        });
        return { ...result, verdict: artifact.proofs[0]?.verdict };
      },
    );
  }

  /**
   * Opens an artifact to list and read files in it without downloading the rest.
   *
   * @param ref what to open
   */
  async openImage(
    ref: string | Reference | SourceReference,
    options: OpenOptions = {},
  ): Promise<Image> {
    const given = callOptions("openImage", options);
    const { onNotice, onProgress, signal } = given;
    const later = { onNotice, onProgress, signal: this.#session.lasting(signal) };
    return await this.#session.run(given, async (options) => {
      const loading = import("./verbs/image.ts"); // while the registry is asked
      loading.catch(() => {}); // the registry may fail first
      const { source, artifact } = await this.#resolve(ref, options);
      const { openImage } = await loading;
      const verdict = artifact.proofs[0]?.verdict;
      const settings = { ...options, verdict, later, onCall: this.#session.enter };
      return this.#session.give(await openImage(source, artifact.manifest, settings));
    }, (image) => image.close());
  }

  /**
   * Lists what is in an artifact. Its names come out of the cache where the same manifest was listed before, and
   * take a fraction of the time that its entries take, which are read when they are asked for.
   *
   * @param ref what to list
   */
  async list(
    ref: string | Reference | SourceReference,
    options: OpenOptions = {},
  ): Promise<ListResult> {
    const given = callOptions("list", options);
    return await this.#session.run(given, async (options) => {
      const loading = import("./verbs/list.ts"); // while the registry is asked
      loading.catch(() => {}); // the registry may fail first
      const { source, artifact } = await this.#resolve(ref, options);
      const { listEntries, Listing, listNames } = await loading;
      const { manifest } = artifact;
      return new Listing({
        digest: manifest.descriptor.digest,
        verdict: artifact.proofs[0]?.verdict,
        names: await listNames(source, manifest, options),
        entries: () =>
          this.#session.iterate(given, (options) => listEntries(source, manifest, options)),
      });
    });
  }

  /**
   * Copies an artifact, with its signatures and whatever else refers to it, between any two stores.
   *
   * @param from what to copy
   * @param to where to; its tag is the source's, else `latest`, when it has none
   */
  async copy(
    from: string | Reference | SourceReference,
    to: string | Reference | StoreReference,
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    return await this.#session.run(callOptions("copy", options), async (options) => {
      const [origin, given] = [readName(from), readName(to)];
      const { copyArtifact } = await import("./verbs/copy_artifact.ts");
      return await copyArtifact(
        { named: origin, store: await this.#session.stores.store(origin, options) },
        {
          named: given,
          store: await this.#session.stores.store(given, { signal: options.signal }),
        },
        { ...options, ...this.#settings(origin, options) },
      );
    });
  }

  /**
   * Signs what is already there.
   *
   * @param ref what to sign; with a digest it is certain what that is
   */
  async sign(
    ref: string | Reference | StoreReference,
    options: SignOptions = {},
  ): Promise<SignResult> {
    return await this.#session.run(callOptions("sign", options), async (options) => {
      const named = readName(ref);
      const { signArtifact } = await import("./verbs/sign.ts");
      const wanted = { selector: selectorOf(named), name: signedName(named) };
      const signer = options.signer ?? this.#options.signer;
      return await signArtifact(await this.#session.stores.store(named, options), wanted, {
        ...options,
        signer,
      });
    });
  }

  /**
   * Verifies an artifact and tells what was found. Use the digest in the result from then on.
   *
   * @param ref what to verify
   * @throws {BlobberError} `no-signature`, `signature-invalid`, `identity-mismatch`, `trust-root`, …
   */
  async verify(
    ref: string | Reference | SourceReference,
    options: VerifyOptions = {},
  ): Promise<VerifyResult> {
    return await this.#session.run(callOptions("verify", options), async (options) => {
      const named = readName(ref);
      const { verifyArtifact } = await import("./verbs/verify.ts");
      const settings = { ...this.#settings(named, options), whole: options.whole };
      const source = await this.#session.stores.source(named, options);
      return await verifyArtifact(source, selectorOf(named), settings);
    });
  }

  /**
   * Points further tags at an artifact.
   *
   * @param ref the artifact
   * @param tags the tags
   * @returns what they point at
   */
  async tag(
    ref: string | Reference | StoreReference,
    tags: string[],
    options: TagOptions = {},
  ): Promise<Descriptor> {
    return await this.#session.run(callOptions("tag", options), async (options) => {
      checkTagList(tags);
      const named = readName(ref);
      const { tagArtifact } = await import("./verbs/tags.ts");
      const store = await this.#session.stores.store(named, options);
      const settings = { ...this.#settings(named, options), ifAbsent: options.ifAbsent };
      return await tagArtifact(store, { selector: selectorOf(named), tags }, settings);
    });
  }

  /**
   * The tags of a repository or layout, without those that stand in for the referrers API.
   *
   * @param ref any reference into it
   */
  async *listTags(
    ref: string | Reference | SourceReference,
    options: CallOptions = {},
  ): AsyncIterable<string> {
    const store = async (options: CallOptions) =>
      await this.#session.stores.store(readName(ref), options);
    yield* this.#session.iterate(callOptions("listTags", options), async function* (options) {
      const { listTags } = await import("./verbs/tags.ts");
      yield* listTags(await store(options), options);
    });
  }

  /**
   * What a reference names, as the store says: its size and type are claims until the bytes were read.
   *
   * @param ref a reference
   */
  async resolve(
    ref: string | Reference | SourceReference,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    return await this.#session.run(callOptions("resolve", options), async (options) => {
      const named = readName(ref);
      const store = await this.#session.stores.store(named, options);
      return await store.resolve(selectorOf(named), options);
    });
  }

  /**
   * The store that a reference is in: the same one for all references into it. The client closes it, unless it
   * came from {@linkcode ClientOptions.open} or a {@linkcode StoreReference}.
   *
   * @param ref a reference; its tag and digest do not matter
   */
  async store(ref: string | Reference | StoreReference): Promise<Store> {
    return await this.#session.run(
      {},
      async (options) => await this.#session.stores.store(readName(ref), options),
    );
  }

  /**
   * Ends the client. Calls that are running stop and reject with `closed`, as later ones do; images and lists
   * that it gave out end; what it opened is closed when that has cleaned up. What `open` gave, and the store of
   * a {@linkcode StoreReference}, are their owner's. Safe to call twice.
   */
  async close(): Promise<void> {
    await this.#session.close();
  }

  /** As {@linkcode Client.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves once, and proves what it found where there is a verifier. */
  async #resolve(
    ref: string | Reference | SourceReference,
    options: ReadOptions,
  ): Promise<{ source: Source; artifact: Artifact }> {
    const named = readName(ref);
    const source = await this.#session.stores.source(named, options);
    const settings = this.#settings(named, options);
    return { source, artifact: await resolveArtifact(source, selectorOf(named), settings) };
  }

  #settings(named: Named<Source>, options: ReadOptions): ResolveOptions {
    const { expect, platform, onNotice, onProgress, signal } = options;
    const verifier = options.verifier ?? this.#options.verifier;
    const name = signedName(named);
    return { expect, platform, onNotice, onProgress, signal, verifier, name };
  }
}
