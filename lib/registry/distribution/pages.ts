/**
 * Lists that come in pages (distribution spec, "Listing Tags" and "Listing Referrers"; RFC 8288 for `Link`).
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_PAGE_BYTES, MAX_PAGES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { readBody } from "../http/body.ts";
import type { HttpResponse } from "../http/exchange.ts";

/** One page. */
interface Page {
  /** Parsed, and nothing of it checked. */
  json: unknown;
  /** Bytes of its body. */
  size: number;
}

/**
 * Follows the pages of a list. The next page is on the same origin, or none is: a list must not lead a
 * client elsewhere (GHSA-h7vf-4x9w-h99v).
 *
 * @param first where the list begins
 * @param list what is listed, for messages; how one page is asked for, which throws for any other answer; the
 * error of an answer that is not JSON
 */
export async function* listPages(
  first: string,
  list: {
    what: string;
    get: (to: string | URL) => Promise<HttpResponse>;
    noJson?: (response: HttpResponse, cause: unknown) => BlobberError;
  },
): AsyncGenerator<Page> {
  const { what, get, noJson } = list;
  const seen = new Set<string>();
  let to: string | URL = first;
  for (let count = 1;; count++) {
    const response = await get(to);
    const body = await readBody(response, MAX_PAGE_BYTES, `a page of ${what}`);
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(body));
    } catch (cause) {
      throw noJson?.(response, cause) ??
        new BlobberError(
          "registry",
          `${what}: ${response.url.host} sent something that is not JSON`,
          { cause },
        );
    }
    yield { json, size: body.length };
    const link = nextLink(response.headers.get("link"));
    if (link === undefined) return;
    const next = URL.canParse(link, response.url) ? new URL(link, response.url) : undefined;
    if (next === undefined || next.origin !== response.url.origin) {
      const own = next?.hostname === response.url.hostname;
      throw new BlobberError(
        "registry",
        `${what}: the next page is said to be at ${
          quote(link)
        }, expected ${response.url.origin}: ` +
          "a list is not followed to another server",
        {
          hint: own
            ? "the registry stands behind a proxy and does not know how it is reached: its operator must " +
              "set the forwarded scheme and host"
            : "if the registry has moved, name its new host in the reference",
        },
      );
    }
    if (seen.has(next.href)) {
      throw new BlobberError("registry", `${what}: the pages lead in a circle`);
    }
    if (count >= MAX_PAGES) {
      throw new BlobberError("limit", `${what}: more than ${MAX_PAGES} pages`);
    }
    seen.add(next.href);
    to = next;
  }
}

/** The target of the link whose relation is `next`. */
function nextLink(header: string | null): string | undefined {
  for (const match of (header ?? "").matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]* )?next(?: [^"]*)?"|next\b)/i.test(match[2]!)) return match[1];
  }
  return undefined;
}
