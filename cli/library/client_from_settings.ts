/**
 * The client of a command, from the settings.
 *
 * @module
 */

import type { ClientOptions, RegistryStoreOptions } from "@blobber/core";
import { Client } from "@blobber/core/internal/client";
import { BlobberError } from "@blobber/core/errors";
import { MAX_CA_FILE_BYTES } from "@blobber/core/limits";
import { printable } from "@blobber/core/internal/printable";
import type { NamedFile } from "../config/named_file.ts";
import { defaultCacheDir, defaultStateDir } from "../config/paths.ts";
import type { Context } from "../context.ts";
import { mainModule } from "../machine.ts";

/** The address of this module, where it is a file of its own. */
const OWN_FILE = /\/library\/client_from_settings\.[jt]s$/;

/**
 * Makes the client.
 *
 * @param context of the command
 * @param extra what the command adds
 */
export async function makeClient(
  context: Pick<Context, "settings" | "env" | "signal" | "report">,
  extra: ClientOptions = {},
): Promise<Client> {
  return new Client({
    onNotice: context.report.onNotice,
    ...await clientOptions(context),
    ...extra,
  });
}

/**
 * Reads what a client is made from out of the settings.
 *
 * @param context of the command
 */
export async function clientOptions(
  context: Pick<Context, "settings" | "env" | "signal">,
): Promise<ClientOptions> {
  const { settings, env } = context;
  return {
    ...await registryOptions(context),
    ...settings.get("cache") &&
      { cacheDir: settings.get("cacheDir") ?? defaultCacheDir(env) },
    cacheTtl: settings.get("cacheTtl"),
    stateDir: settings.get("stateDir") ?? defaultStateDir(env),
    jobs: settings.get("jobs"),
    // Bundled, in one file or many, there is only the program to run: it asks first whether it is a thread.
    ...!OWN_FILE.test(import.meta.url) && { threadEntry: mainModule() },
    allowSharedDirectories: settings.get("allowSharedDirectories"),
  };
}

/**
 * Reads out of the settings how registries are reached.
 *
 * @param context of the command
 */
export async function registryOptions(
  { settings, signal }: Pick<Context, "settings" | "signal">,
): Promise<RegistryStoreOptions> {
  const caFile = settings.file("caFile");
  const registries: NonNullable<RegistryStoreOptions["registries"]> = {};
  for (const [host, block] of Object.entries(settings.registries)) {
    const { insecure, insecureSkipTlsVerify, caFile } = block;
    registries[host] = {
      ...insecure !== undefined && { insecure },
      ...insecureSkipTlsVerify !== undefined && { insecureSkipTlsVerify },
      ...caFile !== undefined && { caCerts: [await readCerts(caFile, signal)] },
    };
  }
  return {
    insecure: settings.get("insecure"),
    insecureSkipTlsVerify: settings.get("insecureSkipTlsVerify"),
    ...caFile !== undefined && { caCerts: [await readCerts(caFile, signal)] },
    registries,
    referrers: settings.get("referrers"),
  };
}

async function readCerts(file: NamedFile, signal: AbortSignal): Promise<string> {
  const { readNamedText } = await import("../config/named_file.ts");
  const text = await readNamedText(file, {
    what: "the certificates",
    code: "invalid-option",
    limit: MAX_CA_FILE_BYTES,
    signal,
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new BlobberError(
    "invalid-option",
    `no certificate in ${printable(file.path)}, expected PEM ("-----BEGIN CERTIFICATE-----")`,
  );
}
