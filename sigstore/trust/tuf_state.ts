/**
 * What is kept of a TUF repository between runs: one file, which is replaced whole by a rename, so that
 * runs side by side and a run that is killed leave either the old state or the new one.
 *
 * @module
 */

import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { toBase64, toHex } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { MAX_TUF_ROOTS, MAX_TUF_STATE_BYTES } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { Fields } from "../encoding/fields.ts";
import { parseStrictJson } from "../encoding/strict_json.ts";
import type { TufMetadata } from "./tuf_client.ts";

/** The state after an update. */
export interface TufState {
  metadata: TufMetadata;
  targets: Map<string, Uint8Array>;
  /** Version of the timestamp. */
  version: number;
  /** When the timestamp expires. */
  expires: Date;
  /** When the repository was asked last. */
  checked: Date;
}

const FORMAT = 2;

function unreadable(why: string, cause?: unknown): BlobberError {
  return new BlobberError("trust-root", `the trust root in the cache cannot be used: ${why}`, {
    cause,
  });
}

/**
 * Reads the state.
 *
 * @param path of the file
 * @returns the state, or `undefined` when there is none
 * @throws {BlobberError} `trust-root` for a file that is not ours, that others can write, or that is damaged
 */
export async function readState(path: string): Promise<TufState | undefined> {
  let bytes: Uint8Array;
  try {
    // A link is not followed, and a pipe not waited for.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    try {
      const entry = await file.stat();
      if (!entry.isFile()) throw unreadable(`${quote(path)} is not a regular file`);
      const uid = process.getuid?.();
      if (uid !== undefined && entry.uid !== uid && entry.uid !== 0) {
        throw unreadable(`${quote(path)} belongs to another user`);
      }
      if (uid !== undefined && (entry.mode & 0o022) !== 0) {
        throw unreadable(`${quote(path)} can be written by others`);
      }
      if (entry.size > MAX_TUF_STATE_BYTES) throw unreadable(`${quote(path)} is too large`);
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
    if (error instanceof BlobberError) throw error;
    throw unreadable(`${quote(path)} cannot be read`, error);
  }
  const fields = new Fields(parseStrictJson(bytes, "its file", unreadable), "state", unreadable);
  if (fields.raw("format") !== FORMAT) throw unreadable("it is of another format");
  const targets = fields.object("targets");
  const time = (name: string) => {
    const date = new Date(fields.string(name));
    if (isNaN(date.getTime())) throw unreadable(`${name} is not a time`);
    return date;
  };
  const version = fields.raw("version");
  if (typeof version !== "number") throw unreadable("it has no version");
  return {
    metadata: {
      roots: fields.bytesList("roots", MAX_TUF_ROOTS),
      timestamp: fields.bytes("timestamp"),
      snapshot: fields.bytes("snapshot"),
      targets: fields.bytes("targetsMetadata"),
    },
    targets: new Map(targets.names().map((name) => [name, targets.bytes(name)])),
    version,
    expires: time("expires"),
    checked: time("checked"),
  };
}

/**
 * Replaces the state. A state that another run wrote meanwhile and that is newer is left alone.
 *
 * @param path of the file
 * @param state after an update
 */
export async function writeState(path: string, state: TufState): Promise<void> {
  const text = JSON.stringify({
    format: FORMAT,
    version: state.version,
    checked: state.checked.toISOString(),
    expires: state.expires.toISOString(),
    roots: state.metadata.roots.map(toBase64),
    timestamp: toBase64(state.metadata.timestamp),
    snapshot: toBase64(state.metadata.snapshot),
    targetsMetadata: toBase64(state.metadata.targets),
    targets: Object.fromEntries([...state.targets].map(([name, bytes]) => [name, toBase64(bytes)])),
  });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const random = toHex(crypto.getRandomValues(new Uint8Array(8)));
  const temporary = `${path}.${random}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    const there = await readState(path).catch(() => undefined);
    if (there !== undefined && there.version > state.version) return;
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
