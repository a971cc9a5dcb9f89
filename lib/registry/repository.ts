/**
 * One repository in one registry: the paths of its content and the scopes that they need.
 *
 * @module
 */

import { discardBody } from "./http/body.ts";
import type { Attempt, RefusedError } from "./http/registry_error.ts";
import type { HttpResponse } from "./http/exchange.ts";
import type { Clock } from "../system/clock.ts";
import type { RegistryRequest, Transport } from "./transport.ts";

/** What is to be done, as registries grant it. To cancel an upload is a deletion for some. */
export type Access = "pull" | "push" | "cancel" | "delete";

const ACTIONS: Record<Access, string> = {
  pull: "pull",
  push: "pull,push",
  cancel: "pull,push,delete",
  delete: "pull,delete",
};

/** Statuses that say that HEAD is not answered, and not what a GET would be. */
const HEAD_REFUSED = [400, 403, 405, 501];

/** What makes a repository. */
export interface RepositoryParts {
  /** `acme/app`, as it stands in paths. */
  path: string;
  /** `ghcr.io/acme/app`, for messages. */
  name: string;
  /** `host[:port]` of the registry, canonical. */
  address: string;
  clock: Clock;
  /** Opens the way to the registry. */
  transport: () => Promise<Transport>;
  /** Closes it, if it was opened, and for good. */
  close: () => Promise<void>;
}

/** A repository, and the way to it. */
export class Repository {
  /** `acme/app`, as it stands in paths. */
  readonly path: string;
  /** `ghcr.io/acme/app`, for messages. */
  readonly name: string;
  /** `host[:port]` of the registry, canonical. */
  readonly address: string;
  /** Time, for pauses. */
  readonly clock: Clock;
  /** The way to the registry, which is opened when it is needed. */
  readonly transport: () => Promise<Transport>;
  /** Closes the way to the registry: what is under way ends with `closed`. */
  readonly close: () => Promise<void>;

  /** @param parts its names, and the way to it */
  constructor(parts: RepositoryParts) {
    this.path = parts.path;
    this.name = parts.name;
    this.address = parts.address;
    this.clock = parts.clock;
    this.transport = parts.transport;
    this.close = parts.close;
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
  async request(access: Access, request: Omit<RegistryRequest, "scope">): Promise<HttpResponse> {
    const transport = await this.transport();
    return await transport.request({ ...request, scope: this.scope(access) });
  }

  /** Sends a request and throws the error that another status than those expected means. */
  async expect(
    access: Access,
    request: Omit<RegistryRequest, "scope">,
    wanted: Omit<Attempt, "repository"> & { statuses: number[] },
  ): Promise<HttpResponse> {
    const { statuses, ...attempt } = wanted;
    const response = await this.request(access, request);
    if (statuses.includes(response.status)) return response;
    throw await this.refusedError(response, attempt);
  }

  /** The error of an answer that is a refusal. */
  async refusedError(
    response: HttpResponse,
    attempt: Omit<Attempt, "repository">,
  ): Promise<RefusedError> {
    const { refusedError } = await import("./http/registry_error.ts");
    const transport = await this.transport();
    return await refusedError(response, {
      ...attempt,
      repository: this.name,
      redact: (text) => transport.redact(text),
    });
  }

  /**
   * Whether something is there, by HEAD. Some registries, and proxies before them, refuse that method
   * alone, or refuse it where a GET or a POST would say what is wrong: that tells nothing.
   *
   * @returns the answer's headers; `absent`, or `unknown` where this registry does not say
   */
  async head({ access, path, accept, attempt, signal }: {
    access: Access;
    /** As in {@linkcode at}. */
    path: string;
    accept?: string | undefined;
    attempt: Omit<Attempt, "repository">;
    signal: AbortSignal | undefined;
  }): Promise<Headers | "absent" | "unknown"> {
    const response = await this.request(access, {
      method: "HEAD",
      to: this.at(path),
      ...(accept !== undefined && { headers: { accept } }),
      signal,
    });
    const { status, headers } = response;
    if (status !== 200 && status !== 404 && !HEAD_REFUSED.includes(status)) {
      throw await this.refusedError(response, attempt);
    }
    await discardBody(response);
    return status === 200 ? headers : status === 404 ? "absent" : "unknown";
  }
}
