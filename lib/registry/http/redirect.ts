/**
 * Where a registry may send a client, and what the client takes along: redirects, the `Location` of an
 * upload, the realm of a token. All of them are checked here. Loaded when a registry sends a client elsewhere.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { maySendTo, type Reach, reachOf, type Resolver, systemResolver } from "./addresses.ts";
import { proxyFor } from "./proxy.ts";

/** Headers that go along to another origin: none that could hold a secret. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "content-type",
  "content-range",
  "if-range",
  "range",
  "user-agent",
]);

/** Decides for one registry. */
export class HopPolicy {
  readonly #registry: URL;
  readonly #resolve: Resolver;
  #reach: Promise<Reach> | undefined;

  /**
   * @param registry a URL of the registry that sends
   * @param resolve name resolution
   */
  constructor(registry: URL, resolve: Resolver = systemResolver) {
    this.#registry = registry;
    this.#resolve = resolve;
  }

  /**
   * Checks a place that the registry, or a host that it named, sends to.
   *
   * @param location as it was sent, relative or absolute
   * @param from the URL that sent it
   * @param what what is sent there, for messages: `a redirect`, `the location of an upload`
   * @throws {BlobberError} `registry` when the place is refused
   */
  async check(location: string, from: URL, what: string): Promise<URL> {
    const refuse = (why: string, hint?: string) =>
      new BlobberError(
        "registry",
        `${from.host} sent ${what} to ${quote(shown(location))}, ${why}`,
        { ...(hint !== undefined && { hint }) },
      );
    if (!URL.canParse(location, from)) throw refuse("which is not a URL");
    const to = new URL(location, from);
    to.hash = "";
    if (to.origin === from.origin) {
      if (to.username !== "" || to.password !== "") throw refuse("which holds credentials");
      return to;
    }
    if (to.protocol !== "https:" && to.protocol !== "http:") {
      throw refuse("expected https");
    }
    if (to.username !== "" || to.password !== "") throw refuse("which holds credentials");
    if (to.protocol === "http:" && from.protocol === "https:") {
      throw refuse(
        "which is plain HTTP, expected https",
        to.hostname === from.hostname
          ? "the registry stands behind a proxy and does not know that it is reached by https: " +
            "its operator must set the forwarded scheme"
          : undefined,
      );
    }
    this.#reach ??= this.#reachOf(this.#registry);
    const [near, far] = await Promise.all([this.#reach, this.#reachOf(to)]);
    if (!maySendTo(near, far)) {
      throw refuse(
        far === "forbidden"
          ? "an address to which no registry may send a client"
          : `a ${far} address, and the registry has a ${near} one`,
      );
    }
    return to;
  }

  // TLS proves the name, so an answer of the resolver that changes between this look and the connection
  // gains nothing: no service inside a network holds a certificate for a name of the outside.
  #reachOf(url: URL): Promise<Reach> {
    return reachOf(url.hostname, proxyFor(url) === undefined ? this.#resolve : undefined);
  }
}

/**
 * The headers that go along to the next hop.
 *
 * @param headers those of the request
 * @param from where it went
 * @param to where it goes
 */
export function headersFor(
  headers: Record<string, string>,
  from: URL,
  to: URL,
): Record<string, string> {
  if (from.origin === to.origin) return headers;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => HARMLESS.has(name.toLowerCase())),
  );
}

/**
 * Whether a token may be asked for at a realm: by https anywhere, by plain HTTP only at the registry itself.
 *
 * @param realm as the challenge names it
 * @param registry a URL of the registry
 * @throws {BlobberError} `unauthorized` saying why not
 */
export function checkRealm(realm: string, registry: URL): URL {
  const refuse = (why: string) =>
    new BlobberError(
      "unauthorized",
      `authentication failed: ${registry.host} names the token server ` +
        `${quote(shown(realm))}, ${why}`,
      { hint: "no credentials were sent there" },
    );
  if (!URL.canParse(realm)) throw refuse("which is not a URL");
  const url = new URL(realm);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("expected https");
  if (url.username !== "" || url.password !== "") throw refuse("which holds credentials");
  if (url.protocol === "http:" && url.origin !== registry.origin) {
    throw refuse("expected https, or the registry's own host and port");
  }
  url.hash = "";
  return url;
}

/** A URL as it may be shown: a query may hold a signature, and what stands before the host a password. */
function shown(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
}
