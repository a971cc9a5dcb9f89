/**
 * The public trust root, by TUF: the one part of verification that opens sockets and files. It is done
 * before anything is verified, and what it gives is plain trust material.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import type { Observer, RequestEnd } from "@blobber/core";
import { BlobberError, type Hint, interruption, isBlobberError } from "@blobber/core/errors";
import { notify } from "@blobber/core/internal/events";
import {
  MAX_OFFLINE_AGE_MS,
  MAX_TUF_REQUESTS,
  TUF_REFRESH_MS,
  TUF_TIMEOUT_MS,
  TUF_UPDATE_MS,
} from "@blobber/core/limits";
import { counted, quote } from "@blobber/core/internal/printable";
import { piecesUntil } from "@blobber/core/internal/answer-pieces";
import { CallersError } from "../encoding/callers_error.ts";
import { reasonOf } from "../encoding/malformed.ts";
import type { RequestOptions } from "../service.ts";
import { PUBLIC_TUF_ROOT, PUBLIC_TUF_URL } from "./public_root.ts";
import { loadTrustedRoot, type TrustMaterial } from "./trust_root.ts";
import { readState, type TufState, writeState } from "./tuf_state.ts";

/** Where the public trust root comes from, and whether it may be asked for. */
export interface PublicRootOptions extends Observer, RequestOptions {
  /**
   * Directory of what is kept between runs.
   * @default `blobber/sigstore` in `XDG_CACHE_HOME` or `~/.cache`; nothing is kept for a user without a home
   */
  cacheDir?: string | undefined;
  /** Open no socket, and use what is kept. @default false */
  offline?: boolean | undefined;
  /** Address of the TUF repository. @default the public Sigstore's */
  url?: string | undefined;
  /** Bytes of the repository's first root; demanded with an `url`. @default the public Sigstore's */
  root?: Uint8Array | undefined;
}

/** A file of the repository. */
export interface PublicTarget {
  /** The file. */
  bytes: Uint8Array;
  /** When the repository last confirmed it. */
  confirmed: Date;
}

/** What helps where no trust root is kept that may be used. */
const FETCH_OR_GIVE: Hint = [
  "run once without ",
  { option: "offline" },
  ", or give a trust root with ",
  { option: "trust" },
];
const TRUSTED_ROOT = "trusted_root.json";

/**
 * The public trust root: from the cache where it is fresh, else from the repository.
 *
 * @example
 * ```ts
 * import { createVerifier, publicTrustRoot } from "@blobber/sigstore/verify";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const cacheDir = join(tmpdir(), "my-program"); // kept for the next run
 * createVerifier({
 *   signers: [{ issuer: "https://accounts.example", subject: "me@acme.example" }],
 *   trust: () => publicTrustRoot({ cacheDir }), // called when the first certificate is to be verified
 * });
 * ```
 *
 * @param options where from
 * @throws {BlobberError} `trust-root` when there is none that may be believed, `invalid-option`, `interrupted`
 */
export async function publicTrustRoot(options: PublicRootOptions = {}): Promise<TrustMaterial> {
  const { bytes, confirmed } = await publicTarget(TRUSTED_ROOT, options);
  const source = `the trust root of ${options.url ?? "the public Sigstore"}, ` +
    `confirmed ${confirmed.toISOString()}`;
  return loadTrustedRoot(bytes, source, confirmed);
}

/**
 * One file of the public repository: `trusted_root.json`, `signing_config.v0.2.json`.
 *
 * @example
 * ```ts
 * import { isBlobberError } from "@blobber/core";
 * import { publicTarget } from "@blobber/sigstore/verify";
 *
 * const offline = () => Promise.reject(new TypeError("no network")); // leave it out for the real one
 * const error = await publicTarget("trusted_root.json", { fetch: offline }).catch((error) => error);
 * if (!isBlobberError(error, "trust-root")) throw error; // neither a cache nor the network: no guess
 * ```
 *
 * @param name of the target
 * @param options where from
 * @throws {BlobberError} `trust-root` when there is none that may be believed
 */
export async function publicTarget(
  name: string,
  options: PublicRootOptions = {},
): Promise<PublicTarget> {
  const { VerbCall } = await import("@blobber/core/internal/verb-call"); // who verifies with a file needs none
  const call = new VerbCall(options.signal);
  return await call.run(() => findTarget(name, call.observed(options)));
}

async function findTarget(name: string, options: PublicRootOptions): Promise<PublicTarget> {
  const url = options.url ?? PUBLIC_TUF_URL;
  if (options.url !== undefined && options.root === undefined) {
    throw new BlobberError("invalid-option", "a TUF repository is named without its first root");
  }
  const directory = options.cacheDir ?? await defaultCacheDir();
  const path = directory && join(directory, `${encodeURIComponent(url)}.json`);
  const first = options.root ?? new TextEncoder().encode(JSON.stringify(PUBLIC_TUF_ROOT));
  const state = path === undefined ? undefined : await keptState(path, first, options);
  const kept = state?.targets.get(name);
  const now = Date.now();
  const offline = options.offline === true;
  if (state !== undefined && kept !== undefined) {
    const age = now - state.checked.getTime();
    const expired = state.expires.getTime() <= now;
    if (offline) return offlineTarget(kept, state, options);
    // A check in the future is a clock that was wrong: ask again.
    if (age >= 0 && age < TUF_REFRESH_MS && !expired) {
      return { bytes: kept, confirmed: state.checked };
    }
  }
  if (offline) {
    throw new BlobberError(
      "trust-root",
      `no trust root of ${quote(url)} is kept, and none is fetched`,
      { hint: FETCH_OR_GIVE },
    );
  }
  try {
    return await fetchTarget({ name, url, path, first, state }, options);
  } catch (error) {
    const usable = kept !== undefined && state !== undefined && state.expires.getTime() > now;
    if (!isBlobberError(error, "network") || !usable) throw asTrustRoot(error, url);
    notify(options, {
      level: "warning",
      code: "trust-root-not-refreshed",
      message: `the trust root could not be refreshed: ${error.message}; using the one ` +
        `confirmed ${state.checked.toISOString()}`,
    });
    return { bytes: kept, confirmed: state.checked };
  }
}

/** What is kept, and how old it is. Beyond its limit it may have been revoked. */
function offlineTarget(bytes: Uint8Array, state: TufState, options: Observer): PublicTarget {
  const now = Date.now();
  const days = Math.floor((now - state.checked.getTime()) / 86_400_000);
  const age = `the trust root was confirmed ${state.checked.toISOString()}, ${
    counted(days, "day")
  } ago`;
  const expired = state.expires.getTime() <= now;
  if (expired && now - state.checked.getTime() > MAX_OFFLINE_AGE_MS) {
    throw new BlobberError(
      "trust-root",
      `${age}, and expired ${state.expires.toISOString()}; ` +
        `expected at most ${MAX_OFFLINE_AGE_MS / 86_400_000} days`,
      { hint: FETCH_OR_GIVE },
    );
  }
  notify(options, {
    level: expired ? "warning" : "info",
    code: expired ? "trust-root-expired" : "trust-root-offline",
    message: expired ? `${age}, and expired ${state.expires.toISOString()}` : age,
  });
  return { bytes, confirmed: state.checked };
}

async function keptState(
  path: string,
  first: Uint8Array,
  options: Observer,
): Promise<TufState | undefined> {
  try {
    const state = await readState(path);
    if (state === undefined) return undefined;
    const { verifyTuf } = await import("./tuf_client.ts");
    const expires = verifyTuf(first, state, state.checked);
    return { ...state, expires: expires < state.expires ? expires : state.expires };
  } catch (error) {
    // A file that cannot be believed is as good as none: everything in it can be had again.
    notify(options, { level: "warning", code: "trust-root-cache", message: reasonOf(error) });
    return undefined;
  }
}

async function fetchTarget(
  { name, url, path, first, state }: {
    name: string;
    url: string;
    /** The file that is kept between runs, where there is a place for it. */
    path: string | undefined;
    /** The root that trust begins with. */
    first: Uint8Array;
    state: TufState | undefined;
  },
  options: PublicRootOptions,
): Promise<PublicTarget> {
  const { updateTuf } = await import("./tuf_client.ts");
  const checked = new Date();
  const names = [...new Set([name, ...state?.targets.keys() ?? []])];
  const known = state?.metadata ?? { roots: [] };
  const update = await updateTuf(first, known, { names, fetch: repository(url, options) });
  const failed = path === undefined
    ? "this user has no home directory"
    : await writeState(path, { ...update, checked }).then(() => undefined, reasonOf);
  // A home that cannot be written costs the next run a request, and this one nothing.
  if (failed !== undefined) {
    notify(options, {
      level: "debug",
      code: "trust-root-not-kept",
      message: `the trust root is not kept: ${failed}`,
    });
  }
  return { bytes: update.targets.get(name)!, confirmed: checked };
}

/** Asks a repository over HTTP. What comes is believed for its signatures, wherever it came from. */
function repository(
  url: string,
  options: Observer & RequestOptions,
): (path: string, limit: number) => Promise<Uint8Array | undefined> {
  // What is answered from memory asks for nothing.
  const loading = import("../service.ts");
  let requests = 0;
  const whole = AbortSignal.timeout(TUF_UPDATE_MS);
  return async (path, limit) => {
    if (++requests > MAX_TUF_REQUESTS) throw new Error("the repository has no end of roots");
    const address = `${url.replace(/\/$/, "")}/${path}`;
    const signal = AbortSignal.any([
      AbortSignal.timeout(TUF_TIMEOUT_MS),
      whole,
      ...options.signal ? [options.signal] : [],
    ]);
    const { fetchBy, tellRequest } = await loading;
    const told = tellRequest(options, "GET", address);
    const end: RequestEnd = { bytes: 0 };
    try {
      const response = await (fetchBy(options.fetch) ?? fetch)(address, {
        signal,
        headers: { "accept-encoding": "identity" },
      });
      end.status = response.status;
      if (response.status < 200 || response.status > 299) {
        await response.body?.cancel();
        // 5.3.3: that there is no further root is told by 404, and by stores like S3 by 403.
        if (response.status === 404 || response.status === 403) return undefined;
        throw new BlobberError("network", `${quote(address)} answers ${response.status}`);
      }
      const pieces = piecesUntil(response.body, { signal });
      const bytes = await readLimited(pieces, limit, address);
      end.bytes = bytes.length;
      return bytes;
    } catch (error) {
      end.error = error;
      if (error instanceof CallersError || isBlobberError(error)) throw error;
      if (options.signal?.aborted) throw interruption(options.signal);
      throw new BlobberError("network", `cannot fetch ${quote(address)}: ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      told(end);
    }
  };
}

async function readLimited(
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
  address: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of pieces) {
    size += part.length;
    if (size > limit) {
      throw new BlobberError("trust-root", `${quote(address)} is longer than ${limit} bytes`);
    }
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

function asTrustRoot(error: unknown, url: string): unknown {
  if (error instanceof CallersError) return error.thrown;
  if (isBlobberError(error) && !isBlobberError(error, "network")) return error;
  return new BlobberError(
    "trust-root",
    `the trust root of ${quote(url)} cannot be fetched: ${reasonOf(error)}`,
    {
      cause: error,
      hint: isBlobberError(error, "network")
        ? ["try again, or give a trust root with ", { option: "trust" }]
        : "the repository or the way to it is not to be trusted; nothing of it was used",
    },
  );
}

/** Nothing for a user without a home, and where the runtime does not let us ask for it. */
async function defaultCacheDir(): Promise<string | undefined> {
  // Who verifies with a file needs none.
  const { homeDirectory, userDirectory } = await import("@blobber/core/internal/platform");
  const home = () => {
    try {
      return homeDirectory();
    } catch {
      return undefined;
    }
  };
  const directory = userDirectory("cache", (name) => process.env[name], home);
  return directory === undefined ? undefined : join(directory, "blobber", "sigstore");
}
