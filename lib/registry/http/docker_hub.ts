/**
 * What is different at Docker Hub, beside its name, which `reference.ts` decides: the host that serves it, and
 * what its credentials are stored under.
 *
 * @module
 */

import { addressOf, type Registry, type RegistryName } from "../../reference.ts";

/**
 * `host[:port]` that is connected to.
 *
 * @param registry the registry
 */
export function endpointOf(registry: Registry): string {
  const address = addressOf(registry);
  return registry.host === "docker.io"
    ? address.replace("docker.io", "registry-1.docker.io")
    : address;
}

/**
 * What the credentials of a registry are stored under, in files and by helpers: its name, but for Docker Hub,
 * which Docker stores under a URL.
 *
 * @param host the registry
 */
export function credentialsKeyOf(host: RegistryName): string {
  return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}
