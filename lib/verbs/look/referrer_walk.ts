/**
 * From an artifact to all that refers to it, and to what refers to that: generation by generation, each manifest
 * once. Who may push can list a crowd, and a registry anything: what is asked and read is bounded, and what is left
 * out is counted.
 *
 * @module
 */

import { cosignTagsOf } from "../../artifact/cosign_tags.ts";
import { isDocumentType, isIndex, isIndexType, readDocument } from "../../artifact/manifest.ts";
import type { Digest } from "../../digest.ts";
import { checkAborted, isBlobberError } from "../../errors.ts";
import {
  MAX_INDEX_DEPTH,
  MAX_REFERRER_DEPTH,
  MAX_SEARCH_MS,
  MAX_TREE_LISTED,
  MAX_TREE_MANIFESTS,
  MAX_TREE_NODES,
  MAX_TREE_REFERRERS,
  MAX_TREE_SUBJECTS,
  REFERRER_READS,
} from "../../limits.ts";
import type { LeftOut, Problem, TreeNode } from "../../looking.ts";
import type { CallOptions, Source } from "../../store.ts";
import { inLanes } from "../../system/work/lanes.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import { ReferrerReader, type ReferrerReaderOptions } from "./referrer_reader.ts";

/** How far a walk goes, and what is read of what it finds. */
export interface WalkOptions extends ReferrerReaderOptions {
  /** Generations of referrers. @default 4 */
  generations?: number | undefined;
  /** Signatures that are known to hold: they are read first, so that no crowd hides them. */
  first?: readonly Descriptor[] | undefined;
  /** Milliseconds that only grow. @default the time since this program began */
  now?: (() => number) | undefined;
}

/** A manifest of which it is asked what refers to it. */
interface Subject {
  node: TreeNode;
  /** Its checked bytes, where they were read. */
  document?: Document<Manifest | Index> | undefined;
  /** What is listed, and where. */
  listed: Listed[];
}

/** A referrer that is listed and not read. */
interface Listed {
  descriptor: Descriptor;
  /** The tag of cosign's that names it. */
  tag?: string;
}

/**
 * Walks.
 *
 * @param source where the artifact is
 * @param root checked
 * @throws {BlobberError} what the store throws where it cannot be asked, and what the verifiers do
 */
export async function walkReferrers(
  source: Source,
  root: Document<Manifest | Index>,
  options: WalkOptions,
): Promise<{ root: TreeNode; isCut: boolean }> {
  const walk = new Walk(source, options);
  return { root: await walk.from(root), isCut: walk.isCut };
}

class Walk {
  isCut = false;
  readonly #source: Source;
  readonly #options: WalkOptions;
  readonly #call: CallOptions;
  readonly #reader: ReferrerReader;
  readonly #seen = new Set<Digest>();
  readonly #until: number;
  #nodes = MAX_TREE_NODES;
  #subjects = MAX_TREE_SUBJECTS;

  constructor(source: Source, options: WalkOptions) {
    this.#source = source;
    this.#options = options;
    this.#call = { signal: options.signal };
    this.#reader = new ReferrerReader(source, options);
    this.#until = this.#now() + MAX_SEARCH_MS;
  }

  async from(root: Document<Manifest | Index>): Promise<TreeNode> {
    const { generations = MAX_REFERRER_DEPTH } = this.#options;
    const first = subjectOf(await this.#reader.nodeOf(root), root);
    this.#seen.add(root.descriptor.digest);
    let level = [first, ...generations > 1 ? await this.#below(first, 1) : []];
    for (let generation = 1; level.length > 0; generation++) {
      if (generation > generations) {
        for (const { node } of level) this.#leaveOut(node, { unasked: true });
        break;
      }
      level = await this.#ask(level);
    }
    return first.node;
  }

  /** What an index lists: each of it may be referred to. */
  async #below({ node, document }: Subject, depth: number): Promise<Subject[]> {
    if (document === undefined || !isIndex(document)) return [];
    const { manifests } = document.value;
    const found: Subject[] = [];
    for (const child of manifests.slice(0, MAX_TREE_MANIFESTS)) {
      const known = this.#seen.has(child.digest);
      this.#seen.add(child.digest);
      const subject = await this.#listedBy(child, { known, depth });
      node.manifests.push(subject.node);
      if (known || !isDocumentType(child.mediaType) || subject.node.kind === "unread") continue;
      found.push(subject, ...await this.#below(subject, depth + 1));
    }
    const rest = manifests.length - MAX_TREE_MANIFESTS;
    if (rest > 0) this.#leaveOut(node, { manifests: rest });
    return found;
  }

  /** A manifest that an index lists. It is read where more is to be said of it than the index does. */
  async #listedBy(
    child: Descriptor,
    { known, depth }: { known: boolean; depth: number },
  ): Promise<Subject> {
    const { mediaType, digest, size, platform, annotations } = child;
    const isList = isIndexType(mediaType);
    const isAttestation = annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
    const node: TreeNode = {
      kind: isList ? "index" : isDocumentType(mediaType) ? "manifest" : "artifact",
      digest,
      mediaType,
      size,
      ...child.artifactType && { artifactType: child.artifactType },
      ...platform !== undefined && { platform: { ...platform } },
      ...known && { repeated: true },
      manifests: [],
      referrers: [],
    };
    if (known || !(isList || isAttestation)) return subjectOf(node);
    if (isList && depth >= MAX_INDEX_DEPTH) {
      this.#leaveOut(node, { unasked: true });
      return subjectOf(node);
    }
    try {
      const document = await readDocument(this.#source, child, this.#call);
      const read = await this.#reader.nodeOf(document, isList ? undefined : this.#call);
      return subjectOf({ ...read, ...platform && isList && { platform } }, document);
    } catch (error) {
      return subjectOf({ ...node, kind: "unread", problem: this.#problem(error) });
    }
  }

  /** Asks of each what refers to it, and reads that. Returns what was read. */
  async #ask(level: readonly Subject[]): Promise<Subject[]> {
    const asked = level.slice(0, this.#subjects);
    this.#subjects -= asked.length;
    for (const { node } of level.slice(asked.length)) this.#leaveOut(node, { unasked: true });
    const how = { lanes: REFERRER_READS, signal: this.#options.signal };
    await inLanes(asked, how, async (subject, signal) => {
      if (this.#isLate()) this.#leaveOut(subject.node, { unasked: true });
      else await this.#list(subject, { signal });
    });
    const chosen = asked.flatMap((subject) =>
      this.#choose(subject).map((one) => ({ subject, one }))
    );
    const read: (Subject | undefined)[] = [];
    await inLanes(chosen.entries(), how, async ([i, { subject, one }], signal) => {
      if (this.#isLate()) return this.#leaveOut(subject.node, { referrers: 1 });
      read[i] = await this.#read(subject, one, { signal });
    });
    for (const [i, { subject }] of chosen.entries()) {
      if (read[i] !== undefined) subject.node.referrers.push(read[i].node);
    }
    for (const { node } of asked) node.referrers.sort(byKind);
    return read.filter((one) =>
      one !== undefined && isDocumentType(one.node.mediaType) &&
      one.node.kind !== "unread" && !one.node.repeated
    ) as Subject[];
  }

  /** Lists what refers to one, as far as its list is not too long. */
  async #list({ node, listed }: Subject, call: CallOptions): Promise<void> {
    const { mediaType, digest, size } = node;
    const known = new Set<Digest>();
    let count = 0;
    try {
      for await (const one of this.#source.referrers({ mediaType, digest, size }, call)) {
        if (++count > MAX_TREE_LISTED) {
          this.#leaveOut(node, { more: true });
          break;
        }
        if (known.has(one.digest)) continue;
        known.add(one.digest);
        listed.push({
          descriptor: { mediaType: one.mediaType, digest: one.digest, size: one.size },
        });
      }
    } catch (error) {
      if (!isBlobberError(error, "limit")) throw error;
      this.#leaveOut(node, { more: true });
    }
    // What refers to a signature is in no older form.
    if (node.kind === "signature" || node.kind === "attestation") return;
    for (const { tag, descriptor } of await cosignTagsOf(this.#source, digest, call)) {
      if (!known.has(descriptor.digest)) listed.push({ tag, descriptor });
    }
  }

  /** Which of those that are listed are read. */
  #choose({ node, listed }: Subject): Listed[] {
    const first = new Set(this.#options.first?.map(({ digest }) => digest));
    const ranked = [
      ...listed.filter(({ descriptor, tag }) => tag !== undefined || first.has(descriptor.digest)),
      ...listed.filter(({ descriptor, tag }) => tag === undefined && !first.has(descriptor.digest)),
    ];
    const chosen = ranked.slice(0, Math.min(MAX_TREE_REFERRERS, this.#nodes));
    this.#nodes -= chosen.length;
    const rest = ranked.length - chosen.length;
    if (rest > 0) this.#leaveOut(node, { referrers: rest });
    return chosen;
  }

  /** Reads one referrer. What is listed and refers to something else is none. */
  async #read(
    subject: Subject,
    { descriptor, tag }: Listed,
    call: CallOptions,
  ): Promise<Subject | undefined> {
    const { mediaType, digest, size } = descriptor;
    const blank = { digest, mediaType, size, ...tag && { tag }, manifests: [], referrers: [] };
    const isKnown = this.#seen.has(digest);
    try {
      const document = await this.#reader.read(descriptor, call);
      const refers = document.value.subject?.digest === subject.node.digest;
      if (tag === undefined && !refers) return undefined;
      this.#seen.add(digest);
      const node = await this.#reader.nodeOf(document, {
        ...call,
        subject: () => this.#documentOf(subject, call),
        tag: refers ? undefined : tag,
      });
      return subjectOf({ ...node, ...isKnown && { repeated: true } }, document);
    } catch (error) {
      return subjectOf({ ...blank, kind: "unread", problem: this.#problem(error) });
    }
  }

  /** The checked bytes of a subject, which are read when a signature of it is verified. */
  async #documentOf(subject: Subject, call: CallOptions): Promise<Document<Manifest | Index>> {
    const { mediaType, digest, size } = subject.node;
    return subject.document ??= await readDocument(this.#source, { mediaType, digest, size }, call);
  }

  /** What keeps one manifest from being read, and no other. Anything else is thrown on. */
  #problem(error: unknown): Problem {
    checkAborted(this.#options.signal);
    const about = isBlobberError(error, "not-found", "invalid-manifest", "integrity", "limit");
    if (!about || !isBlobberError(error)) throw error;
    this.isCut = true;
    return { code: error.code, message: error.message };
  }

  #leaveOut(node: TreeNode, what: Partial<LeftOut>): void {
    const { referrers = 0, more = false, manifests = 0, unasked = false } = node.leftOut ?? {};
    node.leftOut = {
      referrers: referrers + (what.referrers ?? 0),
      more: more || (what.more ?? false),
      manifests: manifests + (what.manifests ?? 0),
      unasked: unasked || (what.unasked ?? false),
    };
    this.isCut = true;
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }

  #isLate(): boolean {
    return this.#now() >= this.#until;
  }
}

function subjectOf(node: TreeNode, document?: Document<Manifest | Index>): Subject {
  return { node, document, listed: [] };
}

const ORDER: readonly TreeNode["kind"][] = [
  "signature",
  "attestation",
  "sbom",
  "artifact",
  "unread",
];

/** The same order whatever the store lists in. */
function byKind(a: TreeNode, b: TreeNode): number {
  return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
    compare(a.created ?? "", b.created ?? "") || compare(a.digest, b.digest);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
