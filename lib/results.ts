/**
 * What the verbs return.
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import type { BlobberError } from "./errors.ts";
import type { Verdict, VerifiedDescriptor } from "./signing.ts";
import type { Freed } from "./store.ts";
import type { Descriptor } from "./types.ts";

/** What every push made. */
export interface Pushed {
  /** Digest of the manifest. */
  digest: Digest;
  /** Media type of the manifest. */
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** Files in it, and further names of files. */
  files: number;
  /** Bytes of all files. */
  bytes: number;
  /** Tags that now point at it. */
  tags: string[];
  /** Digest of the referrer that holds the signature. */
  signature?: Digest | undefined;
}

/** What a push of a directory, a tar or entries made. */
export interface PushResult extends Pushed {
  /** Digest of the tree: paths, kinds, permission bits, link targets and contents, and nothing else. */
  tree: Digest;
  /** The layer, with a base the one on top: its digest compressed and uncompressed, its bytes, and how many entries it holds. */
  layer: { digest: Digest; diffId: Digest; size: number; entries: number };
  /** What became of the base, where one was asked for. */
  base?: PushedBase | undefined;
}

/** Why a push that was given a base made one whole layer. */
export type WholeReason =
  /** The tag names nothing yet. */
  | "no-base"
  /** The base is an index, or for another platform. */
  | "other-platform"
  /** The base was pushed with another compression or other options. */
  | "other-options"
  /** The base is no artifact as a push of a directory makes it. */
  | "foreign"
  /** All layers together would have more than 1.3 of the bytes of one. */
  | "size"
  /** A name is gone that is too long for a layer to say so. */
  | "names";

/** What a push made of a base. */
export interface PushedBase {
  /** Digest of the base's manifest, where there was one. */
  digest?: Digest | undefined;
  /** How many of its layers stayed. */
  kept: number;
  /** How many of its layers the new one took the place of. */
  absorbed: number;
  /** Why one whole layer was made, where it was. */
  whole?: WholeReason | undefined;
  /** All layers of what was pushed, from the ground up. */
  layers: { digest: Digest; size: number }[];
  /** Bytes of layers that were sent: neither what was there, nor what could be mounted. */
  sent: number;
}

/** What a push of files made. */
export interface PushFilesResult extends Pushed {
  /** Digest of the tree that they make; of archives of a model, which readers unpack, it is not known. */
  tree?: Digest | undefined;
  /** What kind of artifact it is. */
  artifactType: string;
  /** The files, in the order they were given: each a layer of its own. */
  layers: PushedFile[];
}

/** A file that was pushed as it is. */
export interface PushedFile {
  /** Its path in the artifact. */
  path: string;
  /** Its media type. */
  mediaType: string;
  /** Digest of its bytes. */
  digest: Digest;
  /** How many they are. */
  size: number;
}

/** The digest of a tree. */
export interface TreeDigestResult {
  /** The digest: of paths, kinds, permission bits, link targets and contents, and nothing else. */
  tree: Digest;
  /** Entries in the tree, with directories that only names imply. */
  entries: number;
  /** Of a reference: the manifest. Where there is a verdict, the signature covers it, by itself or by its index. */
  digest?: Digest | undefined;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

/** What a copy did. */
export interface CopyResult {
  /** The manifest's digest. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** Blobs sent, and those that were there already or appeared without being sent. */
  blobs: { copied: number; mounted: number; present: number };
  /** Bytes of blobs sent. */
  bytes: number;
  /** Manifests and indexes that refer to what was copied and went along. */
  referrers: number;
  /** Tags that now point at it. */
  tags: string[];
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

/** What became of one of several artifacts that were to be copied: a result, or the error that it ended with. */
export type CopyOutcome =
  | { from: string; to: string; result: CopyResult }
  | { from: string; to: string; error: unknown };

/** What signing left behind. */
export interface SignResult {
  /** Digest of the manifest that is signed. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** Digest of the referrer that holds the signature. */
  signature: Digest;
  /** Whether it is new; `false` when the same signature was attached already. */
  added: boolean;
}

/** A signature that was looked at and does not satisfy. */
export interface Rejected {
  /** The referrer. */
  descriptor: Descriptor;
  /** Why. */
  error: BlobberError;
}

/** What a signature proved. */
export interface Proof {
  /** Who signed, and what shows it. */
  verdict: Verdict;
  /** What carries the signature: what the reference names, or the manifest chosen from it. */
  signed: "root" | "manifest";
  /** The referrer that holds the signature. */
  signature: Descriptor;
  /** Signatures that were looked at before it and do not satisfy. */
  rejected: Rejected[];
}

/** What a verification found. The proof itself is the first verifier's that is about `descriptor`. */
export interface VerifyResult extends Proof {
  /**
   * What signatures cover: what the reference names or, where that is an index which is not signed, the
   * manifest that was chosen from it. From now on, use this digest.
   */
  descriptor: VerifiedDescriptor;
  /** What the reference names. Where it is not `descriptor`, nothing is proven of its other manifests. */
  named: Descriptor;
  /** The proofs to every verifier. */
  proofs: Proof[];
}

/** What a pull changed, in files and links; directories are not counted. */
export interface PullChanges {
  /** Files and links that were not there. */
  added: number;
  /** Those that were replaced, or given another mode. */
  changed: number;
  /** Those that were right, and stay as they are. */
  unchanged: number;
  /** Those that the artifact does not have, and that were removed. */
  removed: number;
}

/** What a pull would change. */
export interface PullPreview {
  /** Paths of files and links that are not there. */
  added: string[];
  /** Paths of those that would be replaced, or given another mode. */
  changed: string[];
  /** Paths of all that the artifact does not have, directories with a slash behind them; nothing without `delete`. */
  removed: string[];
  /** Bytes of layers that would be fetched for their content. */
  toFetch: number;
}

/** What a pull did. */
export interface PullResult {
  /** The manifest pulled; where there is a verdict, the signature covers it, by itself or by its index. */
  digest: Digest;
  /** Entries that are in place now: those that were right already among them. */
  entries: number;
  /** Files among them, and further names of files. */
  files: number;
  /** Bytes of all files. */
  bytes: number;
  /** What that changed; of a pull into a stream, nothing. */
  changes?: PullChanges | undefined;
  /** With `dryRun`: what would change, and nothing has. */
  preview?: PullPreview | undefined;
  /** Bytes of layers that came from where the artifact is: over the network, or out of a layout. */
  fetched: number;
  /** Bytes of layers that came out of the cache. */
  reused: number;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

/** A path at which a directory is not what an artifact says. */
export interface CheckDifference {
  /** The path. */
  path: string;
  /** Nothing is there; what is there differs; or something is there that the artifact does not have. */
  kind: "missing" | "changed" | "extra";
  /** What differs, of what is changed; of another type only that is said. */
  differs: ("type" | "content" | "mode" | "target")[];
}

/** What a check found. */
export interface CheckResult {
  /** What it was checked against: as the caller named it, else as the receipt states, which is a claim of the file. */
  reference: string;
  /** The manifest checked against; where there is a verdict, the signature covers it, by itself or by its index. */
  digest: Digest;
  /** Whether the directory is what the artifact says, after a repair. */
  same: boolean;
  /** Where it is not, sorted by path. */
  differences: CheckDifference[];
  /** Files that were right, and further names of files. */
  files: number;
  /** Directories that were right. */
  directories: number;
  /** Symbolic links that were right. */
  links: number;
  /** Bytes of the files that were right. */
  bytes: number;
  /** Paths that were repaired, where that was asked for. */
  repaired?: string[] | undefined;
  /** Layers without a table of contents, which were read whole to compare. */
  whole: Digest[];
  /** Bytes of layers that came from where the artifact is. */
  fetched: number;
  /** Bytes of layers that came out of the cache. */
  reused: number;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
}

/** A tag, or a manifest, which goes or stays when something is removed. */
export type RemovalPart =
  | {
    /** Which of both it is. */
    kind: "tag";
    /** The tag. */
    tag: string;
    /** What it names. */
    digest: Digest;
  }
  | {
    /** Which of both it is. */
    kind: "manifest";
    /** What was named itself, a manifest of its index, what refers to either, or the list of a fallback tag. */
    role: "artifact" | "platform" | "referrer" | "list";
    /** Its digest. */
    digest: Digest;
    /** Its media type. */
    mediaType: string;
    /** Its bytes; 0 where it is broken. */
    size: number;
    /** Of a referrer: what it is. */
    artifactType?: string | undefined;
  };

/** What stays, and why. */
export type KeptPart = RemovalPart & {
  /** The reason, as the end of a sentence: `the tag v2 names it too`. */
  why: string;
};

/** What goes and what stays. */
export interface Removal {
  /** The store. */
  name: string;
  /** What goes, in the order in which it does. */
  goes: RemovalPart[];
  /** What belongs to it and stays. */
  stays: KeptPart[];
}

/** What a removal did. */
export interface RemoveResult extends Removal {
  /** Whether it was done: not with `dryRun`, nor where `confirm` said no. */
  removed: boolean;
  /** What the store let go of, as far as it says: a registry does so later, by itself. */
  freed: Freed;
}
