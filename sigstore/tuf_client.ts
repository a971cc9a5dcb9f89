/**
 * The TUF client workflow (TUF specification, section 5) as a function of bytes: what is known, and a way
 * to ask for files. It writes nothing and knows no address. Each rule of acceptance is `tuf-js`'s.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { MAX_TUF_BYTES } from "@blobber/core";
import { TrustedMetadataStore } from "tuf-js/dist/store.js";
import { EqualVersionError } from "tuf-js/dist/error.js";
import { toHex } from "./bytes.ts";

/** Metadata by role, as it was signed. */
export interface TufMetadata {
  root: Uint8Array;
  timestamp?: Uint8Array | undefined;
  snapshot?: Uint8Array | undefined;
  targets?: Uint8Array | undefined;
}

/** What an update ends with. */
export interface TufUpdate {
  metadata: Required<TufMetadata>;
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

/** Roots followed in one go (TUF specification, 5.3.3): Sigstore makes two a year. */
const MAX_ROOTS = 64;

/**
 * Brings metadata and targets up to date.
 *
 * @param known what a former update ended with, or the root to begin at
 * @param names of targets
 * @param fetch asks the repository
 */
export async function updateTuf(
  known: TufMetadata,
  names: string[],
  fetch: TufFetch,
): Promise<TufUpdate> {
  const store = new TrustedMetadataStore(Buffer.from(known.root));
  const need = async (path: string, limit: number): Promise<Buffer> => {
    const bytes = await fetch(path, Math.min(limit, MAX_TUF_BYTES));
    if (bytes === undefined) throw new Error(`the repository has no ${path}`);
    return Buffer.from(bytes);
  };

  // 5.3: every root from the one that is known to the newest, each signed by the one before.
  let root = known.root;
  for (let step = 0; step < MAX_ROOTS; step++) {
    const next = await fetch(`${store.root.signed.version + 1}.root.json`, MAX_TUF_BYTES);
    if (next === undefined) break;
    store.updateRoot(Buffer.from(next));
    root = next;
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
    const info = store.targets!.signed.targets[name];
    const hash = info?.hashes["sha256"];
    if (info === undefined || hash === undefined) {
      throw new Error(`the repository's targets do not have ${name} with a sha256`);
    }
    const path = `targets/${consistent ? `${hash}.${name}` : name}`;
    const bytes = await need(path, info.length);
    const digest = toHex(createHash("sha256").update(bytes).digest());
    if (bytes.length !== info.length || digest !== hash) {
      throw new Error(`${name} is not what the targets say it is`);
    }
    found.set(name, bytes);
  }
  return {
    metadata: { root, timestamp: timestamp!, snapshot: snapshot!, targets: targets! },
    targets: found,
    version: store.timestamp!.signed.version,
    expires: new Date(store.timestamp!.signed.expires),
  };
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
