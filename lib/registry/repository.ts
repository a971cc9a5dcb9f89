/**
 * One repository in one registry: the paths of its content and the scopes that they need.
 *
 * @module
 */

import { drop } from "./http/body.ts";
import type { Attempt, RefusedError } from "./http/registry_error.ts";
import type { HttpResponse } from "./http/exchange.ts";
import type { RegistryRequest, Transport } from "./transport.ts";

/** What is to be done, as registries grant it. To cancel an upload is a deletion for some. */
export type Access = "pull" | "push" | "cancel";

const ACTIONS: Record<Access, string> = {
  pull: "pull",
  push: "pull,push",
  cancel: "pull,push,delete",
};

/** Statuses that say that HEAD is not answered, and not what a GET would be. */
const HEAD_REFUSED = [400, 403, 405, 501];

/** A repository, and the way to it. */
export class Repository {
  /** The way to the registry. */
  readonly transport: Transport;
  /** `acme/app`, as it stands in paths. */
  readonly path: string;
  /** `ghcr.io/acme/app`, for messages. */
  readonly name: string;

  /**
   * @param transport the way to the registry
   * @param path the repository in it
   * @param name for messages
   */
  constructor(transport: Transport, path: string, name: string) {
    this.transport = transport;
    this.path = path;
    this.name = name;
  }

  /** The scope of an access to this repository. */
  scope(access: Access): string[] {
    return [`repository:${this.path}:${ACTIONS[access]}`];
  }

  /** A path in this repository: `/v2/NAME/…`. */
  at(rest: string): string {
    return `/v2/${this.path}/${rest}`;
  }

  /** Sends a request with the scope of an access. */
  request(access: Access, request: Omit<RegistryRequest, "scope">): Promise<HttpResponse> {
    return this.transport.request({ ...request, scope: this.scope(access) });
  }

  /** Sends a request and throws what it means when the status is none of those expected. */
  async expect(
    access: Access,
    request: Omit<RegistryRequest, "scope">,
    statuses: number[],
    attempt: Omit<Attempt, "repository">,
  ): Promise<HttpResponse> {
    const response = await this.request(access, request);
    if (statuses.includes(response.status)) return response;
    throw await this.refusal(response, attempt);
  }

  /** The error of an answer that is a refusal. */
  async refusal(
    response: HttpResponse,
    attempt: Omit<Attempt, "repository">,
  ): Promise<RefusedError> {
    const { refusal } = await import("./http/registry_error.ts");
    return await refusal(response, {
      ...attempt,
      repository: this.name,
      redact: (text) => this.transport.redact(text),
    });
  }

  /**
   * Whether something is there, by HEAD. Some registries, and proxies before them, refuse that method
   * alone, or refuse it where a GET or a POST would say what is wrong: that tells nothing.
   *
   * @returns the answer's headers; `absent`, or `unknown` where this registry does not say
   */
  async head(
    access: Access,
    rest: string,
    options: {
      accept?: string | undefined;
      attempt: Omit<Attempt, "repository">;
      signal: AbortSignal | undefined;
    },
  ): Promise<Headers | "absent" | "unknown"> {
    const { accept, attempt, signal } = options;
    const response = await this.request(access, {
      method: "HEAD",
      to: this.at(rest),
      ...(accept !== undefined && { headers: { accept } }),
      signal,
    });
    const { status, headers } = response;
    if (status !== 200 && status !== 404 && !HEAD_REFUSED.includes(status)) {
      throw await this.refusal(response, attempt);
    }
    await drop(response);
    return status === 200 ? headers : status === 404 ? "absent" : "unknown";
  }
}
