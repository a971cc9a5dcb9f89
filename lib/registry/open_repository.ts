/**
 * From a reference and a client's options to the way to a registry.
 *
 * @module
 */

import type { Observer } from "../events.ts";
import type { ClientOptions, Credentials } from "../options.ts";
import { addressOf, type Registry, type RegistryReference, storeName } from "../reference.ts";
import { systemClock } from "../system/clock.ts";
import { VERSION } from "../version.ts";
import { endpointOf } from "./http/docker_hub.ts";
import { connectionFor } from "./http/connection.ts";
import { Repository } from "./repository.ts";
import type { Seams, Transport } from "./transport.ts";

/** A client's options, and where notices go. */
export interface RegistryOptions extends ClientOptions, Pick<Observer, "onNotice"> {
  /** What tests replace: time, the engine. */
  seams?: Seams | undefined;
}

/**
 * Opens a repository. Nothing is asked of the registry yet.
 *
 * @param reference its registry and repository; tag and digest do not matter here
 * @param options how the registry is reached
 */
export function openRepository(
  reference: RegistryReference,
  options: RegistryOptions,
): Repository {
  const { host, repository: path } = reference;
  const { transport, close } = transportTo(reference, options, async () => {
    if (options.credentials !== undefined) {
      const { checkedCredentials } = await import("../doors/credentials.ts");
      return checkedCredentials(await options.credentials(host, path), host);
    }
    const { credentialsFor } = await import("./auth/credentials.ts");
    return await credentialsFor(host, path);
  });
  return new Repository({
    path,
    name: storeName(reference),
    address: addressOf(reference),
    clock: options.seams?.clock ?? systemClock,
    transport,
    close,
  });
}

/** A way that is opened when it is needed, and closed for good. */
export type TransportDoor = Pick<Repository, "transport" | "close">;

/**
 * The way to a registry, which is opened by the first call: what a cache answers needs none.
 *
 * @param registry where to
 * @param options how it is reached
 * @param credentials asked once, after the first challenge
 * @throws {BlobberError} `invalid-reference` for options of something that is not a registry
 */
export function transportTo(
  registry: Registry,
  options: RegistryOptions,
  credentials: () => Promise<Credentials | undefined>,
): TransportDoor {
  const connection = connectionFor(registry.host, options);
  let opened: Promise<Transport> | undefined;
  let closed = false;
  const open = async () => {
    const { Transport } = await import("./transport.ts");
    const transport = new Transport({
      host: addressOf(registry),
      endpoint: endpointOf(registry),
      connection,
      credentials,
      userAgent: options.userAgent ?? `blobber/${VERSION}`,
      observer: options,
      seams: options.seams,
    });
    if (closed) transport.close();
    return transport;
  };
  return {
    transport: () => opened ??= open(),
    close: async () => {
      closed = true;
      (await opened)?.close();
    },
  };
}
