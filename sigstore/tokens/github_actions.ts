/**
 * Tokens of GitHub Actions ("OpenID Connect reference"): a job that has the permission `id-token: write`
 * asks the runner's own service.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { askService, jsonOf, serviceFailed, type ServiceRequest, serviceUrl } from "../service.ts";
import type { Environment } from "./environment.ts";
import type { TokenSource } from "./token.ts";

/**
 * The source, when this is a job of GitHub Actions.
 *
 * @param env the variables
 */
export function githubActionsToken(env: Environment): TokenSource | undefined {
  const name = "GitHub Actions";
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (!url || !secret) {
    if (env.GITHUB_ACTIONS !== "true") return undefined;
    return {
      name,
      token: () =>
        Promise.reject(
          new BlobberError("unauthorized", "this job of GitHub Actions may not request tokens", {
            hint: "add `permissions: id-token: write` to the job",
          }),
        ),
    };
  }
  return {
    name,
    async token({ clientId, context }) {
      const place = new URL(serviceUrl(url, "ACTIONS_ID_TOKEN_REQUEST_URL", true));
      place.searchParams.set("audience", clientId);
      const request: ServiceRequest = {
        service: "the token service of GitHub Actions",
        url: place.href,
        headers: { authorization: `Bearer ${secret}`, accept: "application/json" },
        secrets: [secret],
      };
      const { value } = jsonOf(request, await askService(context, request));
      if (typeof value !== "string") throw serviceFailed(request, "answered without a token");
      return value;
    },
  };
}
