/**
 * The shape of options about connections, of all registries or of single ones.
 *
 * @module
 */

import type { ConnectionOptions } from "../options.ts";
import { registryNamed } from "../reference.ts";
import { everyCertificate } from "./option_checks.ts";
import {
  type Fault,
  fault,
  faultIn,
  flag,
  hidden,
  isRecord,
  mapOf,
  type Shape,
  that,
} from "./shape.ts";

/** Connections to whatever registry. */
export const CONNECTION: Shape<ConnectionOptions> = {
  insecure: flag,
  insecureSkipTlsVerify: flag,
  caCerts: (value) =>
    Array.isArray(value) ? everyCertificate(value) : hidden(value, "a list of certificates in PEM"),
  maxConnections: that(
    (value) => Number.isSafeInteger(value) && (value as number) >= 1,
    "a whole number from 1",
  ),
};

const everyRegistry = mapOf(
  (value) => isRecord(value) ? faultIn(CONNECTION, value) : fault(value, "an object"),
  "an object of options by host[:port]",
);

/** Connections by registry: an exception for what is no registry would never hold. */
export function registries(value: unknown): Fault | undefined {
  const wrong = everyRegistry(value);
  if (wrong !== undefined) return wrong;
  const name = Object.keys(value as object).find((host) => registryNamed(host) === undefined);
  return name === undefined ? undefined : fault(name, 'options of a registry, "host[:port]"');
}
