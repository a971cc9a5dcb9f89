/**
 * A TUF repository for tests: signs its metadata with keys of its own and serves it on loopback. Each part
 * can be set wrong.
 *
 * @module
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";

/** A signing key of the repository. */
export interface TufKey {
  id: string;
  privateKey: KeyObject;
  publicKey: Record<string, unknown>;
}

/** What one publication may say. */
export interface Publication {
  version: number;
  /** Version of the snapshot. @default that of the publication */
  snapshot?: number;
  /** Milliseconds until the timestamp expires. @default a week */
  expiresIn?: number;
  /** Targets by name. */
  targets: Record<string, Uint8Array>;
  /** Keys that sign the timestamp instead of the right one. */
  timestampKeys?: TufKey[];
}

const WEEK = 7 * 24 * 60 * 60 * 1000;

/** Makes a key. */
export function tufKey(): TufKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  return {
    id: createHash("sha256").update(raw).digest("hex"),
    privateKey,
    publicKey: { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } },
  };
}

/** The canonical JSON that TUF signs: sorted keys, no white space, only `"` and `\` escaped. */
function canonical(value: unknown): string {
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const object = value as Record<string, unknown>;
    return `{${
      Object.keys(object).sort().map((k) => `${canonical(k)}:${canonical(object[k])}`).join(",")
    }}`;
  }
  return String(value);
}

/** Signs metadata. */
export function signTuf(signed: Record<string, unknown>, keys: TufKey[]): Uint8Array {
  const bytes = new TextEncoder().encode(canonical(signed));
  const signatures = keys.map((key) => ({
    keyid: key.id,
    sig: sign(null, bytes, key.privateKey).toString("hex"),
  }));
  return new TextEncoder().encode(JSON.stringify({ signed, signatures }));
}

/** The repository. */
export class TufRepository {
  /** Files by path; a test may replace, cut or delete any. */
  readonly files = new Map<string, Uint8Array>();
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  /** Answers every request for a path that contains this with a closed connection. */
  broken: string | undefined;
  rootKey: TufKey = tufKey();
  readonly key: TufKey = tufKey();
  #server: Server | undefined;

  /** The first root, which a client is delivered with. */
  firstRoot(changes: { threshold?: number } = {}): Uint8Array {
    return this.root(1, this.rootKey, [this.rootKey], changes.threshold);
  }

  /** A root that names a key, signed with the keys given. */
  root(version: number, named: TufKey, signers: TufKey[], threshold = 1): Uint8Array {
    const role = (key: TufKey, least = 1) => ({ keyids: [key.id], threshold: least });
    return signTuf({
      _type: "root",
      spec_version: "1.0.31",
      version,
      expires: date(52 * WEEK),
      consistent_snapshot: true,
      keys: { [named.id]: named.publicKey, [this.key.id]: this.key.publicKey },
      roles: {
        root: role(named),
        timestamp: role(this.key, threshold),
        snapshot: role(this.key, threshold),
        targets: role(this.key, threshold),
      },
    }, signers);
  }

  /** Puts metadata and targets in place. */
  publish(publication: Publication): void {
    const { version, expiresIn = WEEK, targets } = publication;
    const snapshotVersion = publication.snapshot ?? version;
    const described = Object.entries(targets).map(([name, bytes]) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      this.files.set(`targets/${sha256}.${name}`, bytes);
      return [name, { length: bytes.length, hashes: { sha256 } }];
    });
    const common = (type: string, v: number, expires: number) => ({
      _type: type,
      spec_version: "1.0.31",
      version: v,
      expires: date(expires),
    });
    const signers = [this.key];
    this.files.set(
      `${version}.targets.json`,
      signTuf(
        { ...common("targets", version, WEEK), targets: Object.fromEntries(described) },
        signers,
      ),
    );
    this.files.set(
      `${snapshotVersion}.snapshot.json`,
      signTuf(
        { ...common("snapshot", snapshotVersion, WEEK), meta: { "targets.json": { version } } },
        signers,
      ),
    );
    this.files.set(
      "timestamp.json",
      signTuf({
        ...common("timestamp", version, expiresIn),
        meta: { "snapshot.json": { version: snapshotVersion } },
      }, publication.timestampKeys ?? signers),
    );
  }

  /** Starts to serve, and gives the address. */
  async serve(): Promise<string> {
    const server = createServer((request, response) => {
      const path = (request.url ?? "").slice(1);
      this.requests.push(path);
      if (this.broken !== undefined && path.includes(this.broken)) {
        request.socket.destroy();
        return;
      }
      const bytes = this.files.get(path);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  /** Stops. */
  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

function date(fromNow: number): string {
  return new Date(Date.now() + fromNow).toISOString().replace(/\.\d+Z$/, "Z");
}
