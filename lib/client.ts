/**
 * The client: every verb, by reference or in a store that is open. A method checks its options, and runs its
 * call as one of the client's; `calls/` finds the stores and hands them to the verb.
 *
 * @module
 */

import type { InspectOptions, InspectResult, RawOptions, RawPart } from "./calls/describe.ts";
import type { RawResult, TreeOptions, TreeResult } from "./calls/describe.ts";
import type { Diff, DiffInput } from "./calls/diff.ts";
import type { Readable, Removable, Writable } from "./calls/named_artifact.ts";
import type { DigestOptions, PushInput, PushMade } from "./calls/push.ts";
import type { Image, ListResult } from "./calls/read.ts";
import {
  callOptions,
  clientOptions,
  diffOptions,
  settledOptions,
  type VerbName,
} from "./doors/options.ts";
import type { Observer } from "./events.ts";
import type {
  CheckOptions,
  ClientOptions,
  CopyAllOptions,
  CopyFrom,
  CopyOptions,
  DiffOptions,
  OpenOptions,
  PullOptions,
  PullTarOptions,
  PushOptions,
  ReadOptions,
  RemoveOptions,
  RepositoriesOptions,
  SignOptions,
  TagListOptions,
  TagOptions,
  TreeDigestOptions,
  VerifyOptions,
} from "./options.ts";
import type { CheckResult, CopyOutcome, CopyResult, PullResult } from "./results.ts";
import type { RemoveResult, SignResult, TreeDigestResult, VerifyResult } from "./results.ts";
import type { CallOptions, Store } from "./store.ts";
import type { Descriptor } from "./types.ts";
import { Session } from "./verbs/session.ts";

/**
 * Pushes, pulls, reads, copies, signs and verifies artifacts in registries, OCI layouts and stores of the
 * caller's own. Its calls may run concurrently. Close it when it is not needed any more.
 */
export class Client implements AsyncDisposable {
  readonly #session: Session;

  /**
   * Makes a client. Nothing is connected or read before the first call.
   *
   * @param options credentials, connections, cache, signer and verifier, for all calls
   * @throws {BlobberError} `invalid-option` for an option that does not exist, or has a wrong value
   */
  constructor(options: ClientOptions = {}) {
    this.#session = new Session(clientOptions(options));
  }

  /**
   * Pushes a directory, a tar or entries as one layer, or files as layers of their own. Tags are set last.
   *
   * @param input what to push
   * @param ref where to; its tag is `latest` when it has none, also in a store that is open
   */
  async push<I extends PushInput>(
    input: I,
    ref: Writable,
    options: PushOptions = {},
  ): Promise<PushMade<I>> {
    const given = callOptions("push", options);
    return await this.#session.runWithThreads(given, async (options, threads) => {
      const { pushTo } = await import("./calls/push.ts");
      return await pushTo(this.#session, input, ref, { options, threads });
    });
  }

  /**
   * What a push of the same input with the same options would make, without sending anything.
   *
   * @param input what would be pushed
   */
  async digest<I extends PushInput>(input: I, options: DigestOptions = {}): Promise<PushMade<I>> {
    const given = callOptions("digest", options);
    return await this.#session.runWithThreads(given, async (options, threads) => {
      const { digestOnly } = await import("./calls/push.ts");
      return await digestOnly(this.#session, input, { options, threads });
    });
  }

  /**
   * The digest of a tree: of paths, kinds, permission bits, link targets and contents, whatever packed them.
   * What a reference names is computed from checked contents, and has to be what its manifest claims.
   *
   * @param what a reference, or what could be pushed
   * @throws {BlobberError} `integrity`, `invalid-archive` for devices and named pipes, …
   */
  async treeDigest(
    what: Readable | PushInput,
    options: TreeDigestOptions = {},
  ): Promise<TreeDigestResult> {
    return await this.#run("treeDigest", options, async (options) => {
      const { treeDigestOf } = await import("./calls/read.ts");
      return await treeDigestOf(this.#session, what, options);
    });
  }

  /**
   * Pulls an artifact, or a part of it, into a directory.
   *
   * @param ref what to pull
   * @param dir where to; made when it does not exist
   */
  pull(ref: Readable, dir: string, options?: PullOptions): Promise<PullResult>;
  /**
   * Pulls an artifact, or a part of it, into a stream, as a tar. Every byte was checked before it is written. The
   * stream is closed when all is in it, and aborted with the error when the call fails.
   *
   * @param ref what to pull
   * @param stream where to; locked until the call ends
   */
  pull(
    ref: Readable,
    stream: WritableStream<Uint8Array>,
    options: PullTarOptions,
  ): Promise<PullResult>;
  async pull(
    ref: Readable,
    to: string | WritableStream<Uint8Array>,
    options: PullOptions | PullTarOptions = {},
  ): Promise<PullResult> {
    const given = settledOptions("pull", options);
    if (typeof to === "object" && to !== null && "getWriter" in to) {
      const { pullToStream } = await this.#session.load(() => import("./calls/pull.ts"));
      return await pullToStream(this.#session, ref, to, given);
    }
    return await this.#session.runWithThreads(given(), async (options, threads) => {
      const { pullNamed } = await import("./calls/pull.ts");
      return await pullNamed(this.#session, ref, to, { options, threads });
    });
  }

  /**
   * Compares a directory with an artifact, by content: what is missing, differs or is there in excess.
   *
   * @param dir the directory; nothing in it is changed unless `repair` is set
   * @param ref the artifact; it may be left out where there is a receipt
   */
  async check(dir: string, ref?: Readable, options: CheckOptions = {}): Promise<CheckResult> {
    const given = callOptions("check", options);
    return await this.#session.runWithThreads(given, async (options, threads) => {
      const { checkNamed } = await import("./calls/pull.ts");
      return await checkNamed(this.#session, dir, ref, { options, threads });
    });
  }

  /**
   * Opens an artifact to list and read files in it without downloading the rest.
   *
   * @param ref what to open
   */
  async openImage(ref: Readable, options: OpenOptions = {}): Promise<Image> {
    const given = callOptions("openImage", options);
    return await this.#session.run(given, async (options) => {
      const { openNamed } = await import("./calls/read.ts");
      return await openNamed(this.#session, ref, options, given);
    }, (image) => image.close());
  }

  /**
   * Lists what is in an artifact. Its names come out of the cache where the same manifest was listed before, and
   * take a fraction of the time that its entries take, which are read when they are asked for.
   *
   * @param ref what to list
   */
  async list(ref: Readable, options: OpenOptions = {}): Promise<ListResult> {
    const given = callOptions("list", options);
    return await this.#session.run(given, async (options) => {
      const { listNamed } = await import("./calls/read.ts");
      return await listNamed(this.#session, ref, options, given);
    });
  }

  /**
   * What is not the same in two trees, which their tables tell. Contents are fetched of files that two tables cut
   * into different chunks, and of layers without a table. Times and owners do not count.
   *
   * @param before a reference, or a directory as `push` takes it, and so is `after`
   * @returns the changes; files of both sides can be read from it until it is closed
   */
  async diff(before: DiffInput, after: DiffInput, options: DiffOptions = {}): Promise<Diff> {
    const given = diffOptions(options);
    return await this.#session.run(given, async (options) => {
      const { diffNamed } = await import("./calls/diff.ts");
      return await diffNamed(this.#session, { before, after }, options, given);
    }, (diff) => diff.close());
  }

  /**
   * Copies an artifact, with its signatures and whatever else refers to it, between any two stores.
   *
   * @param from what to copy
   * @param to where to; its tag is the source's, else `latest`, when it has none
   */
  async copy(from: Readable, to: Writable, options: CopyOptions = {}): Promise<CopyResult> {
    return await this.#run("copy", options, async (options) => {
      const { copyNamed } = await import("./calls/copy.ts");
      return await copyNamed(this.#session, from, to, options);
    });
  }

  /**
   * Copies several artifacts into one repository or layout. Each keeps its tag; one that its digest alone names
   * gets none. All are verified before the first is copied, and one that fails keeps no other back.
   *
   * @param from what to copy; `tagsOf` names a repository or layout, and everything in it that has a tag
   * @param to where to; without tag and digest
   */
  async *copyAll(
    from: readonly (Readable | CopyFrom)[] | { tagsOf: Readable },
    to: Writable,
    options: CopyAllOptions = {},
  ): AsyncIterable<CopyOutcome> {
    const given = callOptions("copyAll", options);
    const copyEach = await (await import("./calls/copy.ts")).loadCopyEach();
    yield* this.#session.iterate(given, (options) => copyEach(this.#session, from, to, options));
  }

  /**
   * Signs what is already there.
   *
   * @param ref what to sign; with a digest it is certain what that is
   */
  async sign(ref: Writable, options: SignOptions = {}): Promise<SignResult> {
    return await this.#run("sign", options, async (options) => {
      const { signNamed } = await import("./calls/change.ts");
      return await signNamed(this.#session, ref, options);
    });
  }

  /**
   * Verifies an artifact and tells what was found. Use the digest in the result from then on.
   *
   * @param ref what to verify
   * @throws {BlobberError} `no-signature`, `signature-invalid`, `identity-mismatch`, `trust-root`, …
   */
  async verify(ref: Readable, options: VerifyOptions = {}): Promise<VerifyResult> {
    return await this.#run("verify", options, async (options) => {
      const { verifyNamed } = await import("./calls/look.ts");
      return await verifyNamed(this.#session, ref, options);
    });
  }

  /**
   * Describes an artifact without downloading what is in it: what it says it is, its layers and files, and who
   * signed it where there is a verifier. An index is described itself unless a platform is asked for.
   *
   * @param ref what to describe
   */
  async inspect(ref: Readable, options: InspectOptions = {}): Promise<InspectResult> {
    return await this.#run("inspect", options, async (options) => {
      const { inspectNamed } = await import("./calls/describe.ts");
      return await inspectNamed(this.#session, ref, options);
    });
  }

  /**
   * An artifact and all that refers to it: signatures, attestations, bills of materials, and what refers to those.
   *
   * @param ref where to begin
   */
  async tree(ref: Readable, options: TreeOptions = {}): Promise<TreeResult> {
    return await this.#run("tree", options, async (options) => {
      const { treeNamed } = await import("./calls/describe.ts");
      return await treeNamed(this.#session, ref, options);
    });
  }

  /**
   * The bytes of a manifest, a config or a table of contents as they are stored, checked.
   *
   * @param ref the artifact
   * @param part which of its parts
   * @throws {BlobberError} `not-found` where the artifact has no such part
   */
  async raw(ref: Readable, part: RawPart, options: RawOptions = {}): Promise<RawResult> {
    return await this.#run("raw", options, async (options) => {
      const { rawOf } = await import("./calls/describe.ts");
      return await rawOf(this.#session, ref, part, options);
    });
  }

  /**
   * Points further tags at an artifact.
   *
   * @param ref the artifact
   * @param tags the tags
   * @returns what they point at
   */
  async tag(ref: Writable, tags: string[], options: TagOptions = {}): Promise<Descriptor> {
    return await this.#run("tag", options, async (options) => {
      const { tagNamed } = await import("./calls/change.ts");
      return await tagNamed(this.#session, ref, tags, options);
    });
  }

  /**
   * Removes tags, and artifacts with all that refers to them. A tag goes alone; what it named goes too when nothing
   * else names it, and the store can tell. A digest takes its tags and referrers along. No signature is asked for.
   *
   * @param refs what to remove: each with a tag, a digest, or both, and all in one repository or layout
   * @throws {BlobberError} `not-found`, `conflict`; `registry` and `denied` where the registry removes nothing
   */
  async remove(refs: Removable, options: RemoveOptions = {}): Promise<RemoveResult> {
    return await this.#run("remove", options, async (options) => {
      const { removeNamed } = await import("./calls/change.ts");
      return await removeNamed(this.#session, refs, options);
    });
  }

  /** The tags of a repository or layout, without those that stand in for the referrers API. */
  async *listTags(ref: Readable, options: CallOptions = {}): AsyncIterable<string> {
    const session = this.#session;
    yield* session.iterate(callOptions("listTags", options), async function* (options) {
      const { tagsIn } = await import("./calls/look.ts");
      yield* tagsIn(session, ref, options);
    });
  }

  /** The tags of a repository or layout in the order of versions, `v1.9` before `v1.10` and the newest last. */
  async tags(ref: Readable, options: TagListOptions = {}): Promise<string[]> {
    return await this.#run("tags", options, async (options) => {
      const { sortedTagsIn } = await import("./calls/look.ts");
      return await sortedTagsIn(this.#session, ref, options);
    });
  }

  /** The repositories of a registry, `HOST/REPOSITORY`, in its order, where it has a catalogue and shows it. */
  async repositories(host: string, options: RepositoriesOptions = {}): Promise<string[]> {
    return await this.#run("repositories", options, async (options) => {
      const { repositoriesOf } = await import("./calls/look.ts");
      return await repositoriesOf(this.#session, host, options);
    });
  }

  /**
   * What a reference names, as the store says. With a verifier, an expected digest or a platform in these options,
   * the bytes are read and checked first; a platform chooses from an index. The client's verifier is not asked.
   */
  async resolve(ref: Readable, options: ReadOptions = {}): Promise<Descriptor> {
    return await this.#run("resolve", options, async (options) => {
      const { resolveOnly } = await import("./calls/look.ts");
      return await resolveOnly(this.#session, ref, options);
    });
  }

  /**
   * The store that a reference is in: the same one for all references into it. The client closes it, unless it
   * came from {@linkcode ClientOptions.open} or a {@linkcode StoreReference}.
   *
   * @param ref a reference; its tag and digest do not matter
   */
  async store(ref: Writable): Promise<Store> {
    return await this.#session.run({}, async (options) => {
      const { storeOf } = await import("./calls/look.ts");
      return await storeOf(this.#session, ref, options);
    });
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

  /** Checks the options of a call, and runs it. */
  async #run<O extends Observer, T>(
    verb: VerbName,
    options: O,
    call: (options: O & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    return await this.#session.run(callOptions(verb, options), call);
  }
}
