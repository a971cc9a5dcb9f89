/**
 * The options of a client and of connections, with their defaults.
 *
 * @module
 */

import type { Observer, OnRequest } from "../events.ts";
import type { Signer, Verifier } from "../signing.ts";
import type { Reference, RegistryName, RepositoryPath } from "../reference.ts";
import type { Store } from "../store.ts";

/** Credentials for one registry. */
export type Credentials =
  | { username: string; password: string }
  | { identityToken: string }
  | { registryToken: string };

/** How one registry is reached, or all of them. */
export interface ConnectionOptions {
  /** Allow plain HTTP to hosts other than this machine. @default false */
  insecure?: boolean | undefined;
  /** Accept any TLS certificate. @default false */
  insecureSkipTlsVerify?: boolean | undefined;
  /** PEM certificates that are trusted beside the system's. */
  caCerts?: string[] | undefined;
  /**
   * Connections to one host at a time, at least 1. Further requests wait in a queue, first come, first served.
   * Clients of a process that connect with the same options share queue and connections. @default 32
   */
  maxConnections?: number | undefined;
}

/**
 * A function as `fetch` is: given a URL and how to ask, it answers with a `Response`, or with something that has
 * its `status`, `headers` and `body`. See {@linkcode ClientOptions.fetch}.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** How a {@linkcode Fetch} is asked: what `fetch` takes, and always all of this. */
export interface FetchInit {
  /** HTTP method. */
  method: string;
  /** Headers by their names in lower case. */
  headers: Record<string, string>;
  /** Bytes, a stream that is read once, or nothing. */
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** `manual` where redirects are answers: the library checks where they lead. */
  redirect: "manual" | "follow";
  /** Ends the request, and the body of its answer. */
  signal: AbortSignal;
  /** For a stream: it is read before the answer comes. */
  duplex?: "half";
}

/** What a {@linkcode Fetch} answers with. */
export type FetchResponse = Pick<Response, "status" | "headers" | "body">;

/** How registries are reached: as a client takes it, and `openRegistry` of `@blobber/core/registry`. */
export interface RegistryStoreOptions extends ConnectionOptions {
  /**
   * Told about connections: when a registry makes a call wait, and what is odd about it. Also told once that
   * there are no threads (`no-threads`), where the call that meets it has no `onNotice`.
   */
  onNotice?: Observer["onNotice"];
  /**
   * Makes every request in place of the library's own connections: to registries, to token services, and to
   * where either sends on. Proxies and certificates are then its matter: the variables that name proxies are
   * not read, and `caCerts` and `insecureSkipTlsVerify` are refused. A `TypeError`, or an error with a code of
   * the system's, means that the network failed, so that the request may be made again; every other error ends
   * the call as it is. @default the library's own connections
   */
  fetch?: Fetch | undefined;
  /** Told of each request when it is sent, and of its end: for traces and counters. */
  onRequest?: OnRequest | undefined;
  /** Exceptions for single registries, by `host[:port]`. */
  registries?: Record<string, ConnectionOptions> | undefined;
  /**
   * Credentials for a repository of a registry, or `undefined` for anonymous access. The repository is empty where
   * the list of a registry's repositories is asked for.
   * @default Docker's and Podman's configuration files and helpers
   */
  credentials?:
    | ((host: RegistryName, repository: RepositoryPath) => Promise<Credentials | undefined>)
    | undefined;
  /** How referrers are found and written. @default "auto" */
  referrers?: "auto" | "api" | "tag" | undefined;
  /** Sent with every request. @default "blobber/VERSION" */
  userAgent?: string | undefined;
}

/** Options of a client. */
export interface ClientOptions extends RegistryStoreOptions {
  /**
   * Opens the store of a reference in place of the client, or says `undefined` for one that the client is to
   * open. Asked once for each repository and layout, without tag and digest. Content is checked as any
   * other's; no cache stands in front of such a store, and it stays its owner's to close.
   * @default every store is the client's own
   */
  open?: ((reference: Reference) => Store | undefined | Promise<Store | undefined>) | undefined;
  /** Directory of the content cache; `undefined` for none. @default undefined */
  cacheDir?: string | undefined;
  /**
   * Directory of what calls leave for later calls on this machine to know: which layers it packed itself, and
   * with what a pull filled a directory. Removing it loses speed and nothing else. `undefined` for none.
   * @default undefined
   */
  stateDir?: string | undefined;
  /** How long a tag's digest may be taken from the cache, in milliseconds. @default 0 */
  cacheTtl?: number | undefined;
  /** Signs what is pushed. */
  signer?: Signer | undefined;
  /** Checks what is read, before a byte of it is used. Where there are several, each must be satisfied. */
  verifier?: Verifier | readonly Verifier[] | undefined;
  /**
   * Threads of this client for packing and unpacking, the calling one among them, and 8 at the most. All
   * calls share them. They are opened by the first call that is worth it, from 8 MiB to pull or 12 MiB to
   * push, and left alone they do not keep the process from ending. @default the number of processors
   */
  jobs?: number | undefined;
  /**
   * The module that threads run where this program is bundled, as an address or an absolute path. In a
   * bundle of one file it is that file, `import.meta.url`, or `__filename` where it is CommonJS, and the
   * program has to begin with `serve` of `@blobber/core/thread`. Without it a bundled program works without
   * threads, which the notice `no-threads` says once.
   * @default the file that the package has for it
   */
  threadEntry?: string | URL | undefined;
  /**
   * Use a destination or a layout although another user can change what its path leads to: by a link of
   * theirs, or, where directories cannot be held open, by a directory of theirs. @default false
   */
  allowSharedDirectories?: boolean | undefined;
}
