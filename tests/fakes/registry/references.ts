/** Names of registries and repositories for tests, made as everything else makes them. */

import assert from "node:assert/strict";
import {
  nameOf,
  parseReference,
  type RegistryReference,
  type RepositoryName,
} from "../../../lib/reference.ts";
import type { SignedName } from "../../../lib/signing.ts";

/** The reference that a host and a repository make. */
export function registryReference(host: string, repository: string): RegistryReference {
  const reference = parseReference(`${host}/${repository}`);
  assert.equal(reference.kind, "registry");
  return reference as RegistryReference;
}

/** A name with which something is signed or asked for: a repository, and tags. */
export function signedName(
  text: string,
  ...tags: string[]
): SignedName & { repository: RepositoryName } {
  const [, host, path] = /^([^/]+)\/(.*)$/.exec(text)!;
  return { repository: nameOf(registryReference(host!, path!)), tags };
}
