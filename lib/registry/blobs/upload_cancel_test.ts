import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../../digest.ts";
import { bench, noise } from "../../../tests/fakes/registry/registry_bench.ts";
import {
  failure,
  type FakeRegistry,
  type FakeRequest,
} from "../../../tests/fakes/registry/fake_registry.ts";
import { startTokenServer } from "../../../tests/fakes/registry/token_server.ts";
import { TestAuthority } from "../../../tests/fakes/certificate.ts";
import { closeAfter } from "../../../tests/fakes/registry/registry_bench.ts";
import { writeBlob } from "../../../tests/fakes/store_suite.ts";

const MiB = 1024 * 1024;
const big = noise(3 * MiB);
const descriptorOf = (bytes: Uint8Array) => ({
  mediaType: "application/x",
  digest: digestOf(bytes),
  size: bytes.length,
});
const cancelled = ({ requests }: FakeRegistry) =>
  requests.filter(({ method }) => method === "DELETE").map(({ url, status }) =>
    `${url.replace(/uploads\/.*/, "uploads/ID")} ${status}`
  );

test("an upload that is interrupted is cancelled at the registry", async () => {
  const { registry, store } = await bench();
  const stop = new AbortController();
  const writer = await store.begin("application/x", { signal: stop.signal });
  await writer.write(big);
  stop.abort(new Error("enough"));
  await assert.rejects(writer.commit(descriptorOf(big)), {
    code: "interrupted",
    cause: new Error("enough"),
  });
  assert.deepEqual(cancelled(registry), ["/v2/a/b/blobs/uploads/ID 204"]);
});

test("an upload that is given up is cancelled, one that was not begun or is whole is not", async () => {
  const { registry, store } = await bench();
  const writer = await store.begin("application/x");
  await writer.write(big);
  await writer.abort();
  await writer.abort();
  assert.deepEqual(cancelled(registry), ["/v2/a/b/blobs/uploads/ID 204"]);
  registry.clear();
  const small = await store.begin("application/x");
  await small.write(noise(10));
  await small.abort();
  await writeBlob(store, descriptorOf(big), big);
  assert.deepEqual(cancelled(registry), []);
});

test("an upload that the registry refuses is cancelled", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "PUT" ? { answer: failure(403, "DENIED", "no") } : undefined;
  await assert.rejects(writeBlob(store, descriptorOf(noise(10)), noise(10)), { code: "denied" });
  assert.deepEqual(cancelled(registry), ["/v2/a/b/blobs/uploads/ID 204"]);
});

test("a registry that does not answer to the cancelling is not waited for", async () => {
  const { registry, store } = await bench({}, { seams: { idleMs: 300 } });
  const writer = await store.begin("application/x");
  await writer.write(big);
  registry.onRequest = ({ method }) => method === "DELETE" ? { hang: true } : undefined;
  await writer.abort();
  assert.equal(registry.requests.filter(({ method }) => method === "DELETE").length, 1);
});

test("where tokens are asked for, the cancelling asks for the right to delete", async () => {
  const authority = new TestAuthority();
  const tokens = closeAfter(
    await startTokenServer({ users: { user: "secret" }, tls: authority.issue() }),
  );
  const { store } = await bench({ authorize: tokens.guard }, {
    caCerts: [authority.pem],
    credentials: () => Promise.resolve({ username: "user", password: "secret" }),
  });
  const writer = await store.begin("application/x");
  await writer.write(big);
  await writer.abort();
  assert.deepEqual(tokens.requests.map(({ fields }) => fields.get("scope")), [
    "repository:a/b:pull,push",
    "repository:a/b:pull,push,delete",
  ]);
});

test("OCI-Chunk-Min-Length that is no number is as if it were absent", async () => {
  for (const value of ["junk", "", "-5", "1e9", "NaN"]) {
    const { registry, store } = await bench();
    registry.onRequest = (request: FakeRequest) =>
      request.method === "PUT" && Number(request.headers["content-length"]) > MiB
        ? { answer: { status: 413 } }
        : request.method === "PATCH" && request.headers["content-range"] === undefined
        ? { answer: { status: 413 } }
        : {
          rewrite: (answer) => ({
            ...answer,
            headers: { ...answer.headers, "oci-chunk-min-length": value },
          }),
        };
    await writeBlob(store, descriptorOf(big), big);
    assert.deepEqual(registry.repository("a/b").blobs.get(digestOf(big)), big);
    const lengths = registry.requests.filter(({ method }) => method === "PATCH")
      .map(({ headers }) => headers["content-length"] ?? "chunked");
    // The streamed one, which is refused, and then one piece of the default size.
    assert.deepEqual(lengths, ["chunked", String(big.length)]);
  }
});

for (const status of [400, 403, 405, 501]) {
  test(`head-refused: ${status} to HEAD tells nothing: the blob is sent`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = ({ method }) => method === "HEAD" ? { answer: { status } } : undefined;
    const small = descriptorOf(noise(10));
    assert.equal(await store.has(small), false);
    await writeBlob(store, small, noise(10));
    assert.deepEqual(registry.repository("a/b").blobs.get(small.digest), noise(10));
  });
}

test("head-refused: a HEAD that is not allowed, or fails, is no absent blob", async () => {
  for (const [status, code] of [[401, "unauthorized"], [500, "registry"]] as const) {
    const { registry, store } = await bench();
    registry.onRequest = () => ({ answer: { status } });
    await assert.rejects(store.has(descriptorOf(noise(10))), { code });
  }
});
