/**
 * Which token is used: the first that there is, in an order that never surprises. What a CI system says is
 * used without asking; a person is asked only where there is one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { BlobberError, type Hint } from "@blobber/core/errors";
import { type BrowserOptions, browserToken } from "./browser.ts";
import { buildkiteToken } from "./buildkite.ts";
import { circleciToken } from "./circleci.ts";
import { type DeviceOptions, deviceToken } from "./device.ts";
import { type Environment, environmentToken } from "./environment.ts";
import { githubActionsToken } from "./github_actions.ts";
import { tokenFile } from "./given.ts";
import { googleToken } from "./google.ts";
import type { TokenSource } from "./token.ts";

/** Where Kubernetes puts a token for Sigstore's tools (a projected volume). */
const KUBERNETES_FILE = "/var/run/sigstore/cosign/oidc-token";

/** Options of {@linkcode findToken}. */
export interface FindTokenOptions {
  /** The variables to look in. @default those of this process */
  env?: Environment | undefined;
  /** The issuer at which a person logs in. @default the one that belongs to the certificate authority */
  issuer?: string | undefined;
  /** Opens a page, where there is a browser. Left out: a person is not asked to use one. */
  openBrowser?: BrowserOptions["openBrowser"] | undefined;
  /** Shows where to log in, where there is a terminal. Left out: a person is not asked. */
  showDevice?: DeviceOptions["showDevice"] | undefined;
}

/**
 * Chooses the source of the token.
 *
 * @example
 * ```ts
 * import { createSigner, findToken, publicTrustRoot } from "@blobber/sigstore";
 *
 * // In GitHub Actions, GitLab, CircleCI, Buildkite or Google Cloud that system's, asked when a signature is made.
 * const token = findToken({ env: { SIGSTORE_ID_TOKEN: "header.claims.signature" } });
 * await createSigner({ token, trust: publicTrustRoot });
 * ```
 *
 * @param options what is there besides the environment
 * @returns the source; when there is none, one that says so when it is asked
 */
export function findToken(options: FindTokenOptions = {}): TokenSource {
  const { env = process.env, issuer, openBrowser, showDevice } = options;
  const found = environmentToken(env) ?? githubActionsToken(env) ?? buildkiteToken(env) ??
    circleciToken(env) ?? (existsSync(KUBERNETES_FILE) ? tokenFile(KUBERNETES_FILE) : undefined);
  if (found !== undefined) return found;
  const isCi = env.CI !== undefined && !["", "0", "false"].includes(env.CI);
  if (!isCi && openBrowser !== undefined) return browserToken({ issuer, openBrowser });
  if (!isCi && showDevice !== undefined) return deviceToken({ issuer, showDevice });
  // A person at a machine in Google Cloud signs as a person, not as the machine.
  return googleToken(env) ?? noToken(env);
}

function noToken(env: Environment): TokenSource {
  const hint: Hint = env.GITLAB_CI
    ? "add `id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }` to the job"
    : [
      "give one with ",
      { option: "token" },
      " or the variable SIGSTORE_ID_TOKEN, log in at a terminal, or sign with a key of your own with ",
      { option: "key" },
    ];
  return {
    name: "the environment",
    token: () =>
      Promise.reject(new BlobberError("unauthorized", "no identity token to sign with", { hint })),
  };
}
