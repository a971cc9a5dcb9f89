/**
 * Tokens of Buildkite (Agent REST API, "OIDC tokens"): a job asks the agent's endpoint.
 *
 * @module
 */

import { askService, jsonOf, serviceFailed, type ServiceRequest, serviceUrl } from "../service.ts";
import type { Environment } from "./environment.ts";
import type { TokenSource } from "./token.ts";

/**
 * The source, when this is a job of Buildkite.
 *
 * @param env the variables
 */
export function buildkiteToken(env: Environment): TokenSource | undefined {
  const { BUILDKITE_AGENT_ACCESS_TOKEN: secret, BUILDKITE_JOB_ID: job } = env;
  if (!secret || !job) return undefined;
  return {
    name: "Buildkite",
    async token({ clientId, context }) {
      const base = serviceUrl(
        env.BUILDKITE_AGENT_ENDPOINT || "https://agent.buildkite.com/v3",
        "BUILDKITE_AGENT_ENDPOINT",
        true,
      );
      const request: ServiceRequest = {
        service: "the token service of Buildkite",
        url: `${base}/jobs/${encodeURIComponent(job)}/oidc/tokens`,
        headers: { authorization: `Token ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ audience: clientId }),
        secrets: [secret],
      };
      const { token } = jsonOf(request, await askService(context, request));
      if (typeof token !== "string") throw serviceFailed(request, "answered without a token");
      return token;
    },
  };
}
