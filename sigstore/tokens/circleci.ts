/**
 * Tokens of CircleCI ("OpenID Connect tokens"): a job has one in its environment, for its organization;
 * one for another audience has to be asked for by a command.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { Environment } from "./environment.ts";
import { audienceOf, type TokenSource } from "./token.ts";

/**
 * The source, when this is a job of CircleCI.
 *
 * @param env the variables
 */
export function circleciToken(env: Environment): TokenSource | undefined {
  const token = env.CIRCLE_OIDC_TOKEN_V2 || env.CIRCLE_OIDC_TOKEN;
  if (!token) return undefined;
  return {
    name: "CircleCI",
    token({ clientId }) {
      if (audienceOf(token).includes(clientId)) return Promise.resolve(token);
      return Promise.reject(
        new BlobberError(
          "unauthorized",
          `this job of CircleCI has no token for ${quote(clientId)}`,
          {
            hint: "put one into SIGSTORE_ID_TOKEN: " +
              `circleci run oidc get --claims '{"aud":"sigstore"}'`,
          },
        ),
      );
    },
  };
}
