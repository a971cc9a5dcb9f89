/**
 * The repositories of a registry, by its catalogue (distribution's API, "Listing Repositories"; the OCI spec
 * has none). Many registries have no catalogue, or keep it to their operator.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_REPOSITORIES, TAGS_A_PAGE } from "../../limits.ts";
import { addressOf, NO_PATH, type Registry, repositoryNamed } from "../../reference.ts";
import type { CallOptions } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import { discardBody } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { refusedError } from "../http/registry_error.ts";
import { type RegistryOptions, transportTo } from "../open_repository.ts";
import { listPages } from "./pages.ts";

/** What the catalogue needs to be allowed (distribution's token spec, "Resource Provider Use"). */
const SCOPE = ["registry:catalog:*"];
/** Statuses of a registry that has no catalogue, or does not show it. */
const NO_CATALOGUE = [400, 404, 405, 410, 501];

/**
 * Lists repositories, in the order of the registry.
 *
 * @param registry whose
 * @param options how it is reached, and at most how many names are asked for at once
 * @returns paths in the registry, each once
 * @throws {BlobberError} `unauthorized`, `denied`, `registry`, `limit`
 */
export async function* listRepositories(
  registry: Registry,
  options: RegistryOptions & CallOptions & { most?: number | undefined },
): AsyncGenerator<string> {
  const { signal, most = TAGS_A_PAGE } = options;
  const host = addressOf(registry);
  const what = `repositories of ${host}`;
  const { transport, close } = transportTo(registry, options, () => credentials(registry, options));
  try {
    const way = await transport();
    const get = async (to: string | URL) => {
      const response = await way.request({ method: "GET", to, scope: SCOPE, signal });
      if (response.status === 200) return response;
      throw await refusal(response, host, (text) => way.redact(text));
    };
    const seen = new Set<string>();
    const first = `/v2/_catalog?n=${Math.min(most, TAGS_A_PAGE)}`;
    const noJson = (_: HttpResponse, cause: unknown) =>
      noCatalogue(host, "its answer is no list", cause);
    for await (const { json } of listPages(first, { get, what, noJson })) {
      const { repositories } = Object(json) as { repositories?: unknown };
      if (repositories === null || repositories === undefined) continue; // a registry without any
      if (!Array.isArray(repositories)) {
        throw new BlobberError("registry", `${what}: the answer holds no list of repositories`);
      }
      for (const path of repositories) {
        if (typeof path !== "string" || repositoryNamed(`${host}/${path}`) === undefined) {
          throw new BlobberError("registry", `${what}: ${quote(path)} is not the name of one`);
        }
        if (seen.has(path)) continue;
        seen.add(path);
        if (seen.size > MAX_REPOSITORIES) {
          throw new BlobberError("limit", `${what}: more than ${MAX_REPOSITORIES}`);
        }
        yield path;
      }
    }
  } finally {
    await close();
  }
}

async function credentials(registry: Registry, options: RegistryOptions) {
  const { host } = registry;
  if (options.credentials !== undefined) {
    const { checkedCredentials } = await import("../../doors/credentials.ts");
    return checkedCredentials(await options.credentials(host, NO_PATH), host);
  }
  const { credentialsFor } = await import("../auth/credentials.ts");
  return await credentialsFor(host, NO_PATH);
}

async function refusal(
  response: HttpResponse,
  host: string,
  redact: (text: string) => string,
): Promise<BlobberError> {
  const { status } = response;
  if (NO_CATALOGUE.includes(status)) {
    await discardBody(response);
    return noCatalogue(host, `status ${status}`);
  }
  const error = await refusedError(response, {
    doing: "listing repositories",
    repository: host,
    redact,
  });
  if (status !== 401 && status !== 403) return error;
  const { code, message } = error;
  return new BlobberError(code, message, {
    cause: error,
    hint: [
      "registries show this list only to some of their users, and many to none: log in with ",
      { call: "storeLogin" },
      ", or look at the registry's own page",
    ],
  });
}

function noCatalogue(host: string, why: string, cause?: unknown): BlobberError {
  return new BlobberError("registry", `${host} does not list its repositories (${why})`, {
    cause,
    hint: "it has no catalogue, or shows it to its operator alone: look at its own page, or name " +
      "a repository",
  });
}
