/**
 * The TUF client workflow (TUF specification, section 5) as a function of bytes: what is known, and a way
 * to ask for files. It writes nothing and knows no address. Each rule of acceptance is `tuf-js`'s.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { MAX_TUF_BYTES, MAX_TUF_ROOTS } from "@blobber/core/limits";
import { TrustedMetadataStore } from "tuf-js/dist/store.js";
import { EqualVersionError } from "tuf-js/dist/error.js";
import { digestOf } from "../encoding/sha256.ts";

/** Metadata by role, as it was signed. */
export interface TufMetadata {
  /** The roots that followed the first one, oldest first. */
  roots: Uint8Array[];
  timestamp: Uint8Array;
  snapshot: Uint8Array;
  targets: Uint8Array;
}

/** What an update ends with. */
export interface TufUpdate {
  metadata: TufMetadata;
  /** The targets asked for, by name. */
  targets: Map<string, Uint8Array>;
  /** Version of the timestamp: what grows with each change. */
  version: number;
  expires: Date;
}

/**
 * Asks the repository for a file.
 *
 * @param path from the repository's base
 * @param limit most bytes to take
 * @returns the bytes, or `undefined` when there is no such file
 */
export type TufFetch = (path: string, limit: number) => Promise<Uint8Array | undefined>;

/**
 * Checks what was kept of a former update as if it came from the repository: every root from the first on,
 * every signature, and the digests of the targets. Where a cache is, a variable of the environment decides.
 *
 * @param first the root that all trust begins with
 * @param kept what a former update ended with
 * @param time when that was; what expired since is the caller's to judge
 * @returns when the timestamp expires, as its signer says
 * @throws for what is not signed as it should be
 */
export function verifyTuf(
  first: Uint8Array,
  kept: { metadata: TufMetadata; targets: Map<string, Uint8Array> },
  time: Date,
): Date {
  const { roots, timestamp, snapshot, targets } = kept.metadata;
  const store = startAt(first, roots);
  Object.assign(store, { referenceTime: time });
  store.updateTimestamp(Buffer.from(timestamp));
  store.updateSnapshot(Buffer.from(snapshot));
  store.updateDelegatedTargets(Buffer.from(targets), "targets", "root");
  for (const [name, bytes] of kept.targets) checkTarget(store, name, bytes);
  return new Date(store.timestamp!.signed.expires);
}

/**
 * Brings metadata and targets up to date.
 *
 * @param first the root that all trust begins with
 * @param known what a former update ended with
 * @param wanted names of targets, and what asks the repository for them
 */
export async function updateTuf(
  first: Uint8Array,
  known: Pick<TufMetadata, "roots"> & Partial<TufMetadata>,
  { names, fetch }: { names: string[]; fetch: TufFetch },
): Promise<TufUpdate> {
  const store = startAt(first, known.roots);
  const need = async (path: string, limit: number): Promise<Buffer> => {
    const bytes = await fetch(path, Math.min(limit, MAX_TUF_BYTES));
    if (bytes === undefined) throw new Error(`the repository has no ${path}`);
    return Buffer.from(bytes);
  };

  // 5.3: every root from the one that is known to the newest, each signed by the one before.
  const roots = [...known.roots];
  for (let step = 0; step < MAX_TUF_ROOTS; step++) {
    const next = await fetch(`${store.root.signed.version + 1}.root.json`, MAX_TUF_BYTES);
    if (next === undefined) break;
    store.updateRoot(Buffer.from(next));
    roots.push(next);
  }
  const consistent = store.root.signed.consistentSnapshot;
  const named = (version: number, file: string) => consistent ? `${version}.${file}` : file;

  // 5.4: the known timestamp first, so that an older one is seen to be older.
  let timestamp = known.timestamp;
  attempt(() => store.updateTimestamp(Buffer.from(timestamp!)));
  const remote = await need("timestamp.json", MAX_TUF_BYTES);
  try {
    store.updateTimestamp(remote);
    timestamp = remote;
  } catch (error) {
    // The same version again is no error, and no news.
    if (!(error instanceof EqualVersionError)) throw error;
  }

  // 5.5
  let snapshot = known.snapshot;
  if (!attempt(() => store.updateSnapshot(Buffer.from(snapshot!), true))) {
    const { version, length } = store.timestamp!.signed.snapshotMeta;
    snapshot = await need(named(version, "snapshot.json"), length ?? MAX_TUF_BYTES);
    store.updateSnapshot(Buffer.from(snapshot));
  }

  // 5.6
  let targets = known.targets;
  if (!attempt(() => store.updateDelegatedTargets(Buffer.from(targets!), "targets", "root"))) {
    const meta = store.snapshot!.signed.meta["targets.json"];
    if (meta === undefined) throw new Error("the snapshot does not name targets.json");
    targets = await need(named(meta.version, "targets.json"), meta.length ?? MAX_TUF_BYTES);
    store.updateDelegatedTargets(Buffer.from(targets), "targets", "root");
  }

  // 5.7
  const found = new Map<string, Uint8Array>();
  for (const name of names) {
    const { hash, length } = targetInfo(store, name);
    const bytes = await need(`targets/${consistent ? `${hash}.${name}` : name}`, length);
    checkTarget(store, name, bytes);
    found.set(name, bytes);
  }
  return {
    metadata: { roots, timestamp: timestamp!, snapshot: snapshot!, targets: targets! },
    targets: found,
    version: store.timestamp!.signed.version,
    expires: new Date(store.timestamp!.signed.expires),
  };
}

/** A store that trusts the last of a chain of roots, each signed by the one before. */
function startAt(first: Uint8Array, roots: readonly Uint8Array[]): TrustedMetadataStore {
  const store = new TrustedMetadataStore(Buffer.from(first));
  for (const root of roots) store.updateRoot(Buffer.from(root));
  return store;
}

function targetInfo(store: TrustedMetadataStore, name: string): { hash: string; length: number } {
  const info = store.targets!.signed.targets[name];
  const hash = info?.hashes["sha256"];
  if (info === undefined || hash === undefined) {
    throw new Error(`the repository's targets do not have ${name} with a sha256`);
  }
  return { hash, length: info.length };
}

function checkTarget(store: TrustedMetadataStore, name: string, bytes: Uint8Array): void {
  const { hash, length } = targetInfo(store, name);
  if (bytes.length !== length || digestOf(bytes) !== `sha256:${hash}`) {
    throw new Error(`${name} is not what the targets say it is`);
  }
}

/** Whether what is known is still accepted; what is not is asked for again. */
function attempt(step: () => unknown): boolean {
  try {
    step();
    return true;
  } catch { // missing, expired or superseded
    return false;
  }
}
