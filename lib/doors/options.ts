/**
 * The door for options: a table for the client and for each verb, in which every option has its check. An option
 * that is added to `options.ts` is added here, or this does not compile.
 *
 * A name that nothing knows is refused: who misspells `verifier` would read without one. So is `null`, which
 * says something else than nothing. What another verb takes is passed over, so that one object can serve several.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type {
  ClientOptions,
  CopyAllOptions,
  CopyFrom,
  CopyOptions,
  DiffOptions,
  DiffSideOptions,
  FileReadOptions,
  OpenOptions,
  PackLimits,
  Place,
  PullOptions,
  PushOptions,
  ReadOptions,
  RegistryStoreOptions,
  RemoveOptions,
  RepositoriesOptions,
  SignOptions,
  TagListOptions,
  TagOptions,
  TreeDigestOptions,
  UnpackLimits,
  VerifyOptions,
} from "../options.ts";
import type { ClaimReader, InspectOptions, RawOptions, TreeOptions } from "../looking.ts";
import { quote } from "../text/printable.ts";
import { nearestWord } from "../text/spelling.ts";
import { moduleAddress } from "../system/runtime.ts";
import type { CallOptions } from "../store.ts";
import { CONNECTION, registries } from "./connection_shape.ts";
import {
  digest,
  ignoreFile,
  path,
  patterns,
  platform,
  signal,
  signer,
  tags,
  verifierOption,
} from "./option_checks.ts";
import {
  callable,
  type Check,
  count,
  type Fault,
  fault,
  faultIn,
  flag,
  isRecord,
  listOf,
  mapOf,
  objectWith,
  oneOf,
  optional,
  type Shape,
  text,
  that,
} from "./shape.ts";

const OBSERVER: Shape<Observer> = { onProgress: callable, onNotice: callable, signal };
const READ: Shape<ReadOptions> = {
  ...OBSERVER,
  verifier: verifierOption,
  expect: digest,
  platform,
  layoutPath: path,
};
const UNPACK: Shape<UnpackLimits> = { maxEntries: count, maxBytes: count, maxFileBytes: count };
const PACK: Shape<PackLimits> = { maxEntries: count, maxBytes: count };

const REGISTRY: Shape<RegistryStoreOptions> = {
  ...CONNECTION,
  onNotice: callable,
  registries,
  credentials: callable,
  fetch: callable,
  onRequest: callable,
  referrers: oneOf("auto", "api", "tag"),
  // RFC 9110, 5.5: what a header's value may hold, and no line break.
  userAgent: that(
    (value) => typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value),
    "printable ASCII",
  ),
};
const CLIENT: Shape<ClientOptions> = {
  ...REGISTRY,
  open: callable,
  cacheDir: path,
  cacheTtl: that((value) => typeof value === "number" && value >= 0, "milliseconds"),
  signer,
  verifier: verifierOption,
  jobs: count,
  threadEntry: that(
    (value) => moduleAddress(value) !== undefined,
    "the address or the absolute path of a module",
  ),
  allowSharedDirectories: flag,
};
const IGNORE: Shape<Pick<PushOptions, "ignore" | "ignoreFile">> = {
  ignore: listOf(
    that((value) => typeof value === "string" && !/[\n\0]/.test(value), "a pattern, in one line"),
    "a list of patterns",
  ),
  ignoreFile: (value) => value === false ? undefined : ignoreFile(value),
};
const PUSH: Shape<PushOptions> = {
  ...OBSERVER,
  ...PACK,
  compression: oneOf("gzip", "zstd"),
  reproducible: flag,
  tags,
  ifAbsent: flag,
  artifactType: text, // as below
  annotations: mapOf(text, "an object of strings"),
  configAnnotations: mapOf(text, "an object of strings"),
  layerAnnotations: mapOf(text, "an object of strings"),
  layerMediaType: text, // its grammar is checked where the format is chosen
  platform,
  keepMtime: flag,
  mtime: that(Number.isSafeInteger, "whole seconds since 1970"),
  refuse: listOf(path, "a list of paths"),
  ...IGNORE,
  allowSecrets: flag,
  signer,
};
const OPEN: Shape<OpenOptions> = { ...READ, ...UNPACK };
const PLACE = "with from and to";
const PULL: Shape<PullOptions> = {
  ...READ,
  ...UNPACK,
  overwrite: flag,
  include: patterns,
  exclude: patterns,
  stripComponents: count,
  places: listOf(objectWith<Place>({ from: text, to: text }, PLACE), `a list of objects ${PLACE}`),
  links: oneOf("refuse", "keep"),
  special: oneOf("refuse", "skip"),
};
const TREE: Shape<TreeDigestOptions> = { ...OPEN, ...IGNORE, special: PULL.special };
const { expect, layoutPath, ...BOTH_SIDES } = OPEN;
const ONE_SIDE: Shape<DiffSideOptions> = {
  verifier: optional(verifierOption),
  expect: optional(expect),
  platform: optional(platform),
  layoutPath: optional(layoutPath),
};
const sideCheck = objectWith(ONE_SIDE, "an object of options");
const oneSide: Check = (value) => {
  const wrong = sideCheck(value);
  if (wrong !== undefined) return wrong;
  const odd = Object.keys(value as object).find((name) => !Object.hasOwn(ONE_SIDE, name));
  if (odd === undefined) return undefined;
  return { path: `.${odd}`, found: "unknown", expected: Object.keys(ONE_SIDE).join(", ") };
};
const DIFF: Shape<DiffOptions> = {
  ...BOTH_SIDES,
  ...IGNORE,
  paths: listOf(text, "a list of paths"),
  special: PULL.special,
  before: oneSide,
  after: oneSide,
};
/** A demand that would be passed over if it did not say which of the two it is about. */
const ofOneSide = (name: string): Check => (value) =>
  fault(value, `it in before or after: { before: { ${name} } }`);
const COPY: Shape<CopyOptions> = { ...READ, referrers: flag, tags, ifAbsent: flag };
const { expect: _, ...READ_ALL } = READ;
const COPY_ALL: Shape<CopyAllOptions> = { ...READ_ALL, referrers: flag, ifAbsent: flag };
const SIGN: Shape<SignOptions> = { ...OBSERVER, signer, expect: digest };
const VERIFY: Shape<VerifyOptions> = { ...READ, whole: flag };
const TAG: Shape<TagOptions> = { ...READ, ifAbsent: flag };
const INSPECT: Shape<InspectOptions> = { ...OPEN, tags: flag };
const LOOK: Shape<TreeOptions> = {
  ...READ,
  claims: objectWith<ClaimReader>({ accepts: callable, read: callable }, "a reader of claims"),
};
const RAW: Shape<RawOptions> = {
  ...READ,
  layer: that(
    (value) => Number.isSafeInteger(value) && (value as number) >= 1,
    "a whole number from 1",
  ),
};
const rawPart = oneOf("manifest", "config", "table");
const CALL: Shape<CallOptions> = { signal };
const REMOVE: Shape<RemoveOptions> = {
  ...OBSERVER,
  layoutPath: path,
  confirm: callable,
  dryRun: flag,
};
const TAG_LIST: Shape<TagListOptions> = { ...CALL, limit: count, all: flag };
const REPOSITORIES: Shape<RepositoriesOptions> = { ...CALL, limit: count };
const anything: Check = () => undefined;
/** What a reference is, is seen when it is read. */
const COPY_FROM: Shape<CopyFrom> = {
  from: anything,
  verifier: verifierOption,
  expect: digest,
  layoutPath: path,
};
/** Numbers of bytes are checked where the size of the file is known. */
const FILE: Shape<FileReadOptions> = { signal, start: anything, end: anything, maxBytes: anything };

const TABLES = {
  push: PUSH,
  digest: { ...PUSH, onEntry: callable, onSecret: callable },
  treeDigest: TREE,
  pull: { ...PULL, to: oneOf("tar") },
  openImage: OPEN,
  list: OPEN,
  diff: { ...DIFF, expect: ofOneSide("expect"), layoutPath: ofOneSide("layoutPath") },
  copy: COPY,
  copyAll: COPY_ALL,
  sign: SIGN,
  verify: VERIFY,
  inspect: INSPECT,
  tree: LOOK,
  raw: RAW,
  tag: TAG,
  remove: REMOVE,
  tags: TAG_LIST,
  listTags: CALL,
  resolve: READ,
  repositories: REPOSITORIES,
};

const { compression, reproducible, keepMtime, mtime } = PUSH;
/** Calls that work on one layer, and have no client. */
const LAYER_TABLES = {
  openLayer: { signal, maxEntries: count },
  parseTable: { signal, maxEntries: count, expect: digest },
  packLayer: { signal, ...PACK, compression, reproducible, keepMtime, mtime },
};

/** A verb, by the name of the client's method. */
export type VerbName = keyof typeof TABLES;

type Table = Readonly<Record<string, Check>>;

/** Beside their options nothing is passed over: what would be, such as `verifier` or `refuse`, is a demand. */
const STRICT: readonly Table[] = [CLIENT, REGISTRY, ...Object.values(LAYER_TABLES)];

/**
 * Takes the options of a client.
 *
 * @returns a copy: what is done to the object later changes no demand
 * @throws {BlobberError} `invalid-option`
 */
export function clientOptions(given: ClientOptions): ClientOptions {
  return taken(given, CLIENT, "the client");
}

/** As {@linkcode clientOptions}, for what tries credentials without a client. */
export function loginOptions<O extends ClientOptions>(given: O): O {
  return taken(given, { ...CLIENT, signal }, "checkLogin");
}

/** As {@linkcode clientOptions}, for a registry's store that is opened without a client. */
export function registryOptions(given: RegistryStoreOptions): RegistryStoreOptions {
  return taken(given, REGISTRY, "openRegistry");
}

/**
 * Takes the options of a call.
 *
 * @param verb whose they are
 * @returns a copy
 * @throws {BlobberError} `invalid-option`
 */
export function callOptions<O extends object>(verb: VerbName, given: O): O {
  return taken(given, TABLES[verb], verb);
}

/**
 * As {@linkcode callOptions} at once, whose error is thrown where the result is asked for.
 *
 * @param verb whose they are
 */
export function settledOptions<O extends object>(verb: VerbName, given: O): () => O {
  try {
    const taken = callOptions(verb, given);
    return () => taken;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** As {@linkcode callOptions}, for `diff`, with copies of what is about one side. */
export function diffOptions(given: DiffOptions): DiffOptions {
  const { before, after, ...both } = callOptions("diff", given);
  return { ...both, before: copyOf(before), after: copyOf(after) };
}

function copyOf(side: DiffSideOptions = {}): DiffSideOptions {
  const { verifier } = side;
  return { ...side, ...Array.isArray(verifier) && { verifier: [...verifier] } };
}

/** As {@linkcode callOptions}, for one of several artifacts to copy. */
export function copySource(given: CopyFrom): CopyFrom {
  return taken(given, COPY_FROM, "an artifact to copy");
}

/** As {@linkcode callOptions}, for what works on one layer. */
export function layerOptions<O extends object>(call: keyof typeof LAYER_TABLES, given: O): O {
  return taken(given, LAYER_TABLES[call], call);
}

/** As {@linkcode callOptions}, for what opens and reads a file of an image. */
export function fileOptions<O extends FileReadOptions>(given: O): O {
  return taken(given, FILE, "a file");
}

/** As {@linkcode callOptions}, for the calls of an image that take no more than a signal. */
export function imageCallOptions(owner: "find" | "glob" | "files", given: CallOptions): void {
  taken(given, CALL, owner);
}

/**
 * Checks the name of a directory that a call takes.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkDirectory(value: unknown): void {
  const wrong = path(value);
  if (wrong !== undefined) throw invalid("directory", wrong);
}

/**
 * Checks tags that a call takes: one string is not taken for a list of its letters.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkTagList(value: unknown): void {
  const wrong = tags(value);
  if (wrong !== undefined) throw invalid("tags", wrong);
}

/**
 * Checks the part of an artifact that a call takes.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkRawPart(value: unknown): void {
  const wrong = rawPart(value);
  if (wrong !== undefined) throw invalid("part", wrong);
}

function taken<O extends object>(given: O, table: Table, owner: string): O {
  if (!isRecord(given)) throw invalid(`options of ${owner}`, fault(given, "an object"));
  const wrong = faultIn(table, given);
  if (wrong !== undefined) throw invalid(`option ${wrong.path.slice(1)}`, wrong);
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined && !Object.hasOwn(table, name)) checkOther(name, table, owner);
  }
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    const value = given[name];
    if (value !== undefined) copy[name] = Array.isArray(value) ? [...value] : value;
  }
  return copy as O;
}

/** Refuses a name that is in no table, or only in one for another purpose: of a client or of a call. */
function checkOther(name: string, table: Table, owner: string): void {
  const ofCall = Object.values(TABLES).some((one) => Object.hasOwn(one, name));
  if (ofCall && !STRICT.includes(table)) return;
  const ofClient = Object.hasOwn(CLIENT, name);
  const meant = nearestWord(name, Object.keys(table));
  throw new BlobberError("invalid-option", `unknown option ${quote(name)} of ${owner}`, {
    hint: ofCall
      ? "it is an option of calls, such as pull()"
      : ofClient
      ? "it is an option of the client: new Client({ … })"
      : meant === undefined
      ? undefined
      : `did you mean "${meant}"?`,
  });
}

function invalid(what: string, { found, expected }: Fault): BlobberError {
  return new BlobberError("invalid-option", `invalid ${what}: ${found}, expected ${expected}`);
}
