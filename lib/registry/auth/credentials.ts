/**
 * Credentials as Docker, Helm and Podman store them: for a registry, or for a part of one. Keys are compared by
 * canonical names and whole components.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { BlobberError } from "../../errors.ts";
import { homeDirectory } from "../../system/platform.ts";
import { errnoOf, fileError, missingPermission } from "../../system/system_error.ts";
import { readInputSync } from "../../system/input_file.ts";
import { MAX_CREDENTIALS_BYTES } from "../../limits.ts";
import type { Credentials } from "../../options.ts";
import { quote } from "../../text/printable.ts";
import { type RegistryName, registryNamed, type RepositoryPath } from "../../reference.ts";
import { credentialsKeyOf } from "../http/docker_hub.ts";
import type { Variables } from "../http/proxy.ts";

/**
 * The files in which credentials are looked for, in order: the one that is named, Docker's, Podman's.
 *
 * @param variables the environment
 * @param home the user's home directory, where there is one
 * @returns their paths
 */
export function credentialsFiles(
  variables: Variables = process.env,
  home: string | undefined = homeOfUser(),
): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = variables;
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    ...(DOCKER_CONFIG || home
      ? [join(DOCKER_CONFIG || join(home!, ".docker"), "config.json")]
      : []),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "containers", "auth.json")] : []),
    ...(XDG_CONFIG_HOME || home
      ? [join(XDG_CONFIG_HOME || join(home!, ".config"), "containers", "auth.json")]
      : []),
  ];
}

function homeOfUser(): string | undefined {
  try {
    return homeDirectory();
  } catch (cause) {
    const withheld = missingPermission(cause);
    if (withheld !== undefined) throw withheld;
    return undefined;
  }
}

/**
 * Looks for credentials. The first file that has some decides, and in it the key for the longest part of the
 * repository's path.
 *
 * @param host the registry
 * @param repository the repository in it
 * @param files where to look, in order
 * @param options whether programs may be started that know more; they are, unless this says otherwise
 * @throws {BlobberError} `invalid-config` naming the file, `unauthorized` when a helper fails
 */
export async function credentialsFor(
  host: RegistryName,
  repository: RepositoryPath,
  files: string[] = credentialsFiles(),
  options: { helpers?: boolean } = {},
): Promise<Credentials | undefined> {
  const { helpers = true } = options;
  for (const file of files) {
    const config = readConfig(file);
    if (config === undefined) continue;
    const found = await credentialsIn(config, { file, host, repository, helpers });
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Config {
  auths: Record<string, unknown>;
  credHelpers: Record<string, unknown>;
  credsStore: unknown;
}

/**
 * Reads a file of credentials: a regular one, bounded. Links are followed: people keep their configuration in a
 * repository and link to it.
 *
 * @param path the file
 * @throws what the system says; {@linkcode BlobberError} `invalid-config` for any other file
 */
export function readCredentialsFile(path: string): Uint8Array {
  const fail = (why: string, cause?: unknown) =>
    cause instanceof Error
      ? cause
      : new BlobberError("invalid-config", `credentials file ${quote(path)}: ${why}`);
  return readInputSync(path, { limit: MAX_CREDENTIALS_BYTES, fail }).bytes;
}

function readConfig(path: string): Config | undefined {
  const wrong = (why: string) =>
    new BlobberError("invalid-config", `credentials file ${quote(path)}: ${why}`);
  let bytes: Uint8Array;
  try {
    bytes = readCredentialsFile(path);
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError("cannot read credentials from", path, cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch { // the parser's message may quote a secret
    throw wrong("it is not JSON");
  }
  const { auths, credHelpers, credsStore } = Object(json) as Partial<Config>;
  const isTable = (value: unknown) =>
    value === undefined || value === null || typeof value === "object" && !Array.isArray(value);
  if (!isTable(auths)) throw wrong('"auths" is not an object');
  if (!isTable(credHelpers)) throw wrong('"credHelpers" is not an object');
  return { auths: auths ?? {}, credHelpers: credHelpers ?? {}, credsStore };
}

interface Wanted {
  file: string;
  host: RegistryName;
  repository: RepositoryPath;
  helpers: boolean;
}

async function credentialsIn(config: Config, wanted: Wanted): Promise<Credentials | undefined> {
  const { file, host, repository } = wanted;
  const wrong = (what: string) =>
    new BlobberError("invalid-config", `credentials file ${quote(file)}: ${what}`);
  const helper = wanted.helpers ? credentialHelperFor(config, host, repository) : undefined;
  if (helper !== undefined && typeof helper.name !== "string") {
    throw wrong(`the helper for ${host} is not a string`);
  }
  for (const part of partsOf(repository)) {
    const entries = entriesOf(config.auths, host, part);
    for (const server of helper === undefined ? [] : serversOf(helper, { entries, host, part })) {
      // Loaded where there is one: nothing else here needs what starts processes.
      const { askHelper } = await import("./credential_helper.ts");
      const found = await askHelper(helper!.name as string, server);
      if (found !== undefined) return found;
    }
    // Some tools leave an empty entry behind, which says only that a helper knows more.
    for (const [key, value] of entries.filter(([, value]) => !isEmpty(value))) {
      const found = credentialsOfEntry(
        value,
        () => wrong(`the entry of ${quote(key)} holds no "username:password" in base64`),
      );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `a/b/c`, `a/b`, `a`, and the empty text that stands for the whole registry. */
function partsOf(repository: string): string[] {
  const components = repository === "" ? [] : repository.split("/");
  return [...components.keys(), components.length].toReversed()
    .map((length) => components.slice(0, length).join("/"));
}

/** A helper, and the key under which a configuration names it for a registry or a part of one. */
interface Helper {
  name: unknown;
  key?: string;
}

/**
 * The helper for a registry or a part of one: the one that `credHelpers` names for the longest part, else
 * `credsStore`. An empty name in `credHelpers` says that there is no helper.
 *
 * @param config a configuration
 * @param host the registry
 * @param repository the repository, or nothing for the registry as a whole
 */
export function credentialHelperFor(
  { credHelpers, credsStore }: Pick<Config, "credHelpers" | "credsStore">,
  host: RegistryName,
  repository = "",
): Helper | undefined {
  for (const part of partsOf(repository)) {
    const [own] = entriesOf(credHelpers, host, part);
    if (own === undefined) continue;
    const [key, name] = own;
    return isNone(name) ? undefined : { name, key };
  }
  return isNone(credsStore) ? undefined : { name: credsStore };
}

function isNone(name: unknown): boolean {
  return name === undefined || name === null || name === "";
}

/** What a helper stores the credentials under: the keys that the file lists, and for a registry its name. */
function serversOf(
  { key }: Helper,
  { entries, host, part }: { entries: [string, unknown][]; host: RegistryName; part: string },
): Iterable<string> {
  const listed = entries.map(([key]) => key);
  if (part !== "") {
    const named = key !== undefined && isKeyOf(key, host, part) ? [key] : [];
    return new Set([...named, ...listed]);
  }
  if (credentialsKeyOf(host) !== host) return [credentialsKeyOf(host)];
  return new Set([...(key !== undefined && isKeyOf(key, host, "") ? [key] : listed), host]);
}

function entriesOf<T>(
  table: Record<string, T>,
  host: RegistryName,
  part: string,
): [string, T][] {
  return Object.entries(table).filter(([key]) => isKeyOf(key, host, part));
}

/**
 * Whether a key is about a registry, or about a part of it: `host`, `host/namespace`, or a URL of one of
 * these. The registry itself is also written with the version of the interface behind it, as Docker's first
 * registries had it.
 *
 * @param key of `auths` or `credHelpers`
 * @param host the registry
 * @param part the first components of a repository's path; empty for the registry as a whole
 */
export function isKeyOf(key: string, host: RegistryName, part: string): boolean {
  const [, scheme, name, rest = ""] = /^(https?:\/\/)?([^/@\s]+)(?:\/(.*))?$/.exec(key) ?? [];
  if (name === undefined || registryNamed(name) !== host) return false;
  const path = rest.replace(/\/$/, "");
  if (/^v[12]$/.test(path)) return part === "";
  // Docker keeps tokens of its own under such keys: https://index.docker.io/v1/access-token.
  if (scheme !== undefined && /^v[12]\//.test(path)) return false;
  return path === part;
}

function isEmpty(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function credentialsOfEntry(value: unknown, wrong: () => BlobberError): Credentials | undefined {
  const { auth, username, password, identitytoken, registrytoken } = Object(value);
  if (isText(identitytoken)) return { identityToken: identitytoken };
  if (isText(registrytoken)) return { registryToken: registrytoken };
  if (isText(auth)) {
    let text: string;
    try {
      const bytes = Uint8Array.from(atob(auth.trim()), (c) => c.charCodeAt(0));
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw wrong();
    }
    const colon = text.indexOf(":");
    if (colon < 0) throw wrong();
    // Docker pads what it writes with NUL.
    return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
  }
  if (isText(username) && isText(password)) return { username, password };
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
