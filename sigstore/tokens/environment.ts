/**
 * Where tokens are in the environment of a process.
 *
 * @module
 */

import { givenToken } from "./given.ts";
import type { TokenSource } from "./token.ts";

/** The variables of a process. */
export type Environment = Record<string, string | undefined>;

/** The variable in which Sigstore's tools look for a token. GitLab's `id_tokens` put one there. */
const TOKEN_VARIABLE = "SIGSTORE_ID_TOKEN";

/**
 * The token in `SIGSTORE_ID_TOKEN`.
 *
 * @param env the variables
 * @returns the source, or nothing when the variable is not set
 */
export function environmentToken(env: Environment): TokenSource | undefined {
  const value = env[TOKEN_VARIABLE];
  return value === undefined || value.trim() === "" ? undefined : givenToken(value, TOKEN_VARIABLE);
}
