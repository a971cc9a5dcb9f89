/**
 * The shapes of the fake registry: requests, answers, hooks, records, options.
 *
 * @module
 */

import type { KeyPair } from "./http_server.ts";

/** A request as a hook sees it. */
export interface FakeRequest {
  /** Counts from 1. */
  number: number;
  method: string;
  /** Path without query. */
  path: string;
  /** Path with query. */
  url: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  /** All of the body; empty while `onRequest` runs, which is before the body has come. */
  body: Uint8Array;
}

/** What a registry answers. */
export interface FakeAnswer {
  status: number;
  headers: Record<string, string>;
  /** A `Uint8Array` gets a Content-Length unless `headers` says one; an iterable is sent chunked. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** An answer as a test writes it: status 200 and no body unless it says otherwise. */
export type CannedAnswer = Partial<Omit<FakeAnswer, "body">> & {
  body?: FakeAnswer["body"] | string;
};

/** What a hook makes of a request. */
export type Action =
  /** The registry's own answer, as when there is no hook. */
  | { proceed: true }
  /** This answer instead of the registry's own; the body of the request is read and dropped. */
  | { answer: CannedAnswer }
  /** This answer at once, while the body of the request may still be under way. */
  | { answerEarly: CannedAnswer }
  /** The registry's own answer, changed. */
  | { rewrite: (answer: FakeAnswer, request: FakeRequest) => FakeAnswer }
  /** The registry's own answer, not before something has happened. */
  | { after: Promise<void> }
  /** The registry's own answer, cut off after so many bytes of its body. */
  | { breakAfter: number }
  /** The registry's own answer, that stops coming after so many bytes and never ends. */
  | { stallAfter: number }
  /** The connection is cut before anything is answered. */
  | { reset: true }
  /** The connection is cut once so many bytes of the request's body have come. */
  | { resetUploadAfter: number }
  /** Nothing is ever answered. */
  | { hang: true };

/** One request that came, and what became of it. */
export interface RequestRecord {
  number: number;
  method: string;
  /** Path with query. */
  url: string;
  headers: Record<string, string>;
  /** Bytes of the request's body that came. */
  received: number;
  /** Bytes of the answer's body that were sent. */
  sent: number;
  /** Status that was sent; 0 while none was. */
  status: number;
}

/** How a fake registry behaves. */
export interface FakeRegistryOptions {
  /** Whether it has the referrers API. @default true */
  referrers?: boolean;
  /** Whether it mounts blobs from other repositories. @default true */
  mount?: boolean;
  /** Whether it honours Range. @default true */
  ranges?: boolean;
  /** Form of `Location` headers. @default "relative" */
  location?: "relative" | "absolute";
  /** Entries on a page of tags or referrers when the client asks for no number. @default 1000 */
  pageSize?: number;
  /** Sent with an upload's answer as `OCI-Chunk-Min-Length`. */
  chunkMinLength?: number;
  /** Serves TLS with this. */
  tls?: KeyPair;
  /** Address to listen on. @default "127.0.0.1" */
  address?: string;
  /** Whether it lists its repositories. @default true */
  catalogue?: boolean;
  /** Whether it takes tags away: not at all, alone, or the manifest with its last one, as zot does. @default "alone" */
  tagRemoval?: "none" | "alone" | "with manifest";
  /** Whether it removes manifests by digest, and the tags that name them. @default true */
  manifestRemoval?: boolean;
  /** Asked before every request; an answer refuses it. */
  authorize?: (request: FakeRequest) => CannedAnswer | undefined;
}

/** A stored manifest. */
export interface StoredManifest {
  mediaType: string;
  bytes: Uint8Array;
}

/** The content of one repository; tests may read and change it. */
export interface FakeRepository {
  blobs: Map<string, Uint8Array>;
  manifests: Map<string, StoredManifest>;
  tags: Map<string, string>;
}

/** A running fake registry. */
export interface FakeRegistry {
  /** `127.0.0.1:PORT`. */
  host: string;
  url: string;
  options: FakeRegistryOptions;
  /** Every request, in the order in which they came. */
  requests: RequestRecord[];
  /** The most requests that were under way at a time: from their heads to the end of their answers. */
  atOnce: number;
  /** Called when the head of a request has come. */
  onRequest: ((request: FakeRequest) => Action | undefined | void) | undefined;
  repositories: Map<string, FakeRepository>;
  /** The repository of that name, made when absent. */
  repository(name: string): FakeRepository;
  /** `METHOD URL STATUS` of every request. */
  log(): string[];
  /** Forgets the requests so far. */
  clear(): void;
  /** Resolves when no connection stands open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}
