/**
 * How a registry is reached.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { ClientOptions, ConnectionOptions } from "../../options.ts";
import { parseRegistry, type RegistryName } from "../../reference.ts";

/**
 * The options of a connection: those of the registry where it has its own, else the client's.
 *
 * @param host the registry
 * @param options the client's
 * @throws {BlobberError} `invalid-reference` for options of something that is not a registry, `invalid-option`
 */
export function connectionFor(host: RegistryName, options: ClientOptions): ConnectionOptions {
  const { insecure, insecureSkipTlsVerify, caCerts } = options;
  const own = Object.entries(options.registries ?? {})
    .find(([name]) => parseRegistry(name).host === host)?.[1];
  return {
    insecure: own?.insecure ?? insecure,
    insecureSkipTlsVerify: own?.insecureSkipTlsVerify ?? insecureSkipTlsVerify,
    caCerts: own?.caCerts ?? caCerts,
    maxConnections: checkedCount(own?.maxConnections ?? options.maxConnections),
  };
}

function checkedCount(count: number | undefined): number | undefined {
  if (count === undefined || Number.isSafeInteger(count) && count >= 1) return count;
  throw new BlobberError(
    "invalid-option",
    `invalid maxConnections: ${count}, expected a whole number from 1 on`,
  );
}
