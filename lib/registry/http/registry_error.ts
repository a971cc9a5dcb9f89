/**
 * What a registry's refusal means to a person: code, message, and what to do.
 *
 * @module
 */

import { BlobberError, type Code, type Hint } from "../../errors.ts";
import { MAX_ERROR_BODY_BYTES, MAX_MESSAGE_CHARS } from "../../limits.ts";
import { printable } from "../../text/printable.ts";
import { readUpTo } from "./body.ts";
import type { HttpResponse } from "./exchange.ts";

/** What was asked of the registry. */
export interface Attempt {
  /** For messages: `pushing manifest sha256:…`. */
  doing: string;
  /** The repository: `ghcr.io/acme/app`. */
  repository: string;
  /** What is named as missing on 404. */
  subject?: string | undefined;
  /** Something is removed: nothing is sent whose media type could be refused. */
  isRemoval?: true;
  /** Takes secrets out of text that the registry sent back. */
  redact?: ((text: string) => string) | undefined;
}

/** A registry's refusal, for those who can do something about some of them. */
export class RefusedError extends BlobberError {
  /** The HTTP status. */
  readonly httpStatus: number;
  /** Codes of the distribution spec's "Error Codes", and what registries add. */
  readonly registryCodes: string[];

  /** @param answer what the registry answered, and what can be done about it */
  constructor(
    code: Code,
    message: string,
    answer: { httpStatus: number; registryCodes: string[]; hint?: Hint | undefined },
  ) {
    const { hint, httpStatus, registryCodes } = answer;
    super(code, message, { hint });
    this.httpStatus = httpStatus;
    this.registryCodes = registryCodes;
  }
}

/**
 * Makes the error of an answer that is a refusal, and reads its body for that, bounded.
 *
 * @param response the answer
 * @param attempt what was asked
 */
export async function refusedError(
  response: HttpResponse,
  attempt: Attempt,
): Promise<RefusedError> {
  const { codes, text } = await detailsOf(response, attempt.redact ?? ((same) => same));
  const { status } = response;
  const said = text === "" ? "" : `: ${text}`;
  const { repository, doing, subject } = attempt;
  const make = (code: Code, message: string, hint?: Hint) =>
    new RefusedError(code, message, { hint, httpStatus: status, registryCodes: codes });

  if (status === 401) {
    return make("unauthorized", `authentication failed for ${repository}${said}`, LOG_IN);
  }
  if (status === 403 || codes.includes("DENIED")) {
    return make("denied", `access denied: ${doing}${inRepository(attempt)}${said}`, DENIED);
  }
  if (status === 404 && !codes.includes("MANIFEST_INVALID")) {
    if (codes.includes("NAME_UNKNOWN")) {
      return make(
        "not-found",
        `repository ${repository} not found`,
        "check the spelling; a registry may also hide what you have no access to",
      );
    }
    return make("not-found", `${subject ?? doing} not found in ${repository}`);
  }
  if (status === 413 || codes.includes("SIZE_INVALID")) {
    return make(
      "registry",
      `${response.url.host} refuses ${doing} as too large (status ${status})${said}`,
      "a proxy in front of the registry limits the size of uploads: " +
        "its operator can raise that, in nginx with client_max_body_size",
    );
  }
  if (!attempt.isRemoval && isAboutMediaType(status, codes, text)) {
    return make(
      "registry",
      `${response.url.host} refuses a media type while ${doing} (status ${status})${said}`,
      [
        "GitLab and Quay accept only media types that they know: push without a custom layer media " +
        "type, with gzip instead of zstd, or keep signatures in the fallback tag with ",
        { option: "referrers", value: "tag" },
      ],
    );
  }
  if (status === 429 || codes.includes("TOOMANYREQUESTS")) {
    return make("rate-limited", `rate limit of ${response.url.host} reached${said}`, "try later");
  }
  return make(
    "registry",
    `${doing}${inRepository(attempt)} failed: ${response.url.host} answered ${status}${said}`,
    status >= 500 ? "the registry has a problem: try again later" : undefined,
  );
}

const LOG_IN: Hint = [
  "log in to this registry with ",
  { call: "storeLogin" },
  ", docker login or podman login, or check the credentials that are stored for exactly this host",
];
const DENIED = "the credentials are known but may not do this, or the repository does not exist";

function inRepository({ doing, repository }: Attempt): string {
  return doing.includes(repository) || !repository.includes("/") ? "" : ` in ${repository}`;
}

function isAboutMediaType(status: number, codes: string[], text: string): boolean {
  if (status === 415) return true;
  if (status !== 400 && status !== 404 && status !== 405 && status !== 422) return false;
  return codes.some((code) => code === "MANIFEST_INVALID" || code === "UNSUPPORTED") &&
      /media ?type|content[ -]type|artifact ?type|unsupported|unknown|not supported/i.test(text) ||
    /(media|content|artifact)[ -_]?type/i.test(text);
}

/** Codes and message of an error body: JSON by the distribution spec, "Error Codes", else its text. */
async function detailsOf(
  response: HttpResponse,
  redact: (text: string) => string,
): Promise<{ codes: string[]; text: string }> {
  let body: string;
  try {
    body = new TextDecoder().decode(await readUpTo(response, MAX_ERROR_BODY_BYTES));
  } catch {
    return { codes: [], text: "" };
  }
  const codes: string[] = [];
  let text = body;
  try {
    const { errors, message, error, error_description: description } = JSON.parse(body);
    const parts: string[] = [];
    if (Array.isArray(errors)) {
      for (const one of errors.slice(0, 3)) {
        if (typeof one?.code === "string") codes.push(one.code.toUpperCase());
        parts.push([one?.code, one?.message].filter((part) => typeof part === "string").join(" "));
        if (typeof one?.detail === "string") parts.push(one.detail);
      }
    } else {
      for (const part of [error, description, message]) {
        if (typeof part === "string") parts.push(part);
      }
    }
    text = parts.join(", ");
  } catch { // no JSON: a proxy's page, or text
    if (/<html|<!doctype/i.test(body)) {
      text = /<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? "";
    }
  }
  // Redacted before it is cut: half a secret at the cut would not be recognised.
  const line = redact(text).replace(/\s+/g, " ").trim();
  return {
    codes: codes.map((code) => printable(code, 64)),
    text: printable(line, MAX_MESSAGE_CHARS),
  };
}
