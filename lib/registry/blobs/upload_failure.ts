/**
 * What a failed upload means for what is done next. A blob is sent in up to three ways, one after the other:
 * live, in a PATCH that is streamed while the blob is made; whole, in one PUT; in pieces.
 *
 * @module
 */

import { isBlobberError } from "../../errors.ts";
import { ExchangeError } from "../http/failure.ts";
import { RefusedError } from "../http/registry_error.ts";
import { isTemporary } from "../http/retry.ts";

/** Where an upload failed. */
export type UploadStep =
  /** The POST before a live PATCH. */
  | "begin"
  /** The live PATCH, or the PUT that ends it. */
  | "live"
  /** The POST or the PUT of a whole blob. */
  | "whole"
  /** The same, in the last of its tries. */
  | "last-whole"
  /** A piece. */
  | "pieces";

/** What is done after a failure. */
export type AfterFailure =
  /** The same way, in a new session. */
  | "send-again"
  /** All of the blob from its file, in one PUT. */
  | "send-whole"
  | "send-pieces"
  | "send-smaller-pieces"
  | "give-up";

/** Failures, as far as they differ in what helps. */
export type UploadFailure =
  /** The connection broke. */
  | "broken"
  /** The registry has trouble, has lost the session or got other bytes than were sent. */
  | "lost"
  /** 413: this registry, or a proxy before it, limits the size of a request. */
  | "too-large"
  /** 429. */
  | "too-many"
  /** 401 for a request that could not be repeated with a fresh token. */
  | "unauthorized"
  /** Access is denied, or a rate limit reached. */
  | "denied"
  /** The same, in an answer that says that another try may do better. */
  | "denied-for-now"
  /** Any other refusal: perhaps of this way of sending. */
  | "refused"
  /** An answer that is not a refusal, but cannot be used. */
  | "unusable"
  /** Nothing that another way of sending changes: an abort, a wrong digest, a certificate. */
  | "fatal";

/** One row for each failure, one column for each step. */
const AFTER: Record<UploadFailure, Record<UploadStep, AfterFailure>> = {
  "broken": {
    "begin": "send-whole",
    "live": "send-whole",
    "whole": "send-again",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "lost": {
    "begin": "send-whole",
    "live": "send-whole",
    "whole": "send-again",
    "last-whole": "send-pieces",
    "pieces": "give-up",
  },
  "too-large": {
    "begin": "send-pieces",
    "live": "send-pieces",
    "whole": "send-pieces",
    "last-whole": "send-pieces",
    "pieces": "send-smaller-pieces",
  },
  "too-many": {
    "begin": "give-up",
    "live": "send-whole",
    "whole": "send-again",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "unauthorized": {
    "begin": "give-up",
    "live": "send-whole",
    "whole": "give-up",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "denied": {
    "begin": "give-up",
    "live": "give-up",
    "whole": "give-up",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "denied-for-now": {
    "begin": "give-up",
    "live": "give-up",
    "whole": "send-again",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "refused": {
    "begin": "send-whole",
    "live": "send-whole",
    "whole": "send-pieces",
    "last-whole": "send-pieces",
    "pieces": "give-up",
  },
  "unusable": {
    "begin": "send-whole",
    "live": "send-whole",
    "whole": "give-up",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
  "fatal": {
    "begin": "give-up",
    "live": "give-up",
    "whole": "give-up",
    "last-whole": "give-up",
    "pieces": "give-up",
  },
};

/**
 * What is done after a step of an upload failed.
 *
 * @param step which step
 * @param error with what
 */
export function afterUploadFailure(step: UploadStep, error: unknown): AfterFailure {
  return AFTER[classifyUploadFailure(error)][step];
}

/** Codes with which a registry says that a new session may do better (distribution spec, "Error Codes"). */
const SESSION_LOST = ["BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID"];

/**
 * Which kind of failure an error is.
 *
 * @param error what was thrown
 */
export function classifyUploadFailure(error: unknown): UploadFailure {
  if (error instanceof ExchangeError) return error.mayPass ? "broken" : "fatal";
  if (!(error instanceof RefusedError)) {
    return isBlobberError(error, "registry") ? "unusable" : "fatal";
  }
  const { httpStatus, code, registryCodes } = error;
  if (httpStatus === 401) return "unauthorized";
  if (httpStatus === 429) return "too-many";
  if (httpStatus === 413) return "too-large";
  const mayPass = isTemporary(httpStatus) ||
    registryCodes.some((code) => SESSION_LOST.includes(code));
  if (code === "denied" || code === "rate-limited") return mayPass ? "denied-for-now" : "denied";
  return mayPass ? "lost" : "refused";
}
