/**
 * What `inspect` and `tree` take and give: an artifact described without downloading what is in it.
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import type { BlobberErrorJson } from "./errors.ts";
import type { OpenOptions, ReadOptions } from "./options.ts";
import type { Signature, Verdict } from "./signing.ts";
import type { Annotations, Descriptor, Platform } from "./types.ts";

/** Options of `inspect`. Limits are about the tables of contents that are read. */
export interface InspectOptions extends OpenOptions {
  /**
   * The manifest to look at where the reference names an index. A verifier then demands a signature on that
   * manifest or on the index, else on the index. @default the index itself
   */
  platform?: Platform | undefined;
  /** Also look for the tags that name the same digest: a request for each tag. @default false */
  tags?: boolean | undefined;
}

/** A part of an artifact whose bytes can be had as they are stored. */
export type RawPart = "manifest" | "config" | "table";

/** Options of `raw`. */
export interface RawOptions extends ReadOptions {
  /** Of which layer the table is, counted from 1. @default the only one that has a table */
  layer?: number | undefined;
}

/** Bytes as they are stored, checked against their digest. */
export interface RawResult {
  /** Digest of these bytes. */
  digest: Digest;
  /** Media type; that of a table is `application/json`. */
  mediaType: string;
  /** The bytes. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A layer, as far as its manifest and its table tell. */
export interface InspectedLayer extends Descriptor {
  /** How it is compressed, by its table, else by its media type; nothing where neither says it. */
  compression?: "none" | "gzip" | "zstd" | undefined;
  /** The name of the file that it is, by its annotation. */
  title?: string | undefined;
  /** What its table of contents lists, where it has one that can be read alone. */
  table?:
    | { format: "estargz" | "zstd:chunked"; entries: number; files: number; bytes: number }
    | undefined;
}

/** The config of an artifact. */
export interface InspectedConfig extends Descriptor {
  /**
   * What it says, where it is JSON: for an image how it is run, else its fields that are text, numbers or
   * lists of text.
   */
  summary?: Record<string, string | string[]> | undefined;
}

/** How many refer to an artifact, by what their manifests say they are. None of them was verified. */
export interface ReferrerCounts {
  /** Signatures. */
  signatures: number;
  /** Attestations. */
  attestations: number;
  /** Bills of materials. */
  sboms: number;
  /** Others. */
  others: number;
  /** Whether there are more, or some that could not be read. */
  more: boolean;
}

/** What an artifact is. */
export interface InspectResult {
  /** What is described: what the reference names, or the manifest of the platform that was asked for. */
  kind: "manifest" | "index";
  /** Its digest. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** Its bytes. */
  size: number;
  /** What the reference names: another digest where a manifest of an index was chosen. */
  named: Descriptor;
  /** What kind of artifact it says it is. */
  artifactType?: string | undefined;
  /** When it says it was made, in its own words: its annotation, else its config. */
  created?: string | undefined;
  /** The platform that its config names. */
  platform?: Platform | undefined;
  /** Its config. */
  config?: InspectedConfig | undefined;
  /** Its layers, lowest first; none for an index. */
  layers: InspectedLayer[];
  /** Of an index: what it lists. */
  manifests: Descriptor[];
  /** Files with all layers applied, where tables tell of every layer. A hard link counts as a file without bytes. */
  files?: { entries: number; files: number; bytes: number } | undefined;
  /** The digest of the tree that it states; `treeDigest` computes it. */
  tree?: Digest | undefined;
  /** Its annotations. */
  annotations: Annotations;
  /** What it refers to. */
  subject?: Descriptor | undefined;
  /** Who signed it, where there is a verifier; several where several had to be satisfied. */
  verdicts: Verdict[];
  /** What carries those signatures: what the reference names, or the manifest that was chosen from it. */
  signed?: "root" | "manifest" | undefined;
  /** What refers to it. */
  referrers: ReferrerCounts;
  /** Tags that name the same digest as the reference does, where they were asked for. */
  tags?: { names: string[]; looked: number; more: boolean } | undefined;
}

/** What a referrer is. */
export type ReferrerKind = "signature" | "attestation" | "sbom" | "artifact";

/** Who a signature says it is by. */
export type ClaimedBy =
  | { kind: "certificate"; issuer: string; subject: string }
  | { kind: "key"; fingerprint?: string | undefined; hint?: string | undefined };

/**
 * What a signature or an attestation says about itself. Nothing of it is verified: any user who may push can write
 * anything there.
 */
export interface Claims {
  /** What it says it is. */
  kind: "signature" | "attestation";
  /** Who it says it is by. */
  signer?: ClaimedBy | undefined;
  /** When it says it was made. */
  time?: Date | undefined;
  /** The type of what it states. */
  predicateType?: string | undefined;
}

/** Reads what signatures say about themselves. `@blobber/sigstore` has one. */
export interface ClaimReader {
  /** Whether it reads content of a media type. */
  accepts(mediaType: string): boolean;
  /**
   * Reads one signature or attestation.
   *
   * @throws {BlobberError} `signature-invalid` for what cannot be read
   */
  read(signature: Signature): Claims | Promise<Claims>;
}

/** Options of `tree`. */
export interface TreeOptions extends ReadOptions {
  /** The manifest to look at where the reference names an index. @default the index with all that it lists */
  platform?: Platform | undefined;
  /** Reads what signatures that are not verified claim. @default nothing is read of them */
  claims?: ClaimReader | undefined;
}

/** A signature or an attestation in a tree. */
export interface SignatureFound {
  /**
   * `verified`: a verifier accepts it. `refused`: each that reads it refuses it. `unchecked`: there is no verifier
   * that reads it, or it is an attestation, which proves nothing of who vouches for the artifact.
   */
  state: "verified" | "refused" | "unchecked";
  /** Who signed; of one that is verified. */
  verdict?: Verdict | undefined;
  /** Why it is refused. */
  refusal?: Problem | undefined;
  /** What it says about itself, which nothing proves. */
  claims?: Claims | undefined;
}

/** What went wrong with a part of a tree. */
export type Problem = Pick<BlobberErrorJson, "code" | "message">;

/** What is not in a tree although it may be there. */
export interface LeftOut {
  /** Referrers that are listed and were not read. */
  referrers: number;
  /** Whether the list of referrers goes on behind them. */
  more: boolean;
  /** Manifests of an index that are not shown. */
  manifests: number;
  /** Whether it was not asked what refers to this. */
  unasked: boolean;
}

/** A manifest in a tree. */
export interface TreeNode {
  /** What it is; `unread` for what is listed and cannot be read. */
  kind: "manifest" | "index" | ReferrerKind | "unread";
  /** Its digest. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** Its bytes. */
  size: number;
  /** What kind of artifact its manifest says it is. */
  artifactType?: string | undefined;
  /** Of a bill of materials: in which form it is, by its type. */
  format?: string | undefined;
  /** Of what an index lists: its platform. */
  platform?: Platform | undefined;
  /** The tag of cosign's that ties it to what it is about; else its own subject does. */
  tag?: string | undefined;
  /** When it says it was made. */
  created?: string | undefined;
  /** The signatures or attestations in it. */
  signatures?: SignatureFound[] | undefined;
  /** Why it cannot be read. */
  problem?: Problem | undefined;
  /** Whether it stands elsewhere in the tree, with what refers to it. */
  repeated?: boolean | undefined;
  /** Of an index: what it lists. */
  manifests: TreeNode[];
  /** What refers to it: signatures first, then attestations, bills of materials, and others. */
  referrers: TreeNode[];
  /** What is left out below it, where something is. */
  leftOut?: LeftOut | undefined;
}

/** What `tree` gives. */
export interface TreeResult {
  /** The artifact, and below it all that refers to it. */
  root: TreeNode;
  /** Who signed it, where there is a verifier; several where several had to be satisfied. */
  verdicts: Verdict[];
  /** What carries those signatures: what the reference names, or the manifest that was chosen from it. */
  signed?: "root" | "manifest" | undefined;
  /** Whether something is left out anywhere in the tree. */
  isCut: boolean;
}
