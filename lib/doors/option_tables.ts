/**
 * What each option has to be: a table for the client and for each verb, in which every option has its check. An
 * option that is added to `options.ts` is added here, or this does not compile.
 *
 * @module
 */

import type { Observer } from "../events.ts";
import type {
  CheckOptions,
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
import { moduleAddress } from "../system/runtime.ts";
import type { CallOptions } from "../store.ts";
import {
  CONNECTION,
  digest,
  ignoreFile,
  path,
  patterns,
  platform,
  registries,
  signal,
  signer,
  tags,
  verifierOption,
} from "./option_checks.ts";
import {
  callable,
  type Check,
  count,
  fault,
  flag,
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

export const REGISTRY: Shape<RegistryStoreOptions> = {
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
export const LOGIN: Shape<RegistryStoreOptions & Pick<Observer, "signal">> = {
  ...REGISTRY,
  signal,
};
export const CLIENT: Shape<ClientOptions> = {
  ...REGISTRY,
  open: callable,
  cacheDir: path,
  stateDir: path,
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
  base: () => undefined, // what a reference is, is seen when it is read
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
  delete: flag,
  dryRun: flag,
  trustMtime: flag,
  include: patterns,
  exclude: patterns,
  stripComponents: count,
  places: listOf(objectWith<Place>({ from: text, to: text }, PLACE), `a list of objects ${PLACE}`),
  links: oneOf("refuse", "keep"),
  special: oneOf("refuse", "skip"),
  receipt: path,
};
const CHECK: Shape<CheckOptions> = {
  ...OPEN,
  ignore: patterns,
  receipt: path,
  repair: flag,
  links: PULL.links,
  special: PULL.special,
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
export const rawPart: Check = oneOf("manifest", "config", "table");
export const CALL: Shape<CallOptions> = { signal };
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
export const COPY_FROM: Shape<CopyFrom> = {
  from: anything,
  verifier: verifierOption,
  expect: digest,
  layoutPath: path,
};
/** Numbers of bytes are checked where the size of the file is known. */
export const FILE: Shape<FileReadOptions> = {
  signal,
  start: anything,
  end: anything,
  maxBytes: anything,
};

export const TABLES = {
  push: PUSH,
  digest: { ...PUSH, onEntry: callable, onSecret: callable },
  treeDigest: TREE,
  pull: { ...PULL, to: oneOf("tar") },
  openImage: OPEN,
  list: OPEN,
  check: CHECK,
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
export const LAYER_TABLES = {
  openLayer: { signal, maxEntries: count },
  parseTable: { signal, maxEntries: count, expect: digest },
  packLayer: { signal, ...PACK, compression, reproducible, keepMtime, mtime },
};
