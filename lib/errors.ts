/**
 * The catalogue of errors: every code that blobber reports and the exit status that follows from it.
 *
 * A message says what failed, quotes the value, and says what was expected, without a full stop. What can be
 * done about it goes into `hint`, which names options of the library; a user interface has its own names for
 * those. Text that came from outside is shown by way of `printable`.
 *
 * Every call of the library fails with a {@linkcode BlobberError}, with one exception: what the caller's own
 * code throws, such as a callback or a store of theirs, comes back as it was thrown. Programs branch on
 * `code`. A call that was aborted fails with `interrupted`, named `AbortError` as the platform's own are.
 *
 * @example
 * ```ts
 * import { BlobberError, checkAborted, hintText, interruption, isBlobberError } from "@blobber/core/errors";
 *
 * const error = new BlobberError("limit", "too much", { hint: ["raise ", { option: "maxBytes" }] });
 * if (!isBlobberError(error, "limit") || error.exitStatus !== 9) throw error;
 * const asFlag = hintText(error.advice.hint!, () => "--max-bytes");
 * if (asFlag !== "raise --max-bytes") throw new Error(asFlag);
 *
 * const signal = AbortSignal.abort("enough"); // in a store, signer or verifier of your own:
 * if (interruption(signal).cause !== "enough") throw new Error("expected the reason");
 * let stopped: unknown;
 * try {
 *   checkAborted(signal);
 * } catch (error) {
 *   stopped = error;
 * }
 * if (!isBlobberError(stopped, "interrupted")) throw new Error("expected a call that is stopped");
 * ```
 *
 * @module
 */

import { withoutSecrets } from "./text/printable.ts";

/**
 * Exit statuses of the command line, by meaning. The reference page is made from this table.
 */
export const STATUS = {
  done: { status: 0, meaning: "done, also when the reader of stdout has gone" },
  unexpected: { status: 1, meaning: "unexpected: a fault of blobber's own" },
  usage: {
    status: 2,
    meaning: "usage: the command, an option, a reference, the configuration or a permission",
  },
  authentication: {
    status: 3,
    meaning: "authentication: credentials missing, refused or too weak",
  },
  notFound: { status: 4, meaning: "not found: the repository, the artifact or the file in it" },
  signatureInvalid: { status: 5, meaning: "a signature is there and is not valid" },
  noSignature: { status: 6, meaning: "no signature where one is demanded" },
  identity: {
    status: 7,
    meaning: "validly signed, but not by whom, or not under the name, that is demanded",
  },
  integrity: { status: 8, meaning: "integrity: bytes do not match, or `check` found differences" },
  unsafe: { status: 9, meaning: "an unsafe or corrupt archive, or a limit that was reached" },
  conflict: {
    status: 10,
    meaning: "conflict: something is already there, or another run holds it",
  },
  network: { status: 11, meaning: "network, registry or signing service" },
  trustRoot: { status: 12, meaning: "trust root: missing, unreadable, expired or rolled back" },
  fileSystem: {
    status: 13,
    meaning: "local file system: full, read-only, permission, missing or changed while read",
  },
  differs: { status: 14, meaning: "no error: the two sides of `diff` differ" },
  interrupted: { status: 130, meaning: "interrupted (SIGINT)" },
  terminated: { status: 143, meaning: "terminated (SIGTERM)" },
} as const;

/** A row of {@linkcode STATUS}. */
export type StatusName = keyof typeof STATUS;

/** Every error code, and the row of {@linkcode STATUS} that it exits with. Codes are stable. */
export const CODES = {
  "unexpected": "unexpected",
  "closed": "unexpected",
  "usage": "usage",
  "invalid-option": "usage",
  "invalid-reference": "usage",
  "invalid-config": "usage",
  "invalid-key": "usage",
  "invalid-receipt": "usage",
  "missing-permission": "usage",
  "unauthorized": "authentication",
  "denied": "authentication",
  "not-found": "notFound",
  "signature-invalid": "signatureInvalid",
  "no-signature": "noSignature",
  "identity-mismatch": "identity",
  "name-mismatch": "identity",
  "trust-rule": "identity",
  "integrity": "integrity",
  "invalid-manifest": "integrity",
  "invalid-archive": "unsafe",
  "path-traversal": "unsafe",
  "private-key": "unsafe",
  "limit": "unsafe",
  "conflict": "conflict",
  "busy": "conflict",
  "network": "network",
  "timeout": "network",
  "tls": "network",
  "registry": "network",
  "rate-limited": "network",
  "range-not-supported": "network",
  "signing-service": "network",
  "trust-root": "trustRoot",
  "file-system": "fileSystem",
  "source-changed": "fileSystem",
  "interrupted": "interrupted",
  "terminated": "terminated",
} as const satisfies Record<string, StatusName>;

/** A stable error code: what a program branches on. */
export type Code = keyof typeof CODES;

/** An option of the library that an error may name, because it changes the outcome. */
export type OptionName =
  | "allowSecrets"
  | "allowSharedDirectories"
  | "caCerts"
  | "exclude"
  | "fulcioUrl"
  | "insecure"
  | "insecureSkipTlsVerify"
  | "issuer"
  | "key"
  | "layer"
  | "legacyMessageSignature"
  | "links"
  | "maxBytes"
  | "maxConnections"
  | "maxEntries"
  | "maxFileBytes"
  | "offline"
  | "overwrite"
  | "passphrase"
  | "platform"
  | "referrers"
  | "rekorUrl"
  | "special"
  | "token"
  | "trust";

/**
 * What changes the outcome: an option, with the value to give it where there is only one, or a call. It is
 * data, so that a program can act on it and each user interface can name it in its own way.
 */
export type Remedy =
  | { option: OptionName; value?: string | number | boolean }
  | { call: "sign" | "storeLogin" };

/** What can be done next, in words, with remedies where they are to be named. */
export type Hint = string | readonly (string | Remedy)[];

/** What an error says about how to go on. */
export interface Advice {
  /** What the reader can do next. */
  hint?: Hint | undefined;
  /** What changes the outcome, beyond the remedies that the hint names. */
  remedies?: readonly Remedy[] | undefined;
}

/** What an error carries beyond its code and message. */
export interface BlobberErrorOptions extends Advice {
  /** The error underneath. */
  cause?: unknown;
}

/** A {@linkcode BlobberError} as JSON: what `toJSON` gives, and `fromJSON` takes. */
export interface BlobberErrorJson {
  /** As the error's. */
  name: string;
  /** As the error's. */
  code: Code;
  /** As the error's. */
  message: string;
  /** As the error's. */
  hint?: string;
  /** As the error's. */
  remedies: readonly Remedy[];
  /** As the error's. */
  exitStatus: number;
  /** What is underneath: an error of ours in this form, another with its name, message and code. */
  cause?: BlobberErrorJson | CauseJson;
}

/** A cause as JSON: what another's error says, or the value that was thrown or given in place of one. */
export type CauseJson =
  | {
    /** As the error's. */
    name: string;
    /** As the error's, without secrets. */
    message: string;
    /** As the error's: `ENOENT` for instance. */
    code?: string | number;
    /** What is underneath that. */
    cause?: BlobberErrorJson | CauseJson;
  }
  | string
  | number
  | boolean
  | null;

/** Causes that are told; what is further down says nothing. */
const MAX_CAUSES = 16;

/** By this an error is known as ours, whichever copy of the package made it. */
const BRAND = Symbol.for("blobber.error");

/**
 * The only error type that the library makes.
 *
 * `JSON.stringify` keeps all of it but the stack. `structuredClone`, and so `postMessage`, keeps what the
 * platform keeps of any error: the message, the stack and, but for Bun, the cause; send
 * {@linkcode BlobberError.toJSON} and restore it with {@linkcode BlobberError.fromJSON} where more is needed.
 */
export class BlobberError extends Error {
  /** What a program branches on. */
  readonly code: Code;
  /** What the reader can do next, in the words of the library. */
  readonly hint: string | undefined;
  /** What changes the outcome. */
  readonly remedies: readonly Remedy[];
  /** The hint in its parts: for another error about the same, or to be put in other words. */
  readonly advice: Advice;

  /**
   * Makes an error. Its name is `BlobberError`; that of a call which was stopped is `AbortError`, or
   * `TimeoutError` where the cause is called so, as the reason of `AbortSignal.timeout` is.
   *
   * @param code one of {@linkcode CODES}
   * @param message what failed, the quoted value, what was expected; no full stop
   * @param options advice and cause
   */
  constructor(code: Code, message: string, options: BlobberErrorOptions = {}) {
    const { hint, remedies = [], cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    const name = nameOf(code, cause);
    if (name !== this.name) Object.defineProperty(this, "name", { value: name });
    this.code = code;
    this.hint = hint === undefined ? undefined : hintText(hint, nameInLibrary);
    const named = typeof hint === "object" ? hint.filter((part) => typeof part === "object") : [];
    this.remedies = [...named, ...remedies];
    this.advice = { hint, remedies };
  }

  /** The exit status of the command line for this error. */
  get exitStatus(): number {
    return STATUS[CODES[this.code]].status;
  }

  /**
   * The error as JSON: all but the stack, with its causes. Tokens, and what stands before the host or behind
   * the path of a URL, are left out of the texts of causes that are not ours.
   */
  toJSON(): BlobberErrorJson {
    return jsonOf(this, []);
  }

  /**
   * Restores an error from its JSON, as another thread or process sent it.
   *
   * @param json what {@linkcode BlobberError.toJSON} gave; whatever else it is becomes `unexpected`
   */
  static fromJSON(json: unknown): BlobberError {
    const given: Partial<BlobberErrorJson> = Object(json);
    const { name, code, message, hint, remedies, cause } = given;
    const known = typeof code === "string" && Object.hasOwn(CODES, code) ? code : "unexpected";
    const text = typeof message === "string" ? message : "an error that does not say what it is";
    const error = new BlobberError(known, text, {
      hint: typeof hint === "string" ? hint : undefined,
      remedies: Array.isArray(remedies) ? remedies : [],
      cause: restoredCause(cause),
    });
    if (name === "TimeoutError") Object.defineProperty(error, "name", { value: name });
    return error;
  }
}

Object.defineProperty(BlobberError.prototype, BRAND, { value: true });
// Where every error of the class has it, and so in the first line of its stack.
Object.defineProperty(BlobberError.prototype, "name", { value: "BlobberError" });

function nameOf(code: Code, cause: unknown): string {
  if (code !== "interrupted" && code !== "terminated") return "BlobberError";
  return textIn(cause, "name") === "TimeoutError" ? "TimeoutError" : "AbortError";
}

/** @param above the errors that it is a cause of */
function jsonOf(error: BlobberError, above: readonly unknown[]): BlobberErrorJson {
  const { name, code, message, hint, remedies, exitStatus } = error;
  const cause = causeJson(error.cause, [...above, error]);
  return {
    name,
    code,
    message,
    ...(hint !== undefined && { hint }),
    remedies,
    exitStatus,
    ...(cause !== undefined && { cause }),
  };
}

function causeJson(
  cause: unknown,
  above: readonly unknown[],
): BlobberErrorJson | CauseJson | undefined {
  if (cause === null || typeof cause === "number" || typeof cause === "boolean") return cause;
  if (typeof cause === "string") return withoutSecrets(cause);
  if (above.length > MAX_CAUSES || above.includes(cause)) return undefined;
  if (isBlobberError(cause)) return jsonOf(cause, above);
  const message = textIn(cause, "message");
  if (message === undefined) return undefined; // what else an object holds may be a secret
  const { code } = cause as { code?: unknown };
  const next = causeJson((cause as { cause?: unknown }).cause, [...above, cause]);
  return {
    name: textIn(cause, "name") ?? "Error",
    message: withoutSecrets(message),
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(next !== undefined && { cause: next }),
  };
}

function restoredCause(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if ("exitStatus" in json) return BlobberError.fromJSON(json);
  const { code, cause } = json as { code?: unknown; cause?: unknown };
  const error = new Error(textIn(json, "message"), { cause: restoredCause(cause) });
  const name = textIn(json, "name") ?? "Error";
  Object.defineProperty(error, "name", { value: name, configurable: true });
  return code === undefined ? error : Object.assign(error, { code });
}

/** A field of whatever was thrown. */
function textIn(thrown: unknown, field: "name" | "message"): string | undefined {
  const value = typeof thrown === "object" && thrown !== null
    ? (thrown as Record<string, unknown>)[field]
    : undefined;
  return typeof value === "string" ? value : undefined;
}

/**
 * Tells whether something thrown is a {@linkcode BlobberError} with one of the given codes, also when another
 * copy of the package made it, which `instanceof` does not tell.
 *
 * @param error what was caught
 * @param codes the codes asked for; any code when none is named
 */
export function isBlobberError(error: unknown, ...codes: Code[]): error is BlobberError {
  const ours = error instanceof BlobberError ||
    typeof error === "object" && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
  return ours && (codes.length === 0 || codes.includes((error as BlobberError).code));
}

/**
 * The error of a call whose signal has fired: `interrupted`, whose cause is the signal's reason. A reason
 * that says by itself why work ends (`interrupted`, `terminated` or `closed`) is that error.
 *
 * @param signal which has fired
 */
export function interruption(signal: AbortSignal): BlobberError {
  const { reason } = signal;
  if (isBlobberError(reason, "interrupted", "terminated", "closed")) return reason;
  return new BlobberError("interrupted", "the work was interrupted", { cause: reason });
}

/**
 * Stops work that is to be stopped, with the error that all of the library stops with: for stores, signers
 * and verifiers, to be called where work begins and wherever it goes on.
 *
 * @param signal the caller's, where there is one
 * @throws {BlobberError} `interrupted`
 */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interruption(signal);
}

/**
 * Puts a hint into words.
 *
 * @param hint of an error's {@linkcode Advice}
 * @param name how a remedy is called where the hint is read
 */
export function hintText(hint: Hint, name: (remedy: Remedy) => string): string {
  if (typeof hint === "string") return hint;
  return hint.map((part) => typeof part === "string" ? part : name(part)).join("");
}

function nameInLibrary(remedy: Remedy): string {
  if ("call" in remedy) return `${remedy.call}()`;
  const { option, value } = remedy;
  return `the option ${option}${value === undefined ? "" : `: ${JSON.stringify(value)}`}`;
}
