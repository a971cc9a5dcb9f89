/**
 * Which proxy a request goes through, by the variables that every tool reads: `HTTPS_PROXY` and `HTTP_PROXY`
 * by the request's scheme, `ALL_PROXY` for both, `NO_PROXY` for exceptions, each in upper or lower case.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { isLoopback } from "../../reference.ts";
import { environment } from "../../system/runtime.ts";

/** The variables of a process, by name. */
export type Variables = Record<string, string | undefined>;

/** A proxy. */
export interface Proxy {
  /** `http://host:port` or `https://host:port`, without credentials. */
  url: URL;
  /** Value of a `Proxy-Authorization` header. */
  authorization: string | undefined;
  username: string;
  password: string;
}

/**
 * The proxy for a URL, or nothing when it is reached directly. This machine is always reached directly, as
 * Go's tools do it.
 *
 * @param url where a request goes
 * @param variables the environment
 * @throws {BlobberError} `invalid-config` for a variable that names no proxy
 */
export function proxyFor(url: URL, variables: Variables = environment()): Proxy | undefined {
  const scheme = url.protocol.replace(":", "");
  const [name, value] = firstSet(variables, `${scheme}_proxy`, "all_proxy");
  if (value === undefined || isLoopback(url.host)) return undefined;
  const [, exceptions = ""] = firstSet(variables, "no_proxy");
  if (isExcepted(url, exceptions)) return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) throw unusableProxy(name, "expected http://HOST:PORT");
  const proxy = new URL(text);
  if (proxy.protocol !== "http:" && proxy.protocol !== "https:") {
    throw unusableProxy(name, "expected http:// or https://");
  }
  const username = decodeUserInfo(proxy.username);
  const password = decodeUserInfo(proxy.password);
  const authorization = username === "" && password === ""
    ? undefined
    : `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)))}`;
  return { url: new URL(proxy.origin), authorization, username, password };
}

/** Whether any variable names a proxy. */
export function anyProxy(variables: Variables = environment()): boolean {
  return firstSet(variables, "https_proxy", "http_proxy", "all_proxy")[1] !== undefined;
}

/**
 * Whether `NO_PROXY` names a host: `*`, a host or a domain with everything below it, perhaps with a port,
 * an address, or a block of IPv4 addresses.
 */
function isExcepted(url: URL, exceptions: string): boolean {
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return exceptions.toLowerCase().split(/[\s,]+/).some((entry) => {
    if (entry === "") return false;
    if (entry === "*") return true;
    const match = /^(\[.*\]|[^:]*|[0-9a-f:.]+)(?::(\d+))?$/.exec(entry);
    if (match === null) return false;
    const [, name = "", wantedPort] = match;
    if (wantedPort !== undefined && wantedPort !== port) return false;
    if (name.includes("/")) return inBlock(host, name);
    const domain = name.replace(/^\*?\./, "").replace(/\.$/, "");
    return host === domain || host === `[${domain}]` || host.endsWith(`.${domain}`);
  });
}

function inBlock(host: string, block: string): boolean {
  const [network = "", bits = ""] = block.split("/");
  const [a, b, length] = [ipv4(host), ipv4(network), Number(bits)];
  if (a === undefined || b === undefined || !(length >= 0 && length <= 32)) return false;
  return length === 0 || (a >>> (32 - length)) === (b >>> (32 - length));
}

function ipv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null || match.slice(1).some((part) => Number(part) > 255)) return undefined;
  return match.slice(1).reduce((sum, part) => (sum << 8) | Number(part), 0) >>> 0;
}

function firstSet(variables: Variables, ...names: string[]): [string, string | undefined] {
  for (const name of names) {
    for (const spelling of [name, name.toUpperCase()]) {
      if (variables[spelling]) return [spelling, variables[spelling]];
    }
  }
  return ["", undefined];
}

function decodeUserInfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unusableProxy(name: string, why: string): BlobberError {
  // The value may hold a password: it is not quoted.
  return new BlobberError("invalid-config", `${name} names no usable proxy, ${why}`);
}
