/**
 * Who refers to a manifest: by the referrers API, and by the tag that stands in for it (distribution spec,
 * "Listing Referrers", "Referrers Tag Schema").
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import { readFallback } from "../../artifact/fallback_tag.ts";
import { MAX_LIST_BYTES, MAX_REFERRERS_LISTED } from "../../limits.ts";
import { DOCUMENT_TYPES, mayBeOfType, parseDescriptor } from "../../artifact/manifest.ts";
import type { ReferrerOptions, Source } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { contentType, drop, isTypeOfAnything } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { pages } from "./pages.ts";
import type { Access, Repository } from "../repository.ts";

/**
 * Lists what the registry says, API first and then the tag: always both unless told otherwise, because an
 * API that knows some referrers need not know all. Whoever has found enough stops asking, and the tag is
 * not read. A list that is too long ends in an error behind what was read of it.
 *
 * @param repository where
 * @param source the same repository as a source, for the tag
 * @param subject what is referred to
 */
export async function* listReferrers(
  repository: Repository,
  source: Source,
  subject: Descriptor,
  options: ReferrerOptions,
  observer: Pick<Observer, "onNotice"> & { referrers?: ReferrerOptions["via"] },
): AsyncGenerator<Descriptor> {
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
  // What the client was told about the registry counts for whoever looks in both places, one by one, too.
  const { referrers: told = "auto" } = observer;
  if (via !== "tag" && told !== "tag") {
    try {
      // The filter of the API is not used: some registries filter by a type that the manifest has not.
      for await (const page of apiPages(repository, subject.digest, "pull", signal)) {
        yield* fresh(page);
      }
    } catch (error) {
      // Whoever asks the API first and then the tag hears nothing from an API that is not there; whoever
      // has said that there is one hears that there is none.
      if (told === "api" || !(error instanceof NoReferrersApi)) throw error;
      notify(observer, error.refused ? "warning" : "debug", "no-referrers-api", error.message);
    }
  }
  if (via !== "api" && told !== "api") {
    yield* fresh(await readFallback(source, subject, { signal }));
  }
}

/** Statuses that may be about the API alone, or about everything. */
const REFUSED_ALONE = [401, 422, 500];

/** Whether the API lists a referrer, as far as its list is read. */
export async function apiLists(
  repository: Repository,
  subject: Digest,
  referrer: Digest,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    for await (const page of apiPages(repository, subject, "push", signal)) {
      if (page.some(({ digest }) => digest === referrer)) return true;
    }
  } catch (error) {
    // Behind too many others it is as good as not listed: the fallback tag then has it too.
    if (!(error instanceof NoReferrersApi) && !isBlobberError(error, "limit")) throw error;
  }
  return false;
}

/** The registry has no referrers API, or what it answers in its place is none. */
export class NoReferrersApi extends BlobberError {
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

async function* apiPages(
  repository: Repository,
  subject: Digest,
  access: Access,
  signal: AbortSignal | undefined,
): AsyncGenerator<Descriptor[]> {
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
      // What is listed is read and checked one by one: a type that says nothing is no reason not to look.
      if (type === MEDIA_TYPE.index || isTypeOfAnything(type)) return response;
      // A page of a single-page application, a proxy's greeting: no answer to this question.
      await drop(response);
      throw new NoReferrersApi(`${what}: the answer is no index but "${type.slice(0, 80)}"`);
    }
    // 404 says that there is no such API; several registries say it in other ways.
    if ([400, 403, 404, 405, 406, 410, 501].includes(response.status)) {
      await drop(response);
      throw new NoReferrersApi(`${what}: no referrers API (status ${response.status})`);
    }
    const refused = await repository.refusal(response, { doing: `listing ${what}` });
    if (!REFUSED_ALONE.includes(response.status)) throw refused;
    // Some registries refuse this API alone, to credentials that may do everything else.
    const manifest = await repository.head(access, `manifests/${subject}`, {
      accept: DOCUMENT_TYPES.join(", "),
      attempt: { doing: `looking for ${subject}` },
      signal,
    }).catch((error) => {
      signal?.throwIfAborted();
      if (isBlobberError(error)) return undefined;
      throw error;
    });
    if (!(manifest instanceof Headers)) throw refused;
    throw new NoReferrersApi(
      `${what}: the referrers API answers ${response.status}, although the manifest can be read: ` +
        'the fallback tag takes its place (with the setting referrers: "tag" it alone is asked)',
      true,
    );
  };
  const noJson = (response: HttpResponse, cause: unknown) =>
    contentType(response) === MEDIA_TYPE.index
      ? new BlobberError("registry", `${what}: ${response.url.host} sent no JSON`, { cause })
      : new NoReferrersApi(`${what}: the answer is no index`);
  let bytes = 0;
  for await (
    const { json, size } of pages(repository.at(`referrers/${subject}`), get, what, noJson)
  ) {
    bytes += size;
    if (bytes > MAX_LIST_BYTES) {
      throw new BlobberError("limit", `${what}: more than ${MAX_LIST_BYTES} bytes`);
    }
    const manifests = (json as { manifests?: unknown } | null)?.manifests;
    if (manifests === null || manifests === undefined) return;
    if (!Array.isArray(manifests)) throw new NoReferrersApi(`${what}: the answer is no index`);
    yield manifests.flatMap((entry, i) => {
      try {
        return [parseDescriptor(entry, `referrers[${i}]`)];
      } catch { // one bad entry hides no good one
        return [];
      }
    });
  }
}
