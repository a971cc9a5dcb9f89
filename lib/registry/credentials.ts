/**
 * Credentials as Docker and Podman store them, matched by the exact canonical host and by nothing less.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BlobberError } from "../errors.ts";
import { errnoOf, fileError } from "../files.ts";
import { MAX_CREDENTIALS_BYTES } from "../limits.ts";
import type { Credentials } from "../options.ts";
import { quote } from "../printable.ts";
import { canonicalHost } from "../reference.ts";
import type { Variables } from "./proxy.ts";

/** Under this name Docker stores the credentials of Docker Hub, and helpers know it. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/** A file that may hold credentials. */
export interface CredentialsFile {
  path: string;
  /** Podman's files may have entries for a part of a registry: `host/namespace/repository`. */
  namespaced: boolean;
}

/**
 * The files in which credentials are looked for, in order: the one that is named, Docker's, Podman's.
 *
 * @param variables the environment
 * @param home the user's home directory
 */
export function credentialsFiles(
  variables: Variables = process.env,
  home: string = homedir(),
): CredentialsFile[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = variables;
  const podman = (path: string) => ({ path, namespaced: true });
  return [
    ...(REGISTRY_AUTH_FILE ? [podman(REGISTRY_AUTH_FILE)] : []),
    { path: join(DOCKER_CONFIG || join(home, ".docker"), "config.json"), namespaced: false },
    ...(XDG_RUNTIME_DIR ? [podman(join(XDG_RUNTIME_DIR, "containers", "auth.json"))] : []),
    podman(join(XDG_CONFIG_HOME || join(home, ".config"), "containers", "auth.json")),
  ];
}

/**
 * Looks for credentials. The first file that has some decides.
 *
 * @param host the registry, canonical
 * @param repository the repository in it, for entries that are for a part of a registry
 * @param options whether programs may be started that know more; they are, unless this says otherwise
 * @throws {BlobberError} `invalid-config` naming the file, `unauthorized` when a helper fails
 */
export async function credentialsFor(
  host: string,
  repository: string,
  files: CredentialsFile[] = credentialsFiles(),
  options: { helpers?: boolean } = {},
): Promise<Credentials | undefined> {
  for (const file of files) {
    const config = readConfig(file.path);
    if (config === undefined) continue;
    const found = await fromConfig(config, file, host, repository, options.helpers ?? true);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Config {
  auths: Record<string, unknown>;
  credHelpers: Record<string, unknown>;
  credsStore: unknown;
}

function readConfig(path: string): Config | undefined {
  const wrong = (why: string) =>
    new BlobberError("invalid-config", `credentials file ${quote(path)}: ${why}`);
  let bytes: Uint8Array;
  try {
    // Links are followed: people keep their configuration in a repository and link to it.
    const found = statSync(path);
    if (!found.isFile()) throw wrong("it is no file");
    if (found.size > MAX_CREDENTIALS_BYTES) {
      throw wrong(`it has ${found.size} bytes, expected at most ${MAX_CREDENTIALS_BYTES}`);
    }
    bytes = readFileSync(path);
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError("cannot read credentials from", path, cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch { // the parser's message may quote a secret
    throw wrong("it is no JSON");
  }
  const { auths, credHelpers, credsStore } = Object(json) as Partial<Config>;
  const isTable = (value: unknown) =>
    value === undefined || value === null || typeof value === "object" && !Array.isArray(value);
  if (!isTable(auths)) throw wrong('"auths" is no object');
  if (!isTable(credHelpers)) throw wrong('"credHelpers" is no object');
  return { auths: auths ?? {}, credHelpers: credHelpers ?? {}, credsStore };
}

async function fromConfig(
  config: Config,
  file: CredentialsFile,
  host: string,
  repository: string,
  helpers: boolean,
): Promise<Credentials | undefined> {
  const wrong = (what: string) =>
    new BlobberError("invalid-config", `credentials file ${quote(file.path)}: ${what}`);
  const [helperKey, own] = Object.entries(config.credHelpers)
    .find(([key]) => hostOfKey(key) === host) ?? [];
  const helper = own ?? (config.credsStore || undefined);
  if (helper !== undefined && helpers) {
    if (typeof helper !== "string") throw wrong(`the helper for ${host} is no string`);
    const server = host === "docker.io" ? DOCKER_HUB_KEY : helperKey ?? host;
    // Loaded where there is one: nothing else here needs what starts processes.
    const { askHelper } = await import("./credential_helper.ts");
    const found = await askHelper(helper, server);
    if (found !== undefined) return found;
  }
  const entry = entryFor(config.auths, file, host, repository);
  return entry === undefined
    ? undefined
    : fromEntry(entry[1], () =>
      wrong(`the entry of ${quote(entry[0])} holds no "username:password" in base64`));
}

/** The entry for a host; in Podman's files the one for the longest part of the repository's name. */
function entryFor(
  auths: Record<string, unknown>,
  file: CredentialsFile,
  host: string,
  repository: string,
): [string, unknown] | undefined {
  const entries = Object.entries(auths);
  if (file.namespaced) {
    const parts = repository.split("/");
    for (let length = parts.length; length > 0; length--) {
      const path = parts.slice(0, length).join("/");
      const found = entries.find(([key]) => {
        const slash = key.indexOf("/");
        return slash > 0 && !key.includes("://") && key.slice(slash + 1) === path &&
          canonicalHost(key.slice(0, slash)) === host;
      });
      if (found !== undefined) return found;
    }
  }
  // Some tools leave an empty entry behind, which says only that a helper knows more.
  return entries.find(([key, value]) => hostOfKey(key) === host && !isEmpty(value));
}

/**
 * The canonical host that a key stands for: `host`, or a URL of one as Docker's first registries had it,
 * with nothing behind it but the version of the interface.
 */
export function hostOfKey(key: string): string | undefined {
  const match = /^(?:https?:\/\/)?([^/@\s]+)(?:\/(?:v[12]\/?)?)?$/.exec(key);
  try {
    return match === null ? undefined : canonicalHost(match[1]!);
  } catch {
    return undefined;
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function fromEntry(value: unknown, wrong: () => BlobberError): Credentials | undefined {
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
