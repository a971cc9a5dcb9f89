/**
 * By which scheme a registry is reached. Where both come into question, the first request finds out while the
 * others wait for it; from then on the choice stands.
 *
 * @module
 */

import type { ConnectionOptions } from "../../options.ts";
import { isLoopback } from "../../reference.ts";
import { Shared } from "../../system/shared.ts";
import { bodyOf, readUpTo } from "./body.ts";
import type { HttpResponse } from "./exchange.ts";
import { ExchangeError } from "./failure.ts";
import { type Outcome, outcomeOf } from "./retry.ts";

/** Sends a request to an origin. */
export type SendTo = (origin: URL) => Promise<HttpResponse>;

/** The schemes of one registry, until one is settled. */
export class SchemeChoice {
  /** The origin whose scheme is meant, and the one that is tried when it fails. */
  readonly #candidates: readonly URL[];
  #settled: URL | undefined;
  /** Tells those who wait: nothing when the scheme is settled or they are to try themselves, else what failed. */
  #probe: Shared<ExchangeError | undefined> | undefined;

  /**
   * @param endpoint `host[:port]` that is connected to
   * @param connection what the user allowed
   */
  constructor(endpoint: string, connection: ConnectionOptions) {
    const schemes = schemesFor(endpoint, connection);
    this.#candidates = schemes.map((scheme) => new URL(`${scheme}://${endpoint}/`));
    if (this.#candidates.length === 1) this.#settled = this.#candidates[0];
  }

  /** The origin of the registry: the one that is settled, else the one that is tried first. */
  get origin(): URL {
    return this.#settled ?? this.#candidates[0]!;
  }

  /**
   * Sends a request by the scheme that is settled, or settles it by this request.
   *
   * @param send sends it
   * @param signal ends the wait for another request that settles the scheme
   * @throws what `send` throws; where both schemes fail, the error that says more
   */
  async send(send: SendTo, signal: AbortSignal | undefined): Promise<HttpResponse> {
    while (this.#settled === undefined) {
      if (this.#probe === undefined) return await this.#settleBy(send);
      const failed = await this.#probe.wait(signal);
      if (failed !== undefined) throw failed;
    }
    return await send(this.#settled);
  }

  async #settleBy(send: SendTo): Promise<HttpResponse> {
    const { promise, resolve } = Promise.withResolvers<ExchangeError | undefined>();
    this.#probe = new Shared(() => promise);
    let failed: ExchangeError | undefined;
    try {
      const { origin, response } = await firstThatAnswers(this.#candidates as [URL, URL], send);
      this.#settled = origin;
      return response;
    } catch (error) {
      // An abort is of this request alone.
      if (error instanceof ExchangeError) failed = error;
      throw error;
    } finally {
      this.#probe = undefined;
      resolve(failed);
    }
  }
}

/**
 * The schemes to try, in order. Plain HTTP comes into question only on this machine, or when it was allowed;
 * elsewhere it is what remains when https fails.
 */
function schemesFor(endpoint: string, connection: ConnectionOptions): ("http" | "https")[] {
  const { insecure, caCerts, insecureSkipTlsVerify } = connection;
  const tlsMeant = caCerts !== undefined || insecureSkipTlsVerify === true;
  if (isLoopback(endpoint)) {
    return tlsMeant || endpoint.endsWith(":443") ? ["https", "http"] : ["http", "https"];
  }
  return insecure ? ["https", "http"] : ["https"];
}

async function firstThatAnswers(
  [meant, other]: readonly [URL, URL],
  send: SendTo,
): Promise<{ origin: URL; response: HttpResponse }> {
  // A body that breaks while it is looked into is a failure of this scheme too.
  const attempt = (origin: URL) =>
    outcomeOf(async () => {
      const response = await send(origin);
      return { origin, response, wrongScheme: await isPlainHttpToTls(response) };
    });
  const first = await attempt(meant);
  if ("answer" in first) {
    if (!first.answer.wrongScheme) return first.answer;
  } else if (!mayBeOtherScheme(first.error, meant)) throw first.error;
  const second = await attempt(other);
  if ("answer" in second) {
    if (!second.answer.wrongScheme) return second.answer;
  } else if (!(second.error instanceof ExchangeError)) {
    // An abort is no news about either scheme, whatever the first one said.
    throw second.error;
  }
  throw tellingError(first, second);
}

/** The error of the scheme that was meant, unless the other one got further. */
function tellingError(first: Outcome<unknown>, second: Outcome<unknown>): unknown {
  const [meant, other] = [first, second].map((one) => "error" in one ? one.error : undefined);
  const further = isKind(other, "tls") || isKind(meant, "not-tls");
  return further ? other ?? meant : meant ?? other;
}

function isKind(error: unknown, kind: ExchangeError["kind"]): boolean {
  return error instanceof ExchangeError && error.kind === kind;
}

/** Whether the wrong scheme can be the cause of a failure. It is not the cause of an untrusted certificate. */
function mayBeOtherScheme(error: unknown, tried: URL): boolean {
  if (!(error instanceof ExchangeError)) return false;
  if (tried.protocol === "http:") return error.kind === "broken";
  return ["not-tls", "refused", "broken", "dns"].includes(error.kind);
}

/** Go's servers answer 400 with a sentence when plain HTTP reaches a TLS port. */
async function isPlainHttpToTls(response: HttpResponse): Promise<boolean> {
  if (response.status !== 400 || response.url.protocol !== "http:") return false;
  const bytes = await readUpTo(response, LONGEST_SENTENCE);
  const told = /HTTP request.*HTTPS/i.test(new TextDecoder().decode(bytes));
  if (!told) response.body = bodyOf(bytes);
  return told;
}

/** Bytes read of an answer to find that sentence, which has 48. */
const LONGEST_SENTENCE = 200;
