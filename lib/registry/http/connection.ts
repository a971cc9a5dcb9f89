/**
 * Which host serves a registry, and how it is reached.
 *
 * @module
 */

import type { ClientOptions, ConnectionOptions } from "../../options.ts";
import { addressOf, parseRegistry, type Registry, type RegistryName } from "../../reference.ts";

/**
 * `host[:port]` that is connected to.
 *
 * @param registry the registry
 */
export function endpointOf(registry: Registry): string {
  return addressOf(registry).replace(/^docker\.io(?=$|:(?:80|443)$)/, "registry-1.docker.io");
}

/**
 * The options of a connection: those of the registry where it has its own, else the client's.
 *
 * @param host the registry
 * @param options the client's
 * @throws {BlobberError} `invalid-reference` for options of what is no registry
 */
export function connectionFor(host: RegistryName, options: ClientOptions): ConnectionOptions {
  const { insecure, insecureSkipTlsVerify, caCerts } = options;
  const own = Object.entries(options.registries ?? {})
    .find(([name]) => parseRegistry(name).host === host)?.[1];
  return {
    insecure: own?.insecure ?? insecure,
    insecureSkipTlsVerify: own?.insecureSkipTlsVerify ?? insecureSkipTlsVerify,
    caCerts: own?.caCerts ?? caCerts,
  };
}
