/**
 * Push directories to OCI registries and layouts, pull them back, and read single files out of remote
 * artifacts without downloading the rest.
 *
 * The paths `internal/…` of this package are for blobber's other packages, which are released together with it. They
 * are no promise, and any release may change them.
 *
 * @example Errors have a code
 * ```ts
 * import { Client, isBlobberError } from "@blobber/core";
 *
 * await using client = new Client();
 * const push = () => client.push({ directory: "examples/no-such" }, "oci:never-written:v1");
 * const error = await push().catch((error) => error);
 * if (!isBlobberError(error, "not-found", "file-system")) throw error;
 * ```
 *
 * @example Names of artifacts
 * ```ts
 * import { formatReference, isTag, nameOf, parseReference, selectorOf, tagOf } from "@blobber/core";
 *
 * const reference = parseReference("ghcr.io/acme/app:v1");
 * if (reference.kind !== "registry") throw new Error("expected a registry");
 * const { host, repository } = reference;
 * if (host !== "ghcr.io" || repository !== "acme/app") throw new Error(`${host} ${repository}`);
 * if (nameOf(reference) !== "ghcr.io/acme/app") throw new Error(nameOf(reference));
 * if (tagOf(reference) !== "v1" || selectorOf(reference) !== "v1") throw new Error("expected v1");
 * if (formatReference(reference) !== "ghcr.io/acme/app:v1") throw new Error("expected the same");
 * if (!isTag("v1") || isTag("no tag")) throw new Error("tags have no spaces");
 * ```
 *
 * @example A directory is pushed, read and compared
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 *
 * const client = new Client();
 * const at = { store: new MemoryStore(), reference: "v1" }; // or "ghcr.io/acme/site:v1"
 * await client.push({ directory: "examples/site" }, at);
 *
 * const image = await client.openImage(at);
 * const robots = await image.read("robots.txt");
 * if (!new TextDecoder().decode(robots).startsWith("User-agent")) throw new Error("wrong file");
 *
 * const diff = await client.diff(at, { directory: "examples/site" });
 * if (!diff.same) throw new Error("expected no difference");
 * await diff.close();
 * await client.close();
 * ```
 *
 * @module
 */

export * from "./lib/client.ts";
export type { DiffInput } from "./lib/calls/diff.ts";
export type { Readable, Removable, Writable } from "./lib/calls/named_artifact.ts";
export type { DigestOptions, LikelySecret, PushMade } from "./lib/calls/push.ts";
export type { ListResult } from "./lib/calls/read.ts";
export * from "./lib/options.ts";
export * from "./lib/results.ts";
export * from "./lib/looking.ts";
export * from "./lib/signing.ts";
export * from "./lib/store.ts";
export * from "./lib/types.ts";
export {
  type Advice,
  BlobberError,
  type BlobberErrorJson,
  type BlobberErrorOptions,
  type CauseJson,
  checkAborted,
  type Code,
  CODES,
  type Hint,
  isBlobberError,
  type OptionName,
  type Remedy,
} from "./lib/errors.ts";
export type {
  Notice,
  Observer,
  OnRequest,
  Phase,
  Progress,
  RequestEnd,
  RequestStart,
} from "./lib/events.ts";
export {
  formatReference,
  isTag,
  type LayoutReference,
  nameOf,
  parseReference,
  type Reference,
  type Registry,
  type RegistryName,
  type RegistryReference,
  type RepositoryName,
  type RepositoryPath,
  selectorOf,
  tagOf,
} from "./lib/reference.ts";
export { type Digest, isDigest } from "./lib/digest.ts";
export { printable } from "./lib/text/printable.ts";
export type { Entry, EntryType, SpecialType } from "./lib/archive/entry.ts";
export type {
  ArchiveInput,
  ByteSource,
  FilesInput,
  InputEntry,
  InputFile,
  InputType,
  PushInput,
} from "./lib/archive/input/input.ts";
export type { Change, Difference } from "./lib/verbs/diff/changes.ts";
export type { Diff, DiffSide, DiffSideName } from "./lib/verbs/diff/result.ts";
export type { DiffEntry } from "./lib/verbs/diff/side.ts";
export type { DiffCount, DiffTotals } from "./lib/verbs/diff/totals.ts";
export type { Image } from "./lib/verbs/image.ts";
export type { OpenedFile } from "./lib/verbs/image/files.ts";
export type { Found, FoundEntry } from "./lib/verbs/image/glob.ts";
export { LayoutStore } from "./lib/stores/layout/layout_store.ts";
export { MemoryStore } from "./lib/stores/memory_store.ts";
export {
  type CacheEntry,
  type CacheInfo,
  cacheInfo,
  clearCache,
  pruneCache,
  type PruneOptions,
  type PruneResult,
} from "./lib/stores/cache/maintenance.ts";
