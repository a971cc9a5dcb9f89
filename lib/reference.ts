/**
 * References: where an artifact is. `host[:port]/repository[:tag][@digest]` for a registry (its grammar: distribution
 * spec, "Pulling manifests"), `oci:PATH[:tag][@digest]` for an OCI layout on disk. A digest wins over a tag.
 *
 * What a registry and a repository are called is decided here alone. Connections, trust rules, signed names, caches
 * and credentials take the types that only this file makes, so that no second spelling of a name reaches them.
 *
 * @module
 */

import { type Digest, DIGEST_GRAMMAR, isDigest } from "./digest.ts";
import { BlobberError } from "./errors.ts";
import { MAX_REPOSITORY_CHARS } from "./limits.ts";
import { quote } from "./text/printable.ts";

/**
 * The one name of a registry: `host`, or `host:port` for a port that is neither 80 nor 443. It is in lower
 * case and without a trailing dot, an address is in its usual form, and Docker Hub is `docker.io`.
 * The second half of this type, and of the next two, is there for the compiler alone.
 */
export type RegistryName = string & { readonly __canonical: "registry" };

/** The one path of a repository in its registry: `library/nginx` at Docker Hub, where people write `nginx`. */
export type RepositoryPath = string & { readonly __canonical: "path" };
/** In place of a path, where the registry itself is meant. */
export const NO_PATH: RepositoryPath = "" as RepositoryPath;

/** The one name of a repository: a {@linkcode RegistryName}, a slash and a {@linkcode RepositoryPath}. */
export type RepositoryName = string & { readonly __canonical: "repository" };

/** A registry, and the port at which it is asked for. */
export interface Registry {
  /** Its one name. */
  host: RegistryName;
  /**
   * 80 or 443 where that was written. Those are the ports by which the bare host is reached, so the name is
   * the same; but the one that was written is the one that is used.
   */
  port?: 80 | 443;
}

/** A repository in a registry, and perhaps a tag or digest in it. */
export interface RegistryReference extends Registry {
  /** Tells it from a layout. */
  kind: "registry";
  /** Its one path in the registry. */
  repository: RepositoryPath;
  /** The tag, where one was given. */
  tag?: string;
  /** The digest, where one was given; it wins over the tag. */
  digest?: Digest;
}

/** An OCI image layout on disk, and perhaps a tag or digest in it. */
export interface LayoutReference {
  /** Tells it from a registry. */
  kind: "layout";
  /** Path as the user wrote it. */
  path: string;
  /** The tag, where one was given. */
  tag?: string;
  /** The digest, where one was given; it wins over the tag. */
  digest?: Digest;
}

/** A parsed reference. */
export type Reference = RegistryReference | LayoutReference;

const EXPECTED =
  'expected "host[:port]/repository[:tag][@sha256:…]" or "oci:PATH[:tag][@sha256:…]"';
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const PORT = /^[0-9]{1,5}$/;

/**
 * Parses a reference, and makes its names canonical.
 *
 * @param text as a user writes it
 * @throws {BlobberError} `invalid-reference`, quoting the text and saying what was expected
 */
export function parseReference(text: string): Reference {
  const invalid = (why: string) =>
    new BlobberError("invalid-reference", `invalid reference: ${quote(text)}: ${why}`);
  if (typeof text !== "string") throw invalid(EXPECTED);
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid("it contains control characters");
  if (/^[a-z+]+:\/\//i.test(text)) throw invalid(`it has a scheme; ${EXPECTED}`);
  let rest = text;
  let digest: Digest | undefined;
  const at = rest.lastIndexOf("@");
  if (at >= 0 && /^[a-z0-9+._-]+:[^/]*$/i.test(rest.slice(at + 1))) {
    const written = rest.slice(at + 1);
    if (!isDigest(written)) {
      throw invalid(`${quote(written)} is not a digest, expected ${DIGEST_GRAMMAR}`);
    }
    digest = written;
    rest = rest.slice(0, at);
  }
  if (rest.startsWith("oci:")) return parseLayout(rest.slice("oci:".length), digest, invalid);

  if (rest === "") throw invalid(EXPECTED);
  const slash = rest.indexOf("/");
  if (slash < 0) throw invalid(`no repository; ${EXPECTED}`);
  const host = rest.slice(0, slash).toLowerCase();
  const registry = readRegistry(host);
  if (registry === undefined) {
    throw invalid(
      host.includes(".") || host.includes(":") || host === "localhost"
        ? `${quote(host)} is not a host; ${EXPECTED}`
        : `${quote(host)} is not a host, and names without a host are not completed; ${EXPECTED}`,
    );
  }
  let repository = rest.slice(slash + 1);
  let tag: string | undefined;
  const colon = repository.lastIndexOf(":");
  if (colon >= 0) {
    tag = repository.slice(colon + 1);
    repository = repository.slice(0, colon);
    if (!isTag(tag)) throw invalid(`${quote(tag)} is not a tag, expected ${TAG_GRAMMAR}`);
  }
  if (repository === "") throw invalid(`no repository; ${EXPECTED}`);
  for (const component of repository.split("/")) {
    if (!COMPONENT.test(component)) {
      throw invalid(
        /[A-Z]/.test(component)
          ? `the repository contains ${quote(component)}, expected lower case`
          : `the repository contains ${quote(component)}, expected lower-case letters and ` +
            'digits, separated by ".", "_", "__" or "-"',
      );
    }
  }
  if (repository.length > MAX_REPOSITORY_CHARS) {
    throw invalid(`the repository is longer than ${MAX_REPOSITORY_CHARS} characters`);
  }
  return {
    kind: "registry",
    ...registry,
    repository: pathAt(registry.host, repository) as RepositoryPath,
    ...(tag && { tag }),
    ...(digest && { digest }),
  };
}

function parseLayout(
  rest: string,
  digest: Digest | undefined,
  invalid: (why: string) => BlobberError,
): LayoutReference {
  let path = rest;
  let tag: string | undefined;
  const colon = path.lastIndexOf(":");
  // A colon before a separator belongs to the path (C:\data).
  if (colon >= 0 && !/[/\\]/.test(path.slice(colon + 1))) {
    tag = path.slice(colon + 1);
    path = path.slice(0, colon);
    if (!isTag(tag)) throw invalid(`${quote(tag)} is not a tag, expected ${TAG_GRAMMAR}`);
  }
  if (path === "") throw invalid(`no path; ${EXPECTED}`);
  return { kind: "layout", path, ...(tag && { tag }), ...(digest && { digest }) };
}

/** Whether a text is a tag by the grammar of the distribution spec. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** What a tag is made of, for messages. */
export const TAG_GRAMMAR =
  'at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-"';

/**
 * Checks that a text is a tag.
 *
 * @throws {BlobberError} `invalid-reference`
 */
export function checkTag(text: string): void {
  if (isTag(text)) return;
  throw new BlobberError(
    "invalid-reference",
    `invalid tag: ${quote(text)}, expected ${TAG_GRAMMAR}`,
  );
}

/** The registry that `host[:port]` names, or nothing when it names none. */
function readRegistry(text: string): Registry | undefined {
  const [, written = "", digits] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(.*))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (digits !== undefined && !(PORT.test(digits) && port! >= 1 && port! <= 65535)) {
    return undefined;
  }
  const name = hostNamed(written);
  if (name === undefined) return undefined;
  if (port === undefined) {
    return standsAlone(written.replace(/\.$/, "")) ? { host: name as RegistryName } : undefined;
  }
  return standsAlone(name) && (port === 80 || port === 443)
    ? { host: name as RegistryName, port }
    : { host: `${name}:${port}` as RegistryName };
}

/** A bare word is a host only as localhost or with a port, or "acme/app" would be one. */
function standsAlone(host: string): boolean {
  return /[.[]/.test(host) || host === "localhost";
}

/** Docker Hub under each of the names that people and old configurations use. */
const DOCKER_HUB = [
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
  "registry.docker.io",
  "registry.hub.docker.com",
];

/** The one name of a host without its port, or nothing for what is no host. */
function hostNamed(written: string): string | undefined {
  const name = written.replace(/\.$/, "");
  if (!name.startsWith("[") && !name.split(".").every((label) => LABEL.test(label))) {
    return undefined;
  }
  // The URL standard knows every spelling of an address: parts in any base, fewer than four of them.
  if (!URL.canParse(`http://${name}/`)) return undefined;
  const host = withoutMapping(new URL(`http://${name}/`).hostname);
  if (DOCKER_HUB.includes(host)) return "docker.io";
  // A connection to the unspecified address is one to this machine.
  return host === "0.0.0.0" ? "127.0.0.1" : host === "[::]" ? "[::1]" : host;
}

/** An IPv4 address that an IPv6 one stands for (RFC 4291, section 2.5.5.2), as URLs write it. */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/** IPv4-mapped addresses are the IPv4 address that they hold; connections are made to that. */
function withoutMapping(host: string): string {
  const mapped = MAPPED.exec(host);
  if (mapped === null) return host;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Docker Hub keeps its own images below library/, and every tool lets that be left out. */
function pathAt(host: string, path: string): string {
  return host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
}

/**
 * Reads the name of a registry.
 *
 * @param text `host[:port]`
 * @throws {BlobberError} `invalid-reference`
 */
export function parseRegistry(text: string): Registry {
  const registry = readRegistry(text.toLowerCase());
  if (registry !== undefined) return registry;
  throw new BlobberError(
    "invalid-reference",
    `invalid registry: ${quote(text)}, expected "host[:port]"`,
  );
}

/**
 * The one name of a registry that was written somewhere.
 *
 * @param text `host[:port]`
 * @returns nothing for what names no registry
 */
export function registryNamed(text: string): RegistryName | undefined {
  return readRegistry(text.toLowerCase())?.host;
}

/**
 * The one name of a repository.
 *
 * @param reference of a registry; its port, tag and digest do not matter
 */
export function nameOf({ host, repository }: RegistryReference): RepositoryName {
  return `${host}/${repository}` as RepositoryName;
}

/**
 * The one name of a repository that another program wrote down.
 *
 * @param text `host[:port]/repository`, in any spelling
 * @returns nothing for what is no such name, or more than that
 */
export function repositoryNamed(text: string): RepositoryName | undefined {
  let reference: Reference;
  try {
    reference = parseReference(text);
  } catch (error) {
    if (error instanceof BlobberError) return undefined;
    throw error;
  }
  if (reference.kind === "layout" || (reference.tag ?? reference.digest) !== undefined) {
    return undefined;
  }
  return nameOf(reference);
}

/**
 * What a pattern for names of repositories means in canonical names. Where a star in the host stands for one
 * of Docker Hub's names, it stands for `docker.io` too.
 *
 * @param host a host, perhaps with port and stars
 * @param path a repository, perhaps with stars
 * @returns every pair of patterns that it means; none when the host is no host
 */
export function canonicalPatterns(host: string, path: string): { host: string; path: string }[] {
  const at = (host: string) => ({ host, path: path === "**" ? path : pathAt(host, path) });
  const text = host.toLowerCase();
  if (!text.includes("*")) {
    const registry = readRegistry(text);
    return registry === undefined ? [] : [at(registry.host)];
  }
  const [, written = "", digits] = /^([a-z0-9*.-]+?)\.?(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (written === "" || port !== undefined && !(port >= 1 && port <= 65535)) return [];
  const bare = port === undefined || port === 80 || port === 443;
  return [
    ...(bare ? [at(written)] : []),
    ...(port === undefined ? [] : [at(`${written}:${port}`)]),
    ...(bare && DOCKER_HUB.some((name) => fitsStars(name, written)) ? [at("docker.io")] : []),
  ];
}

function fitsStars(name: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const last = parts.pop()!;
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = name.indexOf(part, at);
    if (found < 0 || i === 0 && found > 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/**
 * The reference as text, in the form that `parseReference` takes.
 *
 * @param reference a parsed reference
 */
export function formatReference(reference: Reference): string {
  const name = storeName(reference);
  return name + (reference.tag === undefined ? "" : `:${reference.tag}`) +
    (reference.digest === undefined ? "" : `@${reference.digest}`);
}

/**
 * The reference without tag and digest: what names a store.
 *
 * @param reference a parsed reference
 */
export function storeName(reference: Reference): string {
  if (reference.kind === "layout") return `oci:${reference.path}`;
  return `${addressOf(reference)}/${reference.repository}`;
}

/**
 * `host[:port]`, with the port that was written.
 *
 * @param registry a registry
 */
export function addressOf({ host, port }: Registry): string {
  return port === undefined ? host : `${host}:${port}`;
}

/**
 * What a reference selects in its store: its digest, else its tag, else `latest`, as every OCI tool reads it.
 *
 * @param reference a parsed reference
 */
export function selectorOf(reference: Pick<Reference, "tag" | "digest">): string {
  return reference.digest ?? tagOf(reference) ?? "latest";
}

/**
 * The tag by which an artifact is asked for.
 *
 * @param reference a parsed reference
 * @returns `latest` where there is neither tag nor digest, nothing where there is only a digest
 */
export function tagOf({ tag, digest }: Pick<Reference, "tag" | "digest">): string | undefined {
  return tag ?? (digest === undefined ? "latest" : undefined);
}

/**
 * Whether a host is this machine, so that plain HTTP to it crosses no network: `localhost`, names below
 * it (RFC 6761), 127.0.0.0/8 and `[::1]`.
 *
 * @param host `host[:port]`
 */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  if (!URL.canParse(`http://${bare}/`)) return false;
  const name = withoutMapping(new URL(`http://${bare}/`).hostname);
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(name);
}
