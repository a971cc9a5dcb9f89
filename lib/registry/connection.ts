/**
 * Which host serves a registry, and how it is reached.
 *
 * @module
 */

import type { ClientOptions, ConnectionOptions } from "../options.ts";
import { canonicalHost } from "../reference.ts";

/**
 * The host that is connected to.
 *
 * @param host the registry, canonical
 */
export function endpointOf(host: string): string {
  return host === "docker.io" ? "registry-1.docker.io" : host;
}

/**
 * The options of a connection: those of the registry where it has its own, else the client's.
 *
 * @param host the registry, canonical
 * @param options the client's
 */
export function connectionFor(host: string, options: ClientOptions): ConnectionOptions {
  const { insecure, insecureSkipTlsVerify, caCerts } = options;
  const own = Object.entries(options.registries ?? {})
    .find(([name]) => canonicalHost(name) === host)?.[1];
  return {
    insecure: own?.insecure ?? insecure,
    insecureSkipTlsVerify: own?.insecureSkipTlsVerify ?? insecureSkipTlsVerify,
    caCerts: own?.caCerts ?? caCerts,
  };
}
