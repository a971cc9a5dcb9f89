/**
 * The client of a command, from the settings.
 *
 * @module
 */

import type { ClientOptions } from "@blobber/core";
import { Client } from "@blobber/core/client";
import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/printable";
import { defaultCacheDir, type Environment } from "./config/paths.ts";
import type { Context } from "./context.ts";
import type { Settings } from "./effective.ts";

/**
 * Makes the client.
 *
 * @param context of the command
 * @param extra what the command adds
 */
export function makeClient(context: Context, extra: ClientOptions = {}): Client {
  return new Client({
    onNotice: context.report.onNotice,
    ...clientOptions(context.settings, context.env),
    ...extra,
  });
}

/**
 * Reads what a client is made from out of the settings.
 *
 * @param settings the settings in force
 * @param env the environment
 */
export function clientOptions(settings: Settings, env: Environment): ClientOptions {
  const caFile = settings.get("caFile");
  const registries: NonNullable<ClientOptions["registries"]> = {};
  for (const [host, block] of Object.entries(settings.registries())) {
    registries[host] = {
      ...block.insecure !== undefined && { insecure: block.insecure },
      ...block.insecureSkipTlsVerify !== undefined &&
        { insecureSkipTlsVerify: block.insecureSkipTlsVerify },
      ...block.caFile !== undefined && { caCerts: [readCerts(block.caFile)] },
    };
  }
  return {
    insecure: settings.get("insecure"),
    insecureSkipTlsVerify: settings.get("insecureSkipTlsVerify"),
    ...caFile !== undefined && { caCerts: [readCerts(caFile)] },
    registries,
    ...settings.get("cache") &&
      { cacheDir: settings.get("cacheDir") ?? defaultCacheDir(env) },
    cacheTtl: settings.get("cacheTtl"),
    referrers: settings.get("referrers"),
    jobs: settings.get("jobs"),
  };
}

function readCerts(path: string): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    throw new BlobberError(
      "invalid-option",
      `cannot read the certificates in ${printable(path)}: ${printable((cause as Error).message)}`,
      { cause },
    );
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new BlobberError(
    "invalid-option",
    `no certificate in ${printable(path)}, expected PEM ("-----BEGIN CERTIFICATE-----")`,
  );
}
