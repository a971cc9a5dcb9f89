/**
 * References: where an artifact is. `host[:port]/repository[:tag][@digest]` for a registry
 * (distribution spec, "Pulling manifests", for the grammar of names and tags), `oci:PATH[:tag][@digest]`
 * for an OCI layout on disk. A digest wins over a tag.
 *
 * @module
 */

import { type Digest, isDigest } from "./digest.ts";
import { BlobberError } from "./errors.ts";
import { quote } from "./printable.ts";

/** A repository in a registry, and perhaps a tag or digest in it. */
export interface RegistryReference {
  /** Tells it from a layout. */
  kind: "registry";
  /** Host and, when it was given, port, as the user wrote it but in lower case: `ghcr.io`, `[::1]:5000`. */
  host: string;
  /** Repository in the registry, as the user wrote it. */
  repository: string;
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
 * Parses a reference.
 *
 * @param text as a user writes it
 * @throws {BlobberError} `invalid-reference`, quoting the text and saying what was expected
 */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw new BlobberError("invalid-reference", `invalid reference: ${quote(text)}: ${why}`);
  };
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) fail("it contains control characters");
  if (/^[a-z+]+:\/\//i.test(text)) fail(`it has a scheme; ${EXPECTED}`);

  let rest = text;
  let digest: Digest | undefined;
  const at = rest.lastIndexOf("@");
  if (at >= 0 && /^[a-z0-9+._-]+:[^/]*$/i.test(rest.slice(at + 1))) {
    const written = rest.slice(at + 1);
    if (!isDigest(written)) {
      fail(
        `${quote(written)} is no digest, expected "sha256:" and 64 lower-case hexadecimal digits`,
      );
    } else digest = written;
    rest = rest.slice(0, at);
  }
  if (rest.startsWith("oci:")) return parseLayout(rest.slice("oci:".length), digest, fail);

  if (rest === "") fail(EXPECTED);
  const slash = rest.indexOf("/");
  if (slash < 0) fail(`no repository; ${EXPECTED}`);
  const host = rest.slice(0, slash).toLowerCase();
  if (!isHost(host)) {
    fail(
      host.includes(".") || host.includes(":") || host === "localhost"
        ? `${quote(host)} is no host; ${EXPECTED}`
        : `${quote(host)} is no host, and names without a host are not completed; ${EXPECTED}`,
    );
  }
  let repository = rest.slice(slash + 1);
  let tag: string | undefined;
  const colon = repository.lastIndexOf(":");
  if (colon >= 0) {
    tag = repository.slice(colon + 1);
    repository = repository.slice(0, colon);
    checkTag(tag, fail);
  }
  if (repository === "") fail(`no repository; ${EXPECTED}`);
  for (const component of repository.split("/")) {
    if (!COMPONENT.test(component)) {
      fail(
        /[A-Z]/.test(component)
          ? `the repository contains ${quote(component)}, expected lower case`
          : `the repository contains ${
            quote(component)
          }, expected lower-case letters and digits, ` +
            'separated by ".", "_", "__" or "-"',
      );
    }
  }
  if (repository.length > 255) fail("the repository is longer than 255 characters");
  return { kind: "registry", host, repository, ...(tag && { tag }), ...(digest && { digest }) };
}

function parseLayout(
  rest: string,
  digest: Digest | undefined,
  fail: (why: string) => never,
): LayoutReference {
  let path = rest;
  let tag: string | undefined;
  const colon = path.lastIndexOf(":");
  // A colon before a separator belongs to the path (C:\data).
  if (colon >= 0 && !/[/\\]/.test(path.slice(colon + 1))) {
    tag = path.slice(colon + 1);
    path = path.slice(0, colon);
    checkTag(tag, fail);
  }
  if (path === "") fail(`no path; ${EXPECTED}`);
  return { kind: "layout", path, ...(tag && { tag }), ...(digest && { digest }) };
}

/** Whether a text is a tag by the grammar of the distribution spec. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

function checkTag(tag: string, fail: (why: string) => never): void {
  if (isTag(tag)) return;
  fail(
    `${quote(tag)} is no tag, expected at most 128 letters, digits, "_", "." and "-", ` +
      'not beginning with "." or "-"',
  );
}

function isHost(host: string): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(.*))?$/.exec(host);
  if (match === null) return false;
  const [, name = "", port] = match;
  if (port !== undefined && (!PORT.test(port) || Number(port) < 1 || Number(port) > 65535)) {
    return false;
  }
  if (name.startsWith("[")) return URL.canParse(`http://${name}/`);
  // A bare word is a host only as localhost or with a port, or "acme/app" would be one.
  if (!name.includes(".") && port === undefined && name !== "localhost") return false;
  return name.replace(/\.$/, "").split(".").every((label) => LABEL.test(label));
}

/**
 * The reference as text, in the form that `parseReference` takes.
 *
 * @param reference a parsed reference
 */
export function formatReference(reference: Reference): string {
  const name = repositoryName(reference);
  return name + (reference.tag === undefined ? "" : `:${reference.tag}`) +
    (reference.digest === undefined ? "" : `@${reference.digest}`);
}

/**
 * The reference without tag and digest: what names a store.
 *
 * @param reference a parsed reference
 */
export function repositoryName(reference: Reference): string {
  return reference.kind === "registry"
    ? `${reference.host}/${reference.repository}`
    : `oci:${reference.path}`;
}

/**
 * What a reference selects in its store: its digest, else its tag, else `latest`, as every OCI tool reads it.
 *
 * @param reference a parsed reference
 */
export function selectorOf(reference: Reference): string {
  return reference.digest ?? reference.tag ?? "latest";
}

/** Docker Hub under each of the names that people and old configurations use. */
const DOCKER_HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * The one name of a registry: lower case, without a trailing dot, without the port that https has anyway,
 * an address in its usual form (`127.1` and `[::ffff:7f00:1]` are 127.0.0.1), and `docker.io` for every
 * alias of Docker Hub. Rules and credentials are matched on this, so that no other spelling dodges them.
 *
 * @param host `host[:port]`
 */
export function canonicalHost(host: string): string {
  const match = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase());
  let name = match?.[1] ?? host.toLowerCase();
  const port = match?.[2];
  name = canonicalAddress(name.replace(/\.$/, ""));
  if (DOCKER_HUB.has(name) && (port === undefined || port === "443")) return "docker.io";
  return port === undefined || Number(port) === 443 ? name : `${name}:${Number(port)}`;
}

/** An IPv4 address that an IPv6 one stands for (RFC 4291, section 2.5.5.2), as URLs write it. */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/** The one form of an address: what a connection is made to. Other names stay as they are. */
function canonicalAddress(name: string): string {
  // URL standard, "ends in a number": such a name is an IPv4 address, in parts of any base, or nothing.
  if (!name.startsWith("[") && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)) return name;
  if (!URL.canParse(`http://${name}/`)) return name;
  const { hostname } = new URL(`http://${name}/`);
  const mapped = MAPPED.exec(hostname);
  if (mapped === null) return hostname;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/**
 * Whether a host is this machine, so that plain HTTP to it crosses no network: `localhost`, names below
 * it (RFC 6761), 127.0.0.0/8 and `[::1]`.
 *
 * @param host `host[:port]`
 */
export function isLoopback(host: string): boolean {
  const name = canonicalHost(host).replace(/:\d+$/, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(name);
}
