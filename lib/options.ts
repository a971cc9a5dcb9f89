/**
 * The options of every verb, with their defaults. They are checked before a call begins, and applied by its
 * verb.
 *
 * @module
 */

import type { ClientOptions } from "./options/client_options.ts";
import type { Observer } from "./events.ts";
import type { Digest } from "./digest.ts";
import type { Signer } from "./signing.ts";
import type { Reference } from "./reference.ts";
import type { Removal } from "./results.ts";
import type { CallOptions, SourceReference } from "./store.ts";
import type { Annotations, Platform } from "./types.ts";

export type * from "./options/client_options.ts";

/** How a layer is compressed. */
export type Compression = "gzip" | "zstd";

/** How much may be pushed that a pull would not accept without being told. */
export interface PackLimits {
  /** Entries of any kind. @default what a pull accepts of a layer of that size */
  maxEntries?: number | undefined;
  /** Bytes of all files. @default what a pull accepts of a layer of that size */
  maxBytes?: number | undefined;
}

/** Options of `push`. What says how a layer is packed says nothing about files, which are pushed as they are. */
export interface PushOptions extends Observer, PackLimits {
  /** How the layer is compressed. @default "gzip" */
  compression?: Compression | undefined;
  /**
   * Compress into the same bytes in every runtime and version, so that the digest depends on the input and
   * the other options alone. Takes up to twice the processor time to compress. For gzip only: with `zstd` it is
   * refused with `invalid-option`. @default false
   */
  reproducible?: boolean | undefined;
  /**
   * An artifact to build on, for a directory: its layers stay, and one on top holds what is not the same in them.
   * `"auto"` is what the tag names now. A base that does not fit is left aside, which the notice `whole-layer` and
   * the result's `base` tell. A layer that no accepted signature covers, and that `stateDir` does not know, is read
   * whole before it is built upon. @default none: one layer
   */
  base?: "auto" | string | Reference | SourceReference | undefined;
  /** Further tags beside the reference's own. @default [] */
  tags?: string[] | undefined;
  /** Refuse to move a tag that exists. @default false */
  ifAbsent?: boolean | undefined;
  /**
   * What kind of artifact it is: a media type, as OCI's `artifactType` takes it.
   * @default none; for files "application/vnd.unknown.artifact.v1", as ORAS has it
   */
  artifactType?: string | undefined;
  /** Annotations of the manifest. @default {} */
  annotations?: Annotations | undefined;
  /** Annotations of the config's descriptor. @default {} */
  configAnnotations?: Annotations | undefined;
  /** Annotations of the layer's descriptor. Files have their own: for them it is refused. @default {} */
  layerAnnotations?: Annotations | undefined;
  /** Media type of the layer. @default the OCI layer type of the compression */
  layerMediaType?: string | undefined;
  /** Platform in the image config. @default linux/amd64, so that digests do not depend on the machine */
  platform?: Platform | undefined;
  /** Keep each file's modification time instead of `mtime`. @default false */
  keepMtime?: boolean | undefined;
  /** Modification time of every entry, in seconds since 1970. @default 0 */
  mtime?: number | undefined;
  /**
   * Files that must never be in what is pushed, such as the key that signs: a push that would hold one fails,
   * also when it has another name there. @default []
   */
  refuse?: readonly string[] | undefined;
  /**
   * Patterns of what is left out of a directory, as lines of a `.gitignore`: the last that is about a file
   * decides, and one that begins with `!` brings back what those before it leave out, though nothing below a
   * directory that is left out. They count behind those of the ignore file. @default []
   */
  ignore?: readonly string[] | undefined;
  /**
   * The ignore file: a file of such lines, or `false` for none. It leaves itself out.
   * @default `.blobberignore` in the directory, where there is one
   */
  ignoreFile?: string | false | undefined;
  /**
   * Whether private keys may be in what is pushed. The key that signs may not in any case.
   * @default false
   */
  allowSecrets?: boolean | undefined;
  /** Signs this push, in place of the client's signer. */
  signer?: Signer | undefined;
}

/** Options of whatever reads an artifact. */
export interface ReadOptions extends Observer {
  /** Checks the manifest before anything else is fetched, in place of the client's. */
  verifier?: ClientOptions["verifier"];
  /** The digest that the reference must resolve to. */
  expect?: Digest | undefined;
  /** The platform to choose from an index. @default this machine's, else the only one there is */
  platform?: Platform | undefined;
  /**
   * The real path of a layout, where something was decided on it: it is opened in place of the path in the
   * reference, and refused when something on it is a link by then.
   */
  layoutPath?: string | undefined;
}

/** How much of an archive is accepted. */
export interface UnpackLimits {
  /** Entries of any kind. @default 100,000, one more for each 64 bytes of layers, and 1,000,000 at the most */
  maxEntries?: number | undefined;
  /** Bytes of all files. @default 10,000,000,000, and 200 more for each byte of layers */
  maxBytes?: number | undefined;
  /** Bytes of one file. @default as many as all files may have */
  maxFileBytes?: number | undefined;
}

/** Options of `openImage` and `list`. Limits on bytes hold where they have to be unpacked to be read. */
export interface OpenOptions extends ReadOptions, UnpackLimits {
  /** Entries of any kind. @default 1,000,000 */
  maxEntries?: number | undefined;
}

/** Options of `Image.open`: which bytes of the file, and what stops its stream. */
export interface FileOptions extends CallOptions {
  /** First byte to read; at or beyond the end of the file there is nothing to read. @default 0 */
  start?: number | undefined;
  /**
   * One behind the last byte to read; beyond the end of the file it means that end.
   * @default the end of the file
   */
  end?: number | undefined;
}

/** Options of `Image.read`. */
export interface FileReadOptions extends FileOptions {
  /** The most bytes that are taken into memory. @default 67,108,864 */
  maxBytes?: number | undefined;
}

/** A path of an artifact, and where it goes. */
export interface Place {
  /** The path: of a file or link, or of a directory with all that is below it; `""` is the root. */
  from: string;
  /** The path below the destination; `""` where a directory becomes the destination itself. */
  to: string;
}

/** Options of `pull`. */
export interface PullOptions extends ReadOptions, UnpackLimits {
  /**
   * Replace files that exist, where they differ: a directory that exists is compared with the artifact, file by
   * file and by content. What is right stays as it is, and only what is not on the disk is fetched.
   *
   * @default false
   */
  overwrite?: boolean | undefined;
  /**
   * With `overwrite`: removes what the artifact does not have from the destination when all else is in place, but
   * for the directories of version control. Refused for the root, homes, and what is above a home or the working
   * directory, and with options that choose a part.
   *
   * @default false
   */
  delete?: boolean | undefined;
  /** Changes nothing, and tells what would be added, changed, removed and fetched: `PullResult.preview`. @default false */
  dryRun?: boolean | undefined;
  /**
   * With `overwrite`: does not read files whose size, modification time, change time and inode are those that an
   * earlier pull with this option recorded in the client's `stateDir` when it found them right. Who can set the clock,
   * or write to the disk past the file system, can change a file unseen.
   *
   * @default false
   */
  trustMtime?: boolean | undefined;
  /**
   * Patterns in gitignore syntax: what one of them matches is pulled, and what is below a directory that one
   * matches; of a layer with a table only that is fetched. A pattern that matches nothing is an error.
   *
   * @default everything
   */
  include?: readonly string[] | undefined;
  /** As {@linkcode PullOptions.include}: what one of them matches is not pulled. @default [] */
  exclude?: readonly string[] | undefined;
  /**
   * How many components to take off the beginning of each path, as `tar` does; what has no more is left out. The
   * targets of symbolic links are not changed, and must still lead nowhere outside.
   *
   * @default 0
   */
  stripComponents?: number | undefined;
  /**
   * Pulls only these paths, each to the place that it says. In place of patterns and `stripComponents`. A path
   * that does not exist is an error.
   *
   * @default everything, to the path that it has
   */
  places?: readonly Place[] | undefined;
  /**
   * A file for a receipt, with which `check` verifies the directory later without the registry. It is written when
   * all else is in place. @default none
   */
  receipt?: string | undefined;
  /** What happens to links with an absolute target: refused, or written as they are and never followed. @default "refuse" */
  links?: "refuse" | "keep" | undefined;
  /** What happens to devices and named pipes, which are never made: refused, or left out with a notice. @default "refuse" */
  special?: "refuse" | "skip" | undefined;
}

/** Options of `check`. Limits on bytes hold for layers without a table, which are read whole, and for a repair. */
export interface CheckOptions extends OpenOptions {
  /**
   * Patterns in gitignore syntax: what one of them matches is not compared, and neither is what is below a
   * directory that one matches. @default []
   */
  ignore?: readonly string[] | undefined;
  /**
   * A receipt that a pull left: the artifact is read out of it, and nothing is fetched. With a reference, the
   * receipt has to be of that one.
   *
   * @default the artifact is read from where it is
   */
  receipt?: string | undefined;
  /** Put in place what is missing or differs, and fetch that alone. What is there in excess stays. @default false */
  repair?: boolean | undefined;
  /** What `repair` does with links that have an absolute target, as in `pull`. @default "refuse" */
  links?: "refuse" | "keep" | undefined;
  /** What happens to devices and named pipes, which no pull makes: refused, or left out with a notice. @default "refuse" */
  special?: "refuse" | "skip" | undefined;
}

/** Options of `pull` into a stream. Owner and group of all entries are 0. */
export interface PullTarOptions
  extends Omit<PullOptions, "overwrite" | "delete" | "dryRun" | "trustMtime" | "receipt"> {
  /** What is written: a tar (POSIX pax), sorted by path. */
  to: "tar";
}

/** Options of `treeDigest`. All but those of {@linkcode Observer} and those that leave files out are about references. */
export interface TreeDigestOptions extends OpenOptions, Pick<PushOptions, "ignore" | "ignoreFile"> {
  /** What happens to devices and named pipes, which no tree has: refused, or left out with a notice. @default "refuse" */
  special?: "refuse" | "skip" | undefined;
}

/** Options of `diff` that are about one of the two alone, and count in place of those about both. */
export type DiffSideOptions = Pick<ReadOptions, "verifier" | "expect" | "platform" | "layoutPath">;

/** Options of `diff`. What is left out is left out of directories; all else but paths is about references. */
export interface DiffOptions
  extends Omit<OpenOptions, "expect" | "layoutPath">, Pick<PushOptions, "ignore" | "ignoreFile"> {
  /** Only what is at and below these paths, or those that globs stand for, on either side. @default everything */
  paths?: readonly string[] | undefined;
  /** What happens to devices and named pipes, which no tree has: refused, or left out with a notice. @default "refuse" */
  special?: "refuse" | "skip" | undefined;
  /** About the first of the two. */
  before?: DiffSideOptions | undefined;
  /** About the second. */
  after?: DiffSideOptions | undefined;
}

/** Options of `copy`. */
export interface CopyOptions extends ReadOptions {
  /** Also copy what refers to the artifact: signatures, bills of materials, and what refers to those. @default true */
  referrers?: boolean | undefined;
  /** Only the manifest of this platform, in place of a whole index. @default everything */
  platform?: Platform | undefined;
  /** Further tags beside the destination's own. @default [] */
  tags?: string[] | undefined;
  /** Refuse to move a tag that exists. @default false */
  ifAbsent?: boolean | undefined;
}

/** One of several artifacts to copy, with what is demanded of it alone. */
export interface CopyFrom extends Pick<ReadOptions, "verifier" | "expect" | "layoutPath"> {
  /** What to copy. */
  from: string | Reference | SourceReference;
}

/** Options of `copyAll`. */
export interface CopyAllOptions extends Omit<CopyOptions, "expect" | "tags"> {}

/** Options of `sign`. */
export interface SignOptions extends Observer {
  /** Signs, in place of the client's signer. */
  signer?: Signer | undefined;
  /** The digest that the reference must resolve to. */
  expect?: Digest | undefined;
}

/** Options of `verify`. */
export interface VerifyOptions extends ReadOptions {
  /** Demand a signature on what the reference names, an index with all its manifests. @default false */
  whole?: boolean | undefined;
}

/** Options of `tag`. */
export interface TagOptions extends ReadOptions {
  /** Refuse to move a tag that exists. @default false */
  ifAbsent?: boolean | undefined;
}

/** Options of `tags`. */
export interface TagListOptions extends CallOptions {
  /** At most so many: those that stand last, which are the newest versions. @default all */
  limit?: number | undefined;
  /** Also those that stand in for a list of referrers, and those in which cosign keeps signatures. @default false */
  all?: boolean | undefined;
}

/** Options of `repositories`. */
export interface RepositoriesOptions extends CallOptions {
  /** At most so many, the first in the order of the registry: no more is asked for. @default all */
  limit?: number | undefined;
}

/** Options of `remove`. */
export interface RemoveOptions extends Observer, Pick<ReadOptions, "layoutPath"> {
  /**
   * Shown what goes and what stays before anything is removed. Where it says anything but `true`, nothing is.
   * @default everything that was named goes
   */
  confirm?: ((removal: Removal) => boolean | Promise<boolean>) | undefined;
  /** Only say what would go and what would stay. @default false */
  dryRun?: boolean | undefined;
}
