/**
 * A store of one's own, written from the types alone: it passes the package's tests, and everything is done
 * with it, as the store of a reference and by itself.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BlobberError,
  type BlobWriter,
  type CallOptions,
  Client,
  type Descriptor,
  type Digest,
  type FetchOptions,
  isDigest,
  type Manifest,
  type ReferrerOptions,
  type SetTagOptions,
  type Signer,
  type Store,
  type Verifier,
} from "@blobber/core";
import { storeTests } from "@blobber/core/testing";

/** Content by digest, as a table in a database may have it. */
interface Row {
  bytes: Uint8Array;
  /** Of manifests. */
  mediaType?: string;
  document?: Manifest;
}

/** Keeps rows in memory. */
class RowStore implements Store {
  readonly name = "rows";
  readonly rows = new Map<string, Row>();
  readonly names = new Map<string, Digest>();

  resolve(tagOrDigest: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    return calling(signal, () => {
      const digest = isDigest(tagOrDigest) ? tagOrDigest : this.names.get(tagOrDigest);
      const row = digest && this.rows.get(digest);
      if (!row?.mediaType) throw missing(tagOrDigest);
      return { mediaType: row.mediaType, digest: digest!, size: row.bytes.length };
    });
  }

  fetch(
    { digest }: Descriptor,
    { range, signal }: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return calling(signal, () => {
      const row = this.rows.get(digest);
      if (!row) throw missing(digest);
      const { start, end } = range ?? { start: 0, end: row.bytes.length };
      if (end > row.bytes.length) throw new BlobberError("range-not-supported", "too far");
      return new Blob([row.bytes.slice(start, end)]).stream();
    });
  }

  async *tags({ signal }: CallOptions = {}): AsyncIterable<string> {
    signal?.throwIfAborted();
    yield* [...this.names.keys()];
  }

  async *referrers(
    subject: Descriptor,
    { artifactType, via, signal }: ReferrerOptions = {},
  ): AsyncIterable<Descriptor> {
    signal?.throwIfAborted();
    if (via === "tag") return;
    for (const [digest, { document, mediaType, bytes }] of this.rows) {
      if (document?.subject?.digest !== subject.digest) continue;
      if (artifactType !== undefined && document.artifactType !== artifactType) continue;
      yield {
        mediaType: mediaType!,
        digest: digest as Digest,
        size: bytes.length,
        ...(document.artifactType && { artifactType: document.artifactType }),
        ...(document.annotations && { annotations: document.annotations }),
      };
    }
  }

  has({ digest, size }: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    return calling(signal, () => this.rows.get(digest)?.bytes.length === size);
  }

  begin(_mediaType: string, { signal }: CallOptions = {}): Promise<BlobWriter> {
    return calling(signal, () => {
      let parts: Uint8Array[] | undefined = [];
      const open = () => {
        signal?.throwIfAborted();
        if (parts === undefined) throw new BlobberError("closed", "the writer has ended");
        return parts;
      };
      return {
        write: (bytes) => calling(undefined, () => void open().push(bytes.slice())),
        commit: (descriptor) =>
          calling(undefined, () => {
            const bytes = Uint8Array.from(Buffer.concat(open()));
            parts = undefined;
            check(bytes, descriptor);
            // A manifest may have come by the same digest.
            if (!this.rows.has(descriptor.digest)) this.rows.set(descriptor.digest, { bytes });
          }),
        abort: () => calling(undefined, () => void (parts = undefined)),
      };
    });
  }

  put(
    descriptor: Descriptor,
    bytes: Uint8Array,
    { signal }: CallOptions = {},
  ): Promise<void> {
    return calling(signal, () => {
      check(bytes, descriptor);
      const document = JSON.parse(new TextDecoder().decode(bytes));
      const { mediaType } = descriptor;
      this.rows.set(descriptor.digest, { bytes: bytes.slice(), mediaType, document });
    });
  }

  tag(
    tag: string,
    { digest }: Descriptor,
    { ifAbsent, signal }: SetTagOptions = {},
  ): Promise<void> {
    return calling(signal, () => {
      if (!this.rows.get(digest)?.mediaType) throw missing(digest);
      const now = this.names.get(tag);
      if (ifAbsent && now !== undefined && now !== digest) {
        throw new BlobberError("conflict", `${tag} is taken`);
      }
      this.names.set(tag, digest);
    });
  }
}

// deno-lint-ignore require-await -- errors are rejections
async function calling<T>(signal: AbortSignal | undefined, call: () => T): Promise<T> {
  signal?.throwIfAborted();
  return call();
}

function missing(what: string): BlobberError {
  return new BlobberError("not-found", `${what} not found in rows`);
}

function check(bytes: Uint8Array, { digest, size }: Descriptor): void {
  const actual = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (actual === digest && bytes.length === size) return;
  throw new BlobberError("integrity", `rows were given ${actual}, expected ${digest}`);
}

// The package's tests find nothing wrong with it.
let passed = 0;
const options = { create: () => ({ store: new RowStore() }), fallbackTag: false };
for (const { name, run } of storeTests(options)) {
  await run().catch((cause) => {
    throw new Error(name, { cause });
  });
  passed++;
}
assert.ok(passed > 30);

// A seal is a signature of the toy kind: it has the digest in it, and the name.
const SEAL = "application/vnd.example.seal";
const signer: Signer = {
  sign: ({ digest, name }) =>
    Promise.resolve({
      mediaType: SEAL,
      bytes: new TextEncoder().encode(JSON.stringify({ digest, name })),
    }),
};
const verifier: Verifier = {
  accepts: (type) => type === SEAL,
  verify: ({ digest }, { bytes }) => {
    const seal = JSON.parse(new TextDecoder().decode(bytes));
    if (seal.digest !== digest) throw new BlobberError("signature-invalid", "a seal of another");
    return Promise.resolve({
      signer: { kind: "other", description: JSON.stringify(seal.name) },
      checks: [{ name: "signature", result: "passed", evidence: "the digest is in the seal" }],
    });
  },
};

const dir = mkdtempSync(join(tmpdir(), "blobber-rows-"));
try {
  mkdirSync(join(dir, "site"));
  writeFileSync(join(dir, "site/index.html"), "<h1>Rows</h1>\n");
  const store = new RowStore();
  const client = new Client({
    signer,
    verifier,
    open: (reference) =>
      reference.kind === "registry" && reference.host === "rows.example" ? store : undefined,
  });
  const directory = join(dir, "site");

  // As the store of a reference.
  const { digest } = await client.push({ directory }, "rows.example/acme/site:v1");
  const pulled = await client.pull("rows.example/acme/site:v1", join(dir, "one"));
  assert.equal(pulled.digest, digest);
  assert.deepEqual(JSON.parse((pulled.verdict!.signer as { description: string }).description), {
    repository: "rows.example/acme/site",
    tags: ["v1"],
  });
  assert.equal(readFileSync(join(dir, "one/index.html"), "utf8"), "<h1>Rows</h1>\n");

  // By itself.
  const other = new RowStore();
  await client.copy({ store, reference: "v1" }, { store: other, reference: "v2" });
  assert.equal((await client.verify({ store: other, reference: "v2" })).descriptor.digest, digest);
  const image = await client.openImage({ store: other, reference: digest });
  const text = await new Response(await image.open("index.html")).text();
  assert.equal(text, "<h1>Rows</h1>\n");
  await client.tag({ store: other, reference: "v2" }, ["v3"]);
  const tags: string[] = [];
  for await (const tag of client.listTags({ store: other })) tags.push(tag);
  assert.deepEqual(tags, ["v2", "v3"]);

  // To a layout and back, and nothing is proven of what another has changed.
  await client.copy({ store: other }, `oci:${join(dir, "layout")}:v4`).then(
    () => assert.fail("there is no latest"),
    (error) => assert.equal(error.code, "not-found"),
  );
  await client.copy({ store: other, reference: "v3" }, `oci:${join(dir, "layout")}:v4`);
  const back = new RowStore();
  await client.copy(`oci:${join(dir, "layout")}:v4`, { store: back });
  assert.equal((await client.verify({ store: back, reference: "v4" })).descriptor.digest, digest);
  for (const row of back.rows.values()) {
    if (!row.mediaType) row.bytes = row.bytes.map((byte) => byte ^ 1);
  }
  await assert.rejects(
    client.pull({ store: back, reference: "v4" }, join(dir, "two")),
    (error) => error instanceof BlobberError,
  );

  // The client ends, the stores do not.
  await client.close();
  await assert.rejects(client.resolve({ store }), { code: "closed" });
  assert.equal((await store.resolve("v1")).digest, digest);
} finally {
  rmSync(dir, { recursive: true });
}
