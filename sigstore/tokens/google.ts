/**
 * Tokens of Google Cloud ("Verify the identity of a virtual machine"): a build or a machine asks the
 * metadata server for one that is about its service account.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { askService, type ServiceRequest } from "../service.ts";
import type { Environment } from "./environment.ts";
import type { TokenSource } from "./token.ts";

/**
 * The source, when this runs in Google Cloud.
 *
 * @param env the variables; `GCE_METADATA_HOST` names the metadata server
 * @param productName what the machine says it is; for tests
 */
export function googleToken(
  env: Environment,
  productName: () => string = readProductName,
): TokenSource | undefined {
  // Both variables are those of Google's own libraries.
  const isGoogle = env.NO_GCE_CHECK !== "true" && productName().startsWith("Google");
  const host = env.GCE_METADATA_HOST || (isGoogle ? "metadata.google.internal" : undefined);
  if (host === undefined || !/^[\w.:[\]-]{1,255}$/.test(host)) return undefined;
  return {
    name: "Google Cloud",
    async token({ clientId, context }) {
      const query = new URLSearchParams({ audience: clientId, format: "full" });
      const request: ServiceRequest = {
        service: "the metadata server of Google Cloud",
        url:
          `http://${host}/computeMetadata/v1/instance/service-accounts/default/identity?${query}`,
        headers: { "metadata-flavor": "Google" },
      };
      const { bytes } = await askService(context, request);
      return new TextDecoder().decode(bytes);
    },
  };
}

function readProductName(): string {
  try {
    return readFileSync("/sys/class/dmi/id/product_name", "utf8");
  } catch { // another system, or none of our business
    return "";
  }
}
