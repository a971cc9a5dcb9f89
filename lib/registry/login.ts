/**
 * Logging in and out: credentials are tried at the registry, and kept where Docker keeps them, so that
 * every tool on the machine finds them.
 *
 * @module
 */

import { checkLoginParts } from "../doors/credentials.ts";
import { loginOptions } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import { writeAtomic } from "../system/files.ts";
import { errnoOf, fileError, leaving } from "../system/system_error.ts";
import { holdFile } from "../system/hold_path.ts";
import type { RegistryStoreOptions } from "../options.ts";
import { quote } from "../text/printable.ts";
import { addressOf, type Registry, type RegistryName } from "../reference.ts";
import { credentialsKeyOf } from "./http/docker_hub.ts";
import { VerbCall } from "../verb_call.ts";
import { discardBody } from "./http/body.ts";
import { transportTo } from "./open_repository.ts";
import { tellHelper } from "./auth/credential_helper.ts";
import {
  credentialHelperFor,
  credentialsFiles,
  isKeyOf,
  readCredentialsFile,
} from "./auth/credentials.ts";

/** A user name and a password, or a token in a password's place. */
export interface Login {
  /** User name at the registry. */
  username: string;
  /** Password or token. */
  password: string;
}

/** Options of {@linkcode checkLogin}. */
export interface LoginOptions extends RegistryStoreOptions, Pick<Observer, "onNotice" | "signal"> {}

/**
 * Tries credentials at a registry (distribution spec, "Determining Support": `GET /v2/`).
 *
 * @example
 * ```ts
 * import { checkLogin, parseRegistry } from "@blobber/core/registry";
 *
 * const login = { username: "me", password: "secret" };
 * const asked = await checkLogin(parseRegistry("registry.example"), login, {
 *   fetch: () => Promise.resolve(new Response("{}")), // leave it out for a real registry
 * });
 * if (asked) throw new Error("expected a registry that is open to all");
 * ```
 *
 * @param registry where
 * @param login what to try
 * @returns whether the registry asked for them; one that is open to all says nothing about them
 * @throws {BlobberError} `unauthorized` when they are refused
 */
export async function checkLogin(
  registry: Registry,
  login: Login,
  options: LoginOptions = {},
): Promise<boolean> {
  const call = new VerbCall(options?.signal);
  return await call.run(() => {
    checkLoginParts(login);
    return tryLogin(registry, login, call.observed(loginOptions(options)));
  });
}

async function tryLogin(
  registry: Registry,
  login: Login,
  options: LoginOptions,
): Promise<boolean> {
  if (typeof registry?.host !== "string") {
    throw new BlobberError(
      "invalid-reference",
      `invalid registry: ${quote(registry)}, expected a parsed reference into one`,
    );
  }
  let asked = false;
  const host = addressOf(registry);
  const { transport, close } = transportTo(registry, options, () => {
    asked = true;
    return Promise.resolve(login);
  });
  const ask = async () => {
    const { signal } = options;
    const answer = await (await transport()).request({
      method: "GET",
      to: "/v2/",
      scope: [],
      signal,
    });
    await discardBody(answer);
    return answer;
  };
  const response = await ask().finally(close);
  if (response.status === 200) return asked;
  if (response.status === 401 || response.status === 403) {
    throw new BlobberError(
      "unauthorized",
      `authentication failed: ${host} refuses the credentials of ${quote(login.username)}`,
      { hint: "many registries want a token in place of the account's password" },
    );
  }
  throw new BlobberError(
    "registry",
    `${host} answers ${response.status} to GET /v2/, expected a registry`,
  );
}

/**
 * Stores credentials: in the helper that Docker's configuration names for the registry, else in the
 * configuration itself.
 *
 * @param host the registry
 * @param login what to store
 * @param path the configuration; the first that would be read
 * @returns where they are now
 */
export async function storeLogin(
  host: RegistryName,
  login: Login,
  path?: string,
): Promise<string> {
  return await leaving(() => {
    checkLoginParts(login);
    return storeIn(path ?? defaultFile(), host, login);
  });
}

async function storeIn(path: string, host: RegistryName, login: Login): Promise<string> {
  const config = readConfiguration(path);
  const helper = helperIn(config, host);
  const auths = tableOf(config, "auths");
  const key = entryKeyFor(auths, host);
  if (helper !== undefined) {
    await tellHelper(helper.name, helper.server, login);
    // An entry here would be found by tools that do not ask the helper.
    if (Object.hasOwn(auths, key)) {
      writeConfiguration(path, { ...config, auths: { ...auths, [key]: {} } });
    }
    return `docker-credential-${helper.name}`;
  }
  const bytes = new TextEncoder().encode(`${login.username}:${login.password}`);
  const auth = btoa(String.fromCharCode(...bytes));
  writeConfiguration(path, { ...config, auths: { ...auths, [key]: { auth } } });
  return path;
}

/**
 * Forgets credentials.
 *
 * @param host the registry
 * @param path the configuration; the first that would be read
 * @returns whether there were some, as far as can be told
 */
export async function eraseLogin(
  host: RegistryName,
  path?: string,
): Promise<boolean> {
  return await leaving(() => eraseIn(path ?? defaultFile(), host));
}

async function eraseIn(path: string, host: RegistryName): Promise<boolean> {
  const config = readConfiguration(path);
  const helper = helperIn(config, host);
  if (helper !== undefined) await tellHelper(helper.name, helper.server, undefined);
  const auths = tableOf(config, "auths");
  const kept = Object.entries(auths).filter(([key]) => !isKeyOf(key, host, ""));
  const removed = kept.length < Object.keys(auths).length;
  if (removed) writeConfiguration(path, { ...config, auths: Object.fromEntries(kept) });
  return removed || helper !== undefined;
}

function defaultFile(): string {
  const [first] = credentialsFiles();
  if (first !== undefined) return first;
  throw new BlobberError(
    "file-system",
    "no place for credentials: this user has no home directory",
    {
      hint: "set DOCKER_CONFIG to a directory for them",
    },
  );
}

/** Docker Hub's entry has a URL for a name; another registry's the one it has already, else its host. */
function entryKeyFor(auths: Record<string, unknown>, host: RegistryName): string {
  const known = Object.keys(auths).find((key) => isKeyOf(key, host, ""));
  return known ?? credentialsKeyOf(host);
}

function helperIn(
  config: Record<string, unknown>,
  host: RegistryName,
): { name: string; server: string } | undefined {
  const { credsStore } = config;
  const helper = credentialHelperFor(
    { credHelpers: tableOf(config, "credHelpers"), credsStore },
    host,
  );
  if (helper === undefined) return undefined;
  if (typeof helper.name !== "string") {
    throw new BlobberError(
      "invalid-config",
      `the credentials file: the helper for ${host} is not a string`,
    );
  }
  const server = credentialsKeyOf(host);
  return { name: helper.name, server: server === host ? helper.key ?? host : server };
}

function tableOf(config: Record<string, unknown>, key: string): Record<string, unknown> {
  const table = config[key] ?? {};
  if (typeof table === "object" && !Array.isArray(table)) return table as Record<string, unknown>;
  throw new BlobberError("invalid-config", `the credentials file: ${quote(key)} is not an object`);
}

/** The whole configuration: what belongs to other tools goes back as it was. */
function readConfiguration(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder().decode(readCredentialsFile(path));
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return {};
    throw fileError("cannot read credentials from", path, cause);
  }
  try {
    const json = JSON.parse(text);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  } catch { // the parser's message may quote a secret
  }
  throw new BlobberError(
    "invalid-config",
    `credentials file ${quote(path)}: it is not a JSON object`,
  );
}

function writeConfiguration(path: string, config: Record<string, unknown>): void {
  const bytes = new TextEncoder().encode(JSON.stringify(config, null, "\t") + "\n");
  // People keep their configuration in a repository and link to it: a link of their own stays.
  const { dir, name } = holdFile(path, { allowShared: true, links: "trusted", mode: 0o700 });
  try {
    writeAtomic(dir.entry(name), bytes, { mode: 0o600 });
  } finally {
    dir.close();
  }
}
