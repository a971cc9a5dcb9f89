/**
 * What the library tells while it works: progress, which is state, and notices, which are sentences.
 * It prints neither; the caller decides.
 *
 * @module
 */

/**
 * A stage of work that takes time. A push walks, packs and uploads, a pull downloads and unpacks, an update of what was pulled before compares first, a copy copies, a removal removes.
 * Whatever reads an artifact may have to download a layer that cannot be read in parts.
 */
export type Phase =
  | "walk"
  | "pack"
  | "upload"
  | "download"
  | "unpack"
  | "compare"
  | "copy"
  | "remove";

/**
 * How far a phase has come. A phase reports often; the renderer decides how often to show it. Phases of a call may
 * run side by side. A call that fails ends none of them, and one that finds nothing to do reports none.
 */
export interface Progress {
  /** The stage of work. */
  phase: Phase;
  /**
   * Amount done: entries seen (`walk`) or written (`unpack`), bytes of files' content packed (`pack`) or compared (`compare`), or of blobs
   * sent or received; tags and manifests removed. It never becomes less, nor more than `total`.
   */
  done: number;
  /**
   * Amount in all, where it is known: for `walk` and `upload` when they end, for `pack` as soon as the sizes of all
   * files are known. It may still become more, as when a copy finds what refers to the artifact.
   */
  total?: number | undefined;
  /** What `done` and `total` count. */
  unit: "bytes" | "entries";
  /** Whether this is the last report of the phase: there is exactly one in a call that succeeds. */
  finished: boolean;
}

/** Progress of one of several parts of a phase. A client's caller is told their sum. */
export interface PartProgress extends Progress {
  /** Which part. @default the phase itself */
  part?: string | undefined;
  /** It failed: what it has done counts no more. */
  brokenOff?: boolean | undefined;
}

/** Something a person may want to know and that is no error. */
export interface Notice {
  /** How much it matters. */
  level: "debug" | "info" | "warning";
  /**
   * Stable, for programs: `whole-download`, `over-limits`, `unsafe-verification`, …
   *
   * `request`, of level `debug`, is told once for each HTTP request that was sent, to whatever host, the repeated
   * ones among them: `METHOD URL (RANGE): STATUS` when its answer has come, or `failed` when none did. Queries,
   * in which there may be a signature, are `?…` in it. For programs there is {@linkcode OnRequest}.
   */
  code: string;
  /** One sentence without a full stop; text from outside in it is already printable. */
  message: string;
}

/**
 * Where a call reports to, and what can stop it. Every verb's options extend this.
 *
 * A callback that throws ends the call: it stops, cleans up, and rejects with that very error. A callback may
 * return a promise. It is not waited for before the work goes on; the call waits for it before it ends, and
 * rejects with its error. So it must not wait for the call.
 */
export interface Observer {
  /** Called with each step of progress. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Called with each notice. */
  onNotice?: ((notice: Notice) => void) | undefined;
  /** Stops the work; the call then rejects with `interrupted` and has cleaned up. */
  signal?: AbortSignal | undefined;
}

/** A short way to report a notice to an observer that may not be there. */
export function notify(observer: Observer, notice: Notice): void {
  observer.onNotice?.(notice);
}

/** Reports progress of a part of a phase. */
export function reportPart({ onProgress }: Observer, progress: PartProgress): void {
  onProgress?.(progress);
}

/** A request as it is sent. */
export interface RequestStart {
  /** HTTP method. */
  method: string;
  /** Where to, without the query, in which there may be a signature. */
  url: string;
  /** The bytes that are asked for, as the header `Range` says it. */
  range?: string;
  /** How long it stood in the queue for a connection, in milliseconds. */
  queuedMs: number;
}

/** How a request ended. */
export interface RequestEnd {
  /** Status of the answer, where one came. */
  status?: number;
  /** Bytes of the answer's body that were read. */
  bytes: number;
  /** What it failed with: no answer, or one that broke off. The request may be sent again. */
  error?: unknown;
}

/**
 * Called when a request is sent: by a client, to a registry, a token service or a place that either sends on
 * to; by `@blobber/sigstore`, to a signing service or a trust repository. What it returns is called once, when
 * the answer was read, given up, or did not come. What it throws ends the request.
 */
export type OnRequest = (request: RequestStart) => ((end: RequestEnd) => void) | void;
