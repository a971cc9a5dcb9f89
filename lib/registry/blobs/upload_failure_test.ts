import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobberError } from "../../errors.ts";
import { ExchangeError, GivenUpError } from "../http/failure.ts";
import { RefusedError } from "../http/registry_error.ts";
import {
  afterUploadFailure,
  classifyUploadFailure,
  type UploadFailure,
  type UploadStep,
} from "./upload_failure.ts";

const refused = (
  httpStatus: number,
  code: "registry" | "denied" | "unauthorized" | "rate-limited" = "registry",
  ...registryCodes: string[]
) => new RefusedError(code, "no", { httpStatus, registryCodes });

const UNKNOWN = "BLOB_UPLOAD_UNKNOWN";
const MISMATCH = "DIGEST_INVALID";

/** An example of each kind of failure, with its kind. */
const FAILURES: [string, unknown, UploadFailure][] = [
  ["a connection that broke", new ExchangeError("broken", "gone"), "broken"],
  ["silence", new ExchangeError("timeout", "nothing came"), "broken"],
  ["a name that cannot be resolved now", new ExchangeError("dns-temporary", "later"), "broken"],
  ["an untrusted certificate", new ExchangeError("tls", "who?"), "fatal"],
  [
    "a request that was given up",
    new GivenUpError(new ExchangeError("broken", "gone")),
    "fatal",
  ],
  ["500", refused(500), "lost"],
  ["503", refused(503), "lost"],
  ["408", refused(408), "lost"],
  ["a session that is unknown", refused(404, "registry", UNKNOWN), "lost"],
  ["a digest that did not match", refused(400, "registry", MISMATCH), "lost"],
  ["413", refused(413), "too-large"],
  ["429", refused(429, "rate-limited"), "too-many"],
  ["401", refused(401, "unauthorized"), "unauthorized"],
  ["403", refused(403, "denied"), "denied"],
  ["DENIED with another status", refused(400, "denied", "DENIED"), "denied"],
  ["TOOMANYREQUESTS with another status", refused(400, "rate-limited"), "denied"],
  ["TOOMANYREQUESTS with 503", refused(503, "rate-limited", "TOOMANYREQUESTS"), "denied-for-now"],
  ["403 for a session that is unknown", refused(403, "denied", UNKNOWN), "denied-for-now"],
  ["403 for a digest that did not match", refused(403, "denied", MISMATCH), "denied-for-now"],
  ["400", refused(400), "refused"],
  ["405", refused(405), "refused"],
  ["501", refused(501), "refused"],
  ["an answer without a Location", new BlobberError("registry", "no Location"), "unusable"],
  ["a blob under another digest", new BlobberError("integrity", "other"), "fatal"],
  ["an abort", new Error("enough"), "fatal"],
  ["nothing at all", undefined, "fatal"],
];

for (const [what, error, kind] of FAILURES) {
  test(`an upload that fails with ${what} is ${kind}`, () => {
    assert.equal(classifyUploadFailure(error), kind);
  });
}

for (
  const [step, what, error, next] of [
    ["live", "429", refused(429, "rate-limited"), "send-whole"],
    ["live", "401", refused(401, "unauthorized"), "send-whole"],
    ["live", "403", refused(403, "denied"), "give-up"],
    ["live", "405", refused(405), "send-whole"],
    ["live", "413", refused(413), "send-pieces"],
    ["begin", "401", refused(401, "unauthorized"), "give-up"],
    ["begin", "413", refused(413), "send-pieces"],
    ["whole", "a broken connection", new ExchangeError("broken", "gone"), "send-again"],
    ["last-whole", "a broken connection", new ExchangeError("broken", "gone"), "give-up"],
    ["whole", "503", refused(503), "send-again"],
    ["last-whole", "503", refused(503), "send-pieces"],
    ["whole", "503 and TOOMANYREQUESTS", refused(503, "rate-limited"), "send-again"],
    ["last-whole", "503 and TOOMANYREQUESTS", refused(503, "rate-limited"), "give-up"],
    ["whole", "403 and BLOB_UPLOAD_UNKNOWN", refused(403, "denied", UNKNOWN), "send-again"],
    ["live", "403 and BLOB_UPLOAD_UNKNOWN", refused(403, "denied", UNKNOWN), "give-up"],
    ["whole", "403", refused(403, "denied"), "give-up"],
    ["whole", "405", refused(405), "send-pieces"],
    ["whole", "401", refused(401, "unauthorized"), "give-up"],
    ["pieces", "413", refused(413), "send-smaller-pieces"],
    ["pieces", "405", refused(405), "give-up"],
  ] as const
) {
  test(`after ${what} in the step "${step}": ${next}`, () => {
    assert.equal(afterUploadFailure(step, error), next);
  });
}

test("every failure leads to a later way of sending, or to the end", () => {
  const LATER: Record<UploadStep, string[]> = {
    "begin": ["send-whole", "send-pieces", "give-up"],
    "live": ["send-whole", "send-pieces", "give-up"],
    "whole": ["send-again", "send-pieces", "give-up"],
    "last-whole": ["send-pieces", "give-up"],
    "pieces": ["send-smaller-pieces", "give-up"],
  };
  for (const [what, error] of FAILURES) {
    for (const [step, allowed] of Object.entries(LATER)) {
      const next = afterUploadFailure(step as UploadStep, error);
      assert.ok(allowed.includes(next), `${what} in ${step}: ${next}`);
    }
  }
});
