/**
 * What refers to a manifest: by the referrers API, and by the tag that stands in for it (distribution spec,
 * "Listing Referrers", "Referrers Tag Schema").
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { readFallback } from "../../artifact/fallback_tag.ts";
import { MAX_LIST_BYTES, MAX_REFERRERS_LISTED } from "../../limits.ts";
import { DOCUMENT_TYPES, mayBeOfType, parseDescriptor } from "../../artifact/manifest.ts";
import type { CallOptions, ReferrerOptions, Source } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { contentType, discardBody, isTypeOfAnything } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { listPages } from "./pages.ts";
import type { Access, Repository } from "../repository.ts";

/** Where referrers are listed. */
export interface ReferrersPlace {
  repository: Repository;
  /** The same repository as a source, for the fallback tag. */
  source: Source;
  /** Told of what is odd; `referrers` is what the client was told about the registry. */
  observer: Pick<Observer, "onNotice"> & { referrers?: ReferrerOptions["via"] };
}

/**
 * Lists what the registry says, API first and then the tag: always both unless told otherwise, because an
 * API that knows some referrers need not know all. A caller that has found enough stops asking, and the tag
 * is not read. A list that is too long ends in an error behind what was read of it.
 *
 * @param place where
 * @param subject what is referred to
 */
export async function* listReferrers(
  place: ReferrersPlace,
  subject: Descriptor,
  options: ReferrerOptions,
): AsyncGenerator<Descriptor> {
  const { repository, source, observer } = place;
  const { via = "auto", artifactType, signal } = options;
  const given = new Set<Digest>();
  let count = 0;
  const fresh = function* (entries: Iterable<Descriptor>): Generator<Descriptor> {
    for (const entry of entries) {
      if (++count > MAX_REFERRERS_LISTED) {
        throw new BlobberError(
          "limit",
          `${repository.name} lists more than ${MAX_REFERRERS_LISTED} referrers of ${subject.digest}`,
        );
      }
      if (given.has(entry.digest) || !mayBeOfType(entry, artifactType)) continue;
      given.add(entry.digest);
      yield entry;
    }
  };
  // What the client was told about the registry also holds for a caller that asks for one place after the other.
  const { referrers: told = "auto" } = observer;
  if (via !== "tag" && told !== "tag") {
    try {
      // The filter of the API is not used: some registries filter by a type that the manifest has not.
      const pages = listFromApi({ repository, subject: subject.digest, access: "pull", signal });
      for await (const page of pages) {
        yield* fresh(page);
      }
    } catch (error) {
      // That there is no API is an error only where the client was told that there is one.
      if (told === "api" || !(error instanceof NoReferrersApi)) throw error;
      notify(observer, {
        level: error.refused ? "warning" : "debug",
        code: "no-referrers-api",
        message: error.message,
      });
    }
  }
  if (via !== "api" && told !== "api") {
    yield* fresh(await readFallback(source, subject, { signal }));
  }
}

/** Statuses that may be about the API alone, or about everything. */
const REFUSED_ALONE = [401, 422, 500];

/**
 * Whether the API lists a referrer, as far as its list is read.
 *
 * @param repository where
 * @param subject what is referred to
 * @param referrer what to look for
 */
export async function isListedByApi(
  repository: Repository,
  { subject, referrer }: { subject: Digest; referrer: Digest },
  { signal }: CallOptions,
): Promise<boolean> {
  try {
    for await (const page of listFromApi({ repository, subject, access: "push", signal })) {
      if (page.some(({ digest }) => digest === referrer)) return true;
    }
  } catch (error) {
    // Behind too many others it is as good as not listed: the fallback tag then has it too.
    if (!(error instanceof NoReferrersApi) && !isBlobberError(error, "limit")) throw error;
  }
  return false;
}

/** The registry has no referrers API, or answers with something else. */
class NoReferrersApi extends BlobberError {
  /** Whether there may be one: what it lists may be missed. */
  readonly refused: boolean;

  /**
   * @param message what it answered
   * @param refused whether it is there and was refused
   */
  constructor(message: string, refused = false) {
    super("registry", message, {
      hint: ["use the fallback tag for this registry with ", { option: "referrers", value: "tag" }],
    });
    this.refused = refused;
  }
}

/** The list of the API, page by page. */
async function* listFromApi({ repository, subject, access, signal }: {
  repository: Repository;
  subject: Digest;
  access: Access;
  signal: AbortSignal | undefined;
}): AsyncGenerator<Descriptor[]> {
  const what = `referrers of ${subject} in ${repository.name}`;
  const get = async (to: string | URL) => {
    const response = await repository.request(access, {
      method: "GET",
      to,
      headers: { accept: MEDIA_TYPE.index },
      signal,
    });
    if (response.status === 200) {
      const type = contentType(response);
      // What is listed is read and checked one by one: one without a useful type may be listed too.
      if (type === MEDIA_TYPE.index || isTypeOfAnything(type)) return response;
      // A page of a single-page application, a proxy's greeting: no answer to this question.
      await discardBody(response);
      throw new NoReferrersApi(`${what}: the answer is not an index but "${type.slice(0, 80)}"`);
    }
    // 404 says that there is no such API; several registries say it in other ways.
    if ([400, 403, 404, 405, 406, 410, 501].includes(response.status)) {
      await discardBody(response);
      throw new NoReferrersApi(`${what}: no referrers API (status ${response.status})`);
    }
    const refused = await repository.refusedError(response, { doing: `listing ${what}` });
    if (!REFUSED_ALONE.includes(response.status)) throw refused;
    // Some registries refuse this API alone, to credentials that may do everything else.
    const manifest = await repository.head({
      access,
      path: `manifests/${subject}`,
      accept: DOCUMENT_TYPES.join(", "),
      attempt: { doing: `looking for ${subject}` },
      signal,
    }).catch((error) => {
      checkAborted(signal);
      if (isBlobberError(error)) return undefined;
      throw error;
    });
    if (!(manifest instanceof Headers)) throw refused;
    throw new NoReferrersApi(
      `${what}: the referrers API answers ${response.status}, although the manifest can be read: ` +
        'the fallback tag takes its place (it alone is asked with the option referrers set to "tag")',
      true,
    );
  };
  const noJson = (response: HttpResponse, cause: unknown) =>
    contentType(response) === MEDIA_TYPE.index
      ? new BlobberError(
        "registry",
        `${what}: ${response.url.host} sent something that is not JSON`,
        { cause },
      )
      : new NoReferrersApi(`${what}: the answer is not an index`);
  let bytes = 0;
  const pages = listPages(repository.at(`referrers/${subject}`), { get, what, noJson });
  for await (const { json, size } of pages) {
    bytes += size;
    if (bytes > MAX_LIST_BYTES) {
      throw new BlobberError("limit", `${what}: more than ${MAX_LIST_BYTES} bytes`);
    }
    const manifests = (json as { manifests?: unknown } | null)?.manifests;
    if (manifests === null || manifests === undefined) return;
    if (!Array.isArray(manifests)) throw new NoReferrersApi(`${what}: the answer is not an index`);
    yield manifests.flatMap((entry, i) => {
      try {
        return [parseDescriptor(entry, `referrers[${i}]`)];
      } catch { // one bad entry hides no good one
        return [];
      }
    });
  }
}
