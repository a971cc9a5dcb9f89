/**
 * The catalogue of errors: every code that blobber reports and the exit status that follows from it.
 *
 * A message says what failed, quotes the value, and says what was expected, without a full stop. What can be
 * done about it goes into `hint`, which names options of the library; a user interface
 * has its own names for those. Text that came from outside is shown by way of `printable`.
 *
 * @module
 */

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
  integrity: { status: 8, meaning: "integrity: bytes do not match their digest or size" },
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
  | "fulcioUrl"
  | "insecure"
  | "insecureSkipTlsVerify"
  | "issuer"
  | "key"
  | "legacyMessageSignature"
  | "links"
  | "maxBytes"
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

/** The only error type that blobber throws on purpose. */
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
   * Makes an error.
   *
   * @param code one of {@linkcode CODES}
   * @param message what failed, the quoted value, what was expected; no full stop
   * @param options advice and cause
   */
  constructor(code: Code, message: string, options: BlobberErrorOptions = {}) {
    const { hint, remedies = [], cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "BlobberError";
    this.code = code;
    this.hint = hint === undefined ? undefined : hintText(hint, nameInLibrary);
    const named = typeof hint === "object" ? hint.filter((part) => typeof part === "object") : [];
    this.remedies = [...named, ...remedies];
    this.advice = { hint, remedies };
  }

  /** The exit status of the command line for this error. */
  get status(): number {
    return STATUS[CODES[this.code]].status;
  }
}

/**
 * Tells whether something thrown is a {@linkcode BlobberError} with one of the given codes.
 *
 * @param error what was caught
 * @param codes the codes asked for; any code when none is named
 */
export function isBlobberError(error: unknown, ...codes: Code[]): error is BlobberError {
  return error instanceof BlobberError && (codes.length === 0 || codes.includes(error.code));
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
