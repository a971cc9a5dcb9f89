/**
 * What a request needs to be allowed, in the words of token servers (distribution's token spec, "Scope").
 *
 * @module
 */

import { MAX_CHALLENGED_SCOPES } from "../../limits.ts";

/** `repository:acme/app:pull,push`, one or several. */
export type Scope = readonly string[];

/**
 * Our scope, and what the registry says is needed beyond it. The registry's scope alone is not enough: the
 * first challenge of a push may name only reading.
 *
 * @param ours what the request needs
 * @param challenged `scope` of the challenge
 */
export function mergeScopes(ours: Scope, challenged: string | undefined): string[] {
  const merged = [...ours];
  const resourceOf = (scope: string) => scope.slice(0, scope.lastIndexOf(":"));
  for (const scope of (challenged ?? "").split(" ").slice(0, MAX_CHALLENGED_SCOPES)) {
    const known = ours.some((own) => resourceOf(own) === resourceOf(scope));
    if (scope !== "" && !known) merged.push(scope);
  }
  return merged;
}
