/**
 * Signatures found and judged. What a signature is and whom it names is the business of {@linkcode CheckedVerifier};
 * here is the order in which it is asked, and how much is looked at.
 *
 * @module
 */

import { Allowance, listCandidates, readCandidate, type Wanted } from "./candidates.ts";
import { untilAborted } from "../caller_errors.ts";
import type { Digest } from "../digest.ts";
import type { CheckedVerifier } from "../doors/verifier.ts";
import { BlobberError, checkAborted, isBlobberError } from "../errors.ts";
import {
  CROWD_READS,
  MAX_OTHER_REFERRERS,
  MAX_REFERRERS,
  MAX_SEARCH_MS,
  MAX_WAITING_BYTES,
  REFERRER_READS,
} from "../limits.ts";
import { Pace } from "../system/pace.ts";
import { isUnread, type Judgement } from "./refusal.ts";
import type { Signable, Signature } from "../signing.ts";
import type { CallOptions, Source } from "../store.ts";
import type { Descriptor } from "../types.ts";

/** Options of {@linkcode judgeSignatures}. */
export interface JudgeOptions extends CallOptions {
  /** Milliseconds that only grow. @default the time since this program began */
  now?: (() => number) | undefined;
}

/**
 * Looks for a signature that satisfies the verifier: among the referrers that the API lists, then, when
 * none of those does, among those of the fallback tag. Says what it found; the caller decides what that means.
 *
 * @param source where the manifest is
 * @param manifest its checked bytes
 * @param verifier who decides
 */
export async function judgeSignatures(
  source: Source,
  manifest: Signable,
  verifier: CheckedVerifier,
  options: JudgeOptions = {},
): Promise<Judgement> {
  const search = new Search(source, manifest, verifier, options);
  // Each has its own share of what may be looked at: a crowd in one does not use up the other's.
  if (!await search.look("api") && !await search.look("tag")) await search.lookAtOlder();
  return search.result;
}

/** A signature that was read and is judged when all that are likelier were. */
interface Waiting {
  descriptor: Descriptor;
  signature: Signature;
}

/** One search for one manifest's signature. */
class Search {
  readonly result: Judgement;
  readonly #source: Source;
  readonly #manifest: Signable;
  readonly #verifier: CheckedVerifier;
  readonly #options: JudgeOptions;
  readonly #wanted: Wanted;
  readonly #seen = new Set<Digest>();
  readonly #pace = new Pace();
  readonly #until: number;

  constructor(
    source: Source,
    manifest: Signable,
    verifier: CheckedVerifier,
    options: JudgeOptions,
  ) {
    const { mediaType, digest, size } = manifest;
    this.#source = source;
    this.#manifest = manifest;
    this.#verifier = verifier;
    this.#options = options;
    this.#wanted = {
      subject: { mediaType, digest, size },
      accepts: (type) => verifier.accepts(type),
    };
    this.#until = this.#now() + MAX_SEARCH_MS;
    this.result = {
      rejected: [],
      looked: 0,
      total: 0,
      cut: false,
      name: `${source.name}@${digest}`,
      title: verifier.title,
    };
  }

  /** Looks in one place. Returns whether a signature satisfies. */
  async look(via: "api" | "tag"): Promise<boolean> {
    const { signal } = this.#options;
    const { list, others, cut, failure } = await listCandidates(
      this.#source,
      this.#wanted,
      via,
      { signal, seen: this.#seen },
    );
    if (failure !== undefined) this.result.failure ??= survivable(failure, this.#options);
    this.result.cut ||= cut;
    this.result.total += list.length;
    if (await this.#lookAt(list.slice(0, MAX_REFERRERS))) return true;
    const rest = others.slice(0, MAX_OTHER_REFERRERS);
    this.result.total += rest.length;
    return await this.#lookAt(rest);
  }

  /** Looks where cosign kept signatures before it had bundles. Returns whether one satisfies. */
  async lookAtOlder(): Promise<boolean> {
    const { signal } = this.#options;
    const { subject } = this.#wanted;
    const { findOlder, readOlder } = await import("./older_signatures.ts");
    const allowance = new Allowance();
    try {
      const found = await findOlder(this.#source, subject.digest, { signal });
      if (found === undefined) return false;
      this.result.older = found.tag;
      if (!this.#wanted.accepts(found.type)) return false;
      const { parts, cut } = await readOlder(this.#source, found, { signal, allowance });
      this.result.cut ||= cut;
      this.result.total += parts.length;
      for (const read of parts) {
        if (this.#isLate()) break;
        const descriptor = found.descriptor;
        let signature: Signature;
        try {
          signature = await read();
        } catch (error) {
          this.#reject(descriptor, error);
          continue;
        }
        if (await this.#judge({ descriptor, signature })) return true;
      }
    } catch (error) {
      const failed = survivable(error, this.#options);
      if (isUnread(failed)) this.result.failure ??= failed;
      else this.result.rejected.push({ descriptor: subject, error: failed });
    }
    return false;
  }

  async #lookAt(list: Descriptor[]): Promise<boolean> {
    const crowd = list.length > REFERRER_READS;
    const allowance = new Allowance();
    const waiting: Waiting[] = [];
    let held = 0;
    let reads = REFERRER_READS;
    for (let at = 0; at < list.length && !this.#isLate(); at += reads) {
      if (at > 0) reads = CROWD_READS;
      const batch = list.slice(at, at + reads);
      const results = await Promise.allSettled(
        batch.map((one) =>
          readCandidate(this.#source, one, this.#wanted, {
            signal: this.#options.signal,
            allowance,
          })
        ),
      );
      for (const [i, read] of results.entries()) {
        const descriptor = batch[i]!;
        if (read.status === "rejected") {
          this.#reject(descriptor, read.reason);
          continue;
        }
        const signature = read.value;
        if (signature === undefined) this.result.looked++;
        else if (
          crowd && held < MAX_WAITING_BYTES && !this.#verifier.mayFit(this.#manifest, signature)
        ) {
          held += signature.bytes.length;
          waiting.push({ descriptor, signature });
        } else if (await this.#judge({ descriptor, signature })) return true;
      }
    }
    for (const one of waiting) {
      if (this.#isLate()) break;
      if (await this.#judge(one)) return true;
    }
    return false;
  }

  async #judge({ descriptor, signature }: Waiting): Promise<boolean> {
    checkAborted(this.#options.signal);
    await this.#pace.breathe();
    checkAborted(this.#options.signal);
    try {
      const judging = this.#verifier.verify(this.#manifest, signature);
      const verdict = await untilAborted(this.#options.signal, judging);
      this.result.looked++;
      this.result.accepted = { verdict, descriptor };
      return true;
    } catch (error) {
      this.#reject(descriptor, error);
      return false;
    }
  }

  #reject(descriptor: Descriptor, thrown: unknown): void {
    const error = survivable(thrown, this.#options);
    if (isUnread(error)) this.result.failure ??= error;
    // What is too large, or one too many, was not looked at.
    if (error.code !== "limit") this.result.looked++;
    this.result.rejected.push({ descriptor, error });
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }

  #isLate(): boolean {
    return this.#now() >= this.#until;
  }
}

/** What a bad candidate may throw without ending the search; anything else is thrown on. */
function survivable(error: unknown, options: CallOptions): BlobberError {
  checkAborted(options.signal);
  if (!isBlobberError(error)) {
    return new BlobberError("signature-invalid", `a signature could not be read: ${error}`, {
      cause: error,
    });
  }
  if (error.exitStatus === 2 || isBlobberError(error, "interrupted", "terminated")) throw error;
  return error;
}
