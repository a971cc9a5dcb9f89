/**
 * How a registry is reached.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { ClientOptions, ConnectionOptions, Fetch } from "../../options.ts";
import { parseRegistry, type RegistryName } from "../../reference.ts";

/** How one registry is reached. */
export interface Connecting extends ConnectionOptions {
  /** Makes the requests. */
  fetch?: Fetch | undefined;
}

/**
 * The options of a connection: those of the registry where it has its own, else the client's.
 *
 * @param host the registry
 * @param options the client's
 * @throws {BlobberError} `invalid-reference` for options of something that is not a registry, `invalid-option`
 */
export function connectionFor(host: RegistryName, options: ClientOptions): Connecting {
  const { insecure, insecureSkipTlsVerify, caCerts } = options;
  const own = Object.entries(options.registries ?? {})
    .find(([name]) => parseRegistry(name).host === host)?.[1];
  const { fetch } = options;
  const connecting = {
    fetch,
    insecure: own?.insecure ?? insecure,
    insecureSkipTlsVerify: own?.insecureSkipTlsVerify ?? insecureSkipTlsVerify,
    caCerts: own?.caCerts ?? caCerts,
    maxConnections: checkedCount(own?.maxConnections ?? options.maxConnections),
  };
  if (fetch !== undefined) checkFetch(connecting);
  return connecting;
}

function checkedCount(count: number | undefined): number | undefined {
  if (count === undefined || Number.isSafeInteger(count) && count >= 1) return count;
  throw new BlobberError(
    "invalid-option",
    `invalid maxConnections: ${count}, expected a whole number from 1 on`,
  );
}

/** Refuses what a function of the caller's would not heed. */
function checkFetch({ caCerts, insecureSkipTlsVerify }: Connecting): void {
  const ignored = caCerts !== undefined
    ? "caCerts"
    : insecureSkipTlsVerify
    ? "insecureSkipTlsVerify"
    : undefined;
  if (ignored === undefined) return;
  throw new BlobberError(
    "invalid-option",
    `${ignored} and fetch are both given, expected one: what makes the requests decides whom it trusts`,
  );
}
