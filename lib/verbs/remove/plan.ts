/**
 * What goes and what stays, decided before anything is removed.
 *
 * A tag goes alone. What it named goes too, with all that refers to it, when nothing else names it: no other tag,
 * no index that a tag leads to, and no tag of a person's that names one of its referrers. Where that cannot be
 * told, it stays. Who names a digest takes all of that along, but for an index that lists it, which would be left
 * broken: then nothing goes.
 *
 * The order of the steps is such that a kill between any two leaves no signature without its subject, no tag
 * without its manifest and no tag on an artifact that has lost its signatures: tags that people gave go first, then
 * what refers to the manifest, the last generation first, then what stands under tags that are made of its digest,
 * each with its tag, then the manifest. By its digest, the manifest can be named again to go on. The platforms of
 * an index come after it, in the same way: an index without its platforms is broken, platforms without their index
 * are not.
 *
 * @module
 */

import { contentsOf } from "../../artifact/contents.ts";
import { isDocumentType, referrerDescriptor } from "../../artifact/manifest.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_COPIED_REFERRERS, MAX_REFERRER_DEPTH } from "../../limits.ts";
import type { KeptPart, RemovalPart } from "../../results.ts";
import type { Descriptor } from "../../types.ts";
import type { Survey } from "./survey.ts";

/** What is to be removed, found in the store. */
export interface Target {
  descriptor: Descriptor;
  /** Tags of it that were named. */
  tags: string[];
  /** Whether its digest was named. */
  byDigest: boolean;
}

/** One step: a part that goes, and what the steps around it do. */
export interface Step {
  part: RemovalPart;
  /** A tag: all that names its manifest goes too. A manifest: its subject does. */
  withIt?: true;
}

/** What goes, in this order, and what stays. */
export interface Plan {
  steps: Step[];
  stays: KeptPart[];
}

/**
 * Decides.
 *
 * @param survey what names what
 * @param targets what was named
 * @throws {BlobberError} `conflict` for a digest that an index lists, `registry` where its tags cannot be told
 */
export async function planRemoval(survey: Survey, targets: readonly Target[]): Promise<Plan> {
  // What stays may hold what was to go: it is planned anew until nothing more stays.
  const staying = new Set<Digest>();
  for (;;) {
    const [plan, before] = [new Planner(survey, targets, staying), staying.size];
    for (const target of targets) await plan.add(target);
    if (staying.size === before) return plan.result();
  }
}

/** Why something stays. */
class Stays extends Error {}

class Planner {
  readonly #survey: Survey;
  readonly #tags: Step[] = [];
  readonly #rest: Step[] = [];
  readonly #stays: KeptPart[] = [];
  /** Tags and digests that have a step. */
  readonly #going = new Set<string>();
  readonly #wanted: ReadonlySet<string>;
  readonly #digests: ReadonlySet<Digest>;
  readonly #staying: Set<Digest>;

  /** @param staying targets that are known to stay, and is told of more */
  constructor(survey: Survey, targets: readonly Target[], staying: Set<Digest>) {
    this.#survey = survey;
    this.#staying = staying;
    this.#wanted = new Set(targets.flatMap(({ tags }) => tags));
    this.#digests = new Set(
      targets.filter(({ byDigest }) => byDigest).map(({ descriptor }) => descriptor.digest),
    );
  }

  result(): Plan {
    return { steps: [...this.#tags, ...this.#rest], stays: this.#stays };
  }

  async add({ descriptor, tags, byDigest }: Target): Promise<void> {
    const { digest } = descriptor;
    const artifact = manifestPart(descriptor, "artifact");
    let gathered: Gathered;
    try {
      gathered = await this.#whole(artifact, byDigest);
    } catch (error) {
      if (!(error instanceof Stays)) throw error;
      for (const tag of tags) this.#tag(tag, digest);
      this.#staying.add(digest);
      this.#stays.push({ ...artifact, why: error.message });
      return;
    }
    for (const tag of new Set([...tags, ...this.#survey.tagsOf(digest)])) {
      this.#tag(tag, digest, true);
    }
    for (const [tag, named] of gathered.tags) this.#tag(tag, named, true);
    this.#rest.push(...gathered.steps);
    for (const { part } of gathered.steps) this.#going.add(keyOf(part));
    this.#stays.push(...gathered.stays);
  }

  #tag(tag: string, digest: Digest, withIt = false): void {
    if (this.#going.has(tag)) return;
    this.#going.add(tag);
    this.#tags.push({ part: { kind: "tag", tag, digest }, ...(withIt && { withIt }) });
  }

  /** The steps for a manifest and what belongs to it, or why it stays. */
  async #whole(artifact: ManifestPart, byDigest: boolean): Promise<Gathered> {
    const { blind } = this.#survey;
    const { digest } = artifact;
    if (blind !== undefined) {
      if (!byDigest) throw new Stays(`it cannot be told what else names it: ${blind}`);
      throw new BlobberError("registry", `${digest} is not removed: ${blind}`, {
        hint: "what names it has to be known: a tag is removed by its name",
      });
    }
    const others = this.#survey.tagsOf(digest).filter((tag) => !this.#wanted.has(tag));
    if (!byDigest && others.length > 0) throw new Stays(`${someTags(others)} too`);
    await this.#demandFree(digest, byDigest);
    const gathered = nothing();
    await this.#gather(artifact, gathered, { depth: 0, byDigest });
    await this.#platforms(artifact, gathered, byDigest);
    return gathered;
  }

  /** Refuses a manifest that is in an index which stays. */
  async #demandFree(digest: Digest, byDigest: boolean): Promise<void> {
    const [holder] = await this.#holders(digest, byDigest);
    if (holder === undefined) return;
    const { index, tag = index } = holder;
    const which = `index ${tag} lists it`;
    if (!byDigest) throw new Stays(which);
    throw new BlobberError("conflict", `${digest} is not removed: ${which} (${index})`, {
      hint: "remove the index first",
    });
  }

  /** Indexes that list a manifest and stay. */
  async #holders(digest: Digest, byDigest: boolean) {
    try {
      const found = await this.#survey.holdersOf(digest);
      return found.filter(({ index }) => !this.#goes(index));
    } catch (error) {
      if (!(error instanceof BlobberError) || byDigest) throw error;
      throw new Stays(`it cannot be told which indexes list it: ${error.message}`);
    }
  }

  /** Whether an index is one that was named, and goes. */
  #goes(index: Digest): boolean {
    if (this.#digests.has(index)) return true;
    if (this.#staying.has(index)) return false;
    const tags = this.#survey.tagsOf(index);
    return tags.length > 0 && tags.every((tag) => this.#wanted.has(tag));
  }

  /** What belongs to a manifest, and then the manifest itself. */
  async #gather(
    part: ManifestPart,
    into: Gathered,
    { depth, byDigest }: { depth: number; byDigest: boolean },
  ): Promise<void> {
    const { digest } = part;
    if (this.#going.has(digest) || into.steps.some((one) => keyOf(one.part) === digest)) return;
    if (depth > 0) await this.#demandFree(digest, byDigest);
    if (depth > MAX_REFERRER_DEPTH || into.steps.length > MAX_COPIED_REFERRERS) {
      throw new BlobberError(
        "limit",
        `too many referrers of ${digest} in ${this.#survey.store.name}, expected at most ` +
          `${MAX_COPIED_REFERRERS} in ${MAX_REFERRER_DEPTH} generations`,
      );
    }
    const next = { depth: depth + 1, byDigest };
    for (const referrer of await this.#referrersOf(part, into)) {
      const tags = this.#survey.tagsOf(referrer.digest).filter((tag) => !this.#wanted.has(tag));
      if (tags.length > 0 && !byDigest) {
        throw new Stays(`${referrer.digest} refers to it, and ${someTags(tags, "that")}`);
      }
      for (const tag of tags) into.tags.push([tag, referrer.digest]);
      await this.#gather(referrer, into, next);
    }
    for (const [tag, named] of this.#survey.cosignTags(digest)) {
      await this.#made(into, { tag, named, role: "referrer", next });
    }
    const list = this.#survey.listOf(digest);
    if (list !== undefined) {
      await this.#made(into, { tag: list[0], named: list[1], role: "list", next });
    }
    into.steps.push({ part, ...(depth > 0 && { withIt: true }) });
  }

  /** A tag that is made of a digest, and what it names where nothing else does. */
  async #made(
    into: Gathered,
    { tag, named, role, next }: {
      tag: string;
      named: Pick<Descriptor, "mediaType" | "digest">;
      role: ManifestPart["role"];
      next: { depth: number; byDigest: boolean };
    },
  ): Promise<void> {
    const { digest, mediaType } = named;
    const alone = this.#survey.tagsOf(digest).every((one) => one === tag);
    if (alone) {
      // Before its tag: only by that it is found again, where this ends in between.
      const size = (await this.#survey.read(named))?.descriptor.size ?? 0;
      await this.#gather(manifestPart({ digest, mediaType, size }, role), into, next);
    }
    into.steps.push({ part: { kind: "tag", tag, digest }, ...(alone && { withIt: true }) });
  }

  /**
   * What refers to a manifest, as it says itself: lists are claims, and what is no referrer is not removed. One
   * that cannot be read can be no signature to anybody, and stays.
   */
  async #referrersOf({ digest, mediaType, size }: ManifestPart, into: Gathered) {
    const { store, call } = this.#survey;
    const found: ManifestPart[] = [];
    for await (const one of store.referrers({ digest, mediaType, size }, call)) {
      if (found.length >= MAX_COPIED_REFERRERS) {
        throw new BlobberError(
          "limit",
          `${digest} has more than ${MAX_COPIED_REFERRERS} referrers in ${store.name}`,
        );
      }
      const document = await this.#survey.read(one);
      if (document?.value.subject?.digest === digest) {
        const { artifactType } = referrerDescriptor(document);
        found.push({
          ...manifestPart(document.descriptor, "referrer"),
          ...(artifactType !== undefined && { artifactType }),
        });
        continue;
      }
      const why = document === undefined
        ? "it is listed as a referrer and cannot be read"
        : "it is listed as a referrer and says that it is none";
      into.stays.push({ ...manifestPart(one, "referrer"), why });
    }
    return found;
  }

  /** The manifests of an index, which go where it is known that nothing else names them. */
  async #platforms(part: ManifestPart, into: Gathered, byDigest: boolean): Promise<void> {
    const document = await this.#survey.read(part);
    if (document === undefined || !("manifests" in document.value)) return;
    // One may stand there often.
    const listed = new Map(contentsOf(document.value).map((one) => [one.digest, one]));
    for (const child of listed.values()) {
      if (!isDocumentType(child.mediaType) || into.platforms.has(child.digest)) continue;
      into.stays = into.stays.filter((one) => one.digest !== child.digest);
      const platform = manifestPart(child, "platform");
      const why = await this.#whyPlatformStays(child, into);
      if (why !== undefined) {
        if (why !== "") into.stays.push({ ...platform, why });
        continue;
      }
      const own = nothing();
      try {
        await this.#gather(platform, own, { depth: 0, byDigest: false });
      } catch (error) {
        if (!(error instanceof Stays)) throw error;
        into.stays.push({ ...platform, why: error.message });
        continue;
      }
      into.platforms.add(child.digest);
      const known = new Set(into.steps.map((step) => keyOf(step.part)));
      into.steps.push(...own.steps.filter((step) => !known.has(keyOf(step.part))));
      into.stays.push(...own.stays);
      await this.#platforms(platform, into, byDigest);
    }
  }

  /** Nothing where a manifest of an index goes with it, no words where it is not there by itself. */
  async #whyPlatformStays(
    { digest }: Descriptor,
    { steps }: Gathered,
  ): Promise<string | undefined> {
    const tags = this.#survey.tagsOf(digest).filter((tag) => !this.#wanted.has(tag));
    if (tags.length > 0) return someTags(tags);
    const { manifests } = this.#survey;
    if (manifests === undefined) return "it cannot be told what else names it";
    if (!manifests.has(digest)) return "";
    const holders = (await this.#survey.holdersOf(digest)).filter(({ index }) =>
      !this.#goes(index) && !steps.some(({ part }) => keyOf(part) === index)
    );
    return holders.length > 0
      ? `index ${holders[0]!.tag ?? holders[0]!.index} lists it`
      : undefined;
  }
}

/** A manifest that goes. */
export type ManifestPart = Extract<RemovalPart, { kind: "manifest" }>;

/** What belongs to one artifact. */
interface Gathered {
  /** Tags that people gave, of its referrers. */
  tags: [tag: string, digest: Digest][];
  steps: Step[];
  stays: KeptPart[];
  /** Manifests of indexes that go. */
  platforms: Set<Digest>;
}

function nothing(): Gathered {
  return { tags: [], steps: [], stays: [], platforms: new Set() };
}

function manifestPart(
  { digest, mediaType, size }: Descriptor,
  role: ManifestPart["role"],
): ManifestPart {
  return { kind: "manifest", role, digest, mediaType, size };
}

/** A part's name among all that go. */
export function keyOf(part: RemovalPart): string {
  return part.kind === "tag" ? part.tag : part.digest;
}

function someTags(tags: readonly string[], what = "it"): string {
  const some = tags.slice(0, 3).join(", ") + (tags.length > 3 ? ", …" : "");
  return tags.length === 1 ? `the tag ${some} names ${what}` : `the tags ${some} name ${what}`;
}
