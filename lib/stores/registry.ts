/**
 * What speaks to a registry, for programs that have no use for a client: the store of one repository, credentials
 * where Docker and Podman keep them, and logging in and out.
 *
 * A store does not check what it gives out. Its reader does, such as a
 * `Client` that is handed the store in place of a reference, or `openLayer` of `@blobber/core/estargz`.
 *
 * ```ts
 * import { openRegistry } from "@blobber/core/registry";
 *
 * const store = openRegistry("registry.example/acme/app", {
 *   credentials: () => Promise.resolve(undefined),
 *   fetch: () => Promise.resolve(Response.json({ tags: ["v1", "v2"] })), // leave it out for a real registry
 * });
 * const tags: string[] = [];
 * for await (const tag of store.tags()) tags.push(tag);
 * if (tags.join() !== "v1,v2") throw new Error(tags.join());
 * await store.close?.();
 * ```
 *
 * @example Credentials in a file
 * ```ts
 * import { credentialsFor, eraseLogin, openRegistry, parseRegistry } from "@blobber/core/registry";
 * import { type RegistryStoreOptions, storeLogin } from "@blobber/core/registry";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const dir = await mkdtemp(join(tmpdir(), "example-"));
 * const file = join(dir, "config.json"); // leave it out, and Docker's own is taken
 * const { host } = parseRegistry("registry.example");
 * await storeLogin(host, { username: "me", password: "secret" }, file);
 *
 * const credentials: RegistryStoreOptions["credentials"] = (host, repository) =>
 *   credentialsFor(host, repository, [file]);
 * const store = openRegistry("registry.example/acme/app", { credentials });
 * await store.close?.();
 *
 * if (!await eraseLogin(host, file)) throw new Error("expected it to be there");
 * await rm(dir, { recursive: true });
 * ```
 *
 * @module
 */

import { noteOwn } from "../doors/own_stores.ts";
import { registryOptions } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { RegistryStoreOptions } from "../options.ts";
import type { RegistryReference } from "../reference.ts";
import type { Store } from "../store.ts";
import { quote } from "../text/printable.ts";
import { noteRepository, readName } from "./named.ts";
import { openRegistry as open } from "./registry_store.ts";

export { credentialsFor } from "../registry/auth/credentials.ts";
export {
  checkLogin,
  eraseLogin,
  type Login,
  type LoginOptions,
  storeLogin,
} from "../registry/login.ts";
export { parseRegistry } from "../reference.ts";
// What these and a store are made of.
export type { Digest } from "../digest.ts";
export type {
  Notice,
  Observer,
  OnRequest,
  Phase,
  Progress,
  RequestEnd,
  RequestStart,
} from "../events.ts";
export type {
  ConnectionOptions,
  Credentials,
  Fetch,
  FetchInit,
  FetchResponse,
  RegistryStoreOptions,
} from "../options.ts";
export type { Registry, RegistryName, RegistryReference, RepositoryPath } from "../reference.ts";
export type {
  BlobWriter,
  ByteRange,
  CallOptions,
  FetchOptions,
  Freed,
  Names,
  ReferrerOptions,
  RemoveManifestOptions,
  SetTagOptions,
  Source,
  Store,
  Target,
  UntagOptions,
} from "../store.ts";
export type { Annotations, Descriptor, Platform } from "../types.ts";

/**
 * Opens the store of a repository in a registry. Nothing is asked of the registry before the first call, and
 * credentials not before it wants some. Close it when it is no longer needed.
 *
 * @example
 * ```ts
 * import { Client } from "@blobber/core";
 * import { openRegistry } from "@blobber/core/registry";
 *
 * const store = openRegistry("registry.example/acme/app", { // a tag or a digest would not matter here
 *   credentials: () => Promise.resolve(undefined),
 *   fetch: () => Promise.resolve(Response.json({ tags: ["v1"] })), // leave it out for a real registry
 * });
 * const client = new Client();
 * const tags = await client.tags({ store });
 * if (tags.join() !== "v1") throw new Error(tags.join());
 * await client.close();
 * await store.close?.(); // a store that you opened is yours to close
 * ```
 *
 * @param reference the repository, `HOST/REPOSITORY`; tag and digest do not matter
 * @param options how the registry is reached
 * @throws {BlobberError} `invalid-reference` for anything but a repository in a registry, `invalid-option`
 */
export function openRegistry(
  reference: string | RegistryReference,
  options: RegistryStoreOptions = {},
): Store {
  const { at } = readName(reference);
  if (at.kind !== "registry") {
    throw new BlobberError(
      "invalid-reference",
      `invalid reference: ${quote(reference)}, expected a repository in a registry`,
      { hint: at.kind === "layout" ? "new LayoutStore(path) opens a layout" : undefined },
    );
  }
  const store = open(at, registryOptions(options));
  noteRepository(store, at);
  noteOwn(store);
  return store;
}
