import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { digestOf } from "../../digest.ts";
import type { Store } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { failure, startRegistry } from "../../../tests/fakes/registry/fake_registry.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { bench, closeAfter, noise, plant } from "../../../tests/fakes/registry/registry_bench.ts";

const MiB = 1024 * 1024;
const big = noise(5 * MiB + 17);
const blob: Descriptor = {
  mediaType: "application/x",
  digest: digestOf(big),
  size: big.length,
};

async function send(
  store: Store,
  bytes: Uint8Array = big,
  target: Descriptor = blob,
  piece = 300_000,
): Promise<void> {
  const writer = await store.begin(target.mediaType);
  try {
    for (let at = 0; at < bytes.length; at += piece) {
      await writer.write(bytes.slice(at, at + piece));
    }
    await writer.commit(target);
  } finally {
    await writer.abort();
  }
}
const TEMPORARY = useOwnTemporary();
const temporary = () => readdirSync(TEMPORARY);
const methods = (lines: string[]) => lines.map((line) => line.replace(/ \/v2\/\S*/, "")).join(", ");

test("a large blob is one POST, one streamed PATCH and one PUT", async () => {
  const { registry, store } = await bench();
  const before = temporary();
  await send(store);
  assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
  assert.equal(methods(registry.log()), "POST 202, PATCH 202, PUT 201");
  const [post, patch, put] = registry.requests;
  assert.equal(post!.headers["content-length"], "0");
  assert.equal(patch!.headers["transfer-encoding"], "chunked");
  assert.equal(patch!.headers["content-range"], undefined);
  assert.equal(patch!.received, big.length);
  assert.equal(put!.received, 0);
  assert.deepEqual(temporary(), before);
});

test("a small blob is one POST and one PUT with its length", async () => {
  const { registry, store } = await bench();
  const small = noise(1000);
  const target = { mediaType: "application/x", digest: digestOf(small), size: 1000 };
  await send(store, small, target, 100);
  assert.equal(methods(registry.log()), "POST 202, PUT 201");
  assert.equal(registry.requests[1]!.headers["content-length"], "1000");
});

test("a blob goes out while it is made: back-pressure and no waiting for the end", async () => {
  const { registry, store } = await bench();
  const writer = await store.begin("application/x");
  await writer.write(big.slice(0, 2 * MiB));
  // The second write can only be over when the first one's bytes were taken.
  await writer.write(big.slice(2 * MiB));
  const underWay = () => registry.requests.some(({ method }) => method === "PATCH");
  for (let turns = 0; turns < 1000 && !underWay(); turns++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.ok(underWay(), "the PATCH is under way before commit");
  await writer.commit(blob);
});

test("an aborted upload ends its request and leaves nothing behind", async () => {
  const { registry, store } = await bench();
  const before = temporary();
  const writer = await store.begin("application/x");
  await writer.write(big);
  await writer.abort();
  await assert.rejects(writer.write(big), { code: "closed" });
  await assert.rejects(writer.commit(blob), { code: "closed" });
  assert.equal(registry.repository("a/b").blobs.size, 0);
  assert.deepEqual(temporary(), before);
});

test("an upload stops when its signal says so", async () => {
  const { registry, store } = await bench();
  const stop = new AbortController();
  const writer = await store.begin("application/x", { signal: stop.signal });
  await writer.write(big);
  registry.onRequest = () => ({ hang: true });
  const committing = writer.commit(blob);
  stop.abort(new Error("enough"));
  await assert.rejects(committing, { code: "interrupted", cause: new Error("enough") });
  await writer.abort();
});

for (const after of [1, MiB, 4 * MiB]) {
  test(`a connection cut after ${after} bytes: the blob is sent again from the file`, async () => {
    const { registry, store, notices } = await bench();
    let cut = false;
    registry.onRequest = ({ method }) => {
      if (method !== "PATCH" || cut) return;
      cut = true;
      return { resetUploadAfter: after };
    };
    await send(store);
    assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
    assert.equal(methods(registry.log()), "POST 202, PATCH 0, POST 202, PUT 201");
    const put = registry.requests.at(-1)!;
    assert.equal(put.headers["content-length"], String(big.length));
    assert.equal(put.received, big.length);
    assert.ok(notices.some(({ code }) => code === "upload-again"));
  });
}

test("a PUT that breaks is begun again with a fresh POST", async () => {
  const { registry, store } = await bench();
  let cuts = 0;
  registry.onRequest = ({ method, headers }) => {
    if (method === "PATCH") return { answer: { status: 500 } };
    if (method === "PUT" && headers["content-length"] !== "0" && cuts++ < 2) {
      return { resetUploadAfter: MiB };
    }
    return undefined;
  };
  await send(store);
  assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
  assert.equal(
    methods(registry.log()),
    "POST 202, PATCH 500, POST 202, PUT 0, POST 202, PUT 0, POST 202, PUT 201",
  );
});

test("an upload that breaks every time is given up", async () => {
  const { registry, store } = await bench();
  const before = temporary();
  registry.onRequest = ({ method }) => method === "POST" ? undefined : { resetUploadAfter: 1000 };
  await assert.rejects(send(store), { code: "network" });
  assert.equal(registry.repository("a/b").blobs.size, 0);
  assert.ok(registry.requests.length <= 13, methods(registry.log()));
  assert.deepEqual(temporary(), before);
});

test("an answer in mid-upload that refuses it is told at once, not at the end", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "PATCH"
      ? { answerEarly: { ...failure(403, "DENIED", "quota exceeded") } }
      : undefined;
  const writer = await store.begin("application/x");
  const writing = (async () => {
    for (let i = 0; i < 1000; i++) await writer.write(big);
  })();
  await assert.rejects(writing, { code: "denied", message: /quota exceeded/ });
  await writer.abort();
});

test("a session that the registry has lost is begun again", async () => {
  const { registry, store } = await bench();
  let lost = false;
  registry.onRequest = ({ method }) => {
    if (method !== "PUT" || lost) return;
    lost = true;
    return { answer: failure(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown") };
  };
  await send(store);
  assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
});

test("a streamed PATCH that is not taken falls back to one PUT with its length", async () => {
  for (const status of [400, 404, 405, 411, 415, 416, 429, 500, 501, 503]) {
    const { registry, store } = await bench();
    registry.onRequest = ({ method }) =>
      method === "PATCH" ? { answer: failure(status, "UNSUPPORTED", "no chunks") } : undefined;
    await send(store);
    assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
    assert.equal(methods(registry.log()), `POST 202, PATCH ${status}, POST 202, PUT 201`);
  }
});

test("413 from a proxy: the blob goes in pieces, and in smaller ones", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ headers }) => {
    const length = Number(headers["content-length"] ?? Infinity);
    const chunked = headers["transfer-encoding"] !== undefined;
    return chunked || length > MiB && length < Infinity
      ? {
        answer: { status: 413, body: "<html><title>413 Request Entity Too Large</title></html>" },
      }
      : undefined;
  };
  await send(store);
  assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
  const pieces = registry.requests.filter(({ method, status }) =>
    method === "PATCH" && status === 202
  );
  assert.equal(pieces.length, Math.ceil(big.length / (MiB - 4096)));
  assert.equal(pieces[1]!.headers["content-range"], `${MiB - 4096}-${2 * (MiB - 4096) - 1}`);
});

test("413 for the smallest pieces says what to do", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "PATCH" || method === "PUT" ? { answer: { status: 413 } } : undefined;
  await assert.rejects(send(store), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, "registry");
    assert.match(error.message, /too large/);
    assert.match(error.hint!, /client_max_body_size/);
    return true;
  });
});

test("pieces are no smaller than OCI-Chunk-Min-Length", async () => {
  const { registry, store } = await bench({ chunkMinLength: 20 * MiB });
  const large = noise(21 * MiB);
  const target = { mediaType: "application/x", digest: digestOf(large), size: large.length };
  registry.onRequest = ({ method, headers }) =>
    method === "PATCH" && headers["content-range"] === undefined ||
      method === "PUT" && headers["content-length"] !== "0"
      ? { answer: { status: 405 } }
      : undefined;
  await send(store, large, target, MiB);
  const pieces = registry.requests.filter(({ status, method }) =>
    method === "PATCH" && status === 202
  );
  assert.deepEqual(pieces.map(({ received }) => received), [20 * MiB, MiB]);
});

test("bytes that are not what commit names are refused, streamed ones too", async () => {
  const { registry, store } = await bench();
  const wrong = big.slice();
  wrong[MiB] = wrong[MiB]! ^ 1;
  await assert.rejects(send(store, wrong), { code: "integrity" });
  await assert.rejects(send(store, big.slice(1)), { code: "integrity" });
  assert.equal(registry.repository("a/b").blobs.size, 0);
});

test("a blob that the registry received with an error of the line is sent again", async () => {
  const { registry, store } = await bench();
  let once = false;
  registry.onRequest = ({ method }) => {
    if (method !== "PUT" || once) return;
    once = true;
    return { answer: failure(400, "DIGEST_INVALID", "digest did not match") };
  };
  await send(store);
  assert.deepEqual(registry.repository("a/b").blobs.get(blob.digest), big);
});

for (
  const [what, range] of [["only a part", "0-99"], [
    "more than there is",
    "0-9999999999999999",
  ]] as const
) {
  test(`a registry that took ${what} is noticed`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = ({ method }) =>
      method === "PATCH"
        ? { rewrite: (answer) => ({ ...answer, headers: { ...answer.headers, range } }) }
        : undefined;
    await send(store);
    assert.equal(methods(registry.log()), "POST 202, PATCH 202, POST 202, PUT 201");
  });
}

test("a blob stored under another digest is refused", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "PUT"
      ? {
        rewrite: (answer) => ({
          ...answer,
          headers: { ...answer.headers, "docker-content-digest": digestOf("other") },
        }),
      }
      : undefined;
  await assert.rejects(send(store), { code: "integrity" });
});

for (const location of ["relative", "absolute"] as const) {
  test(`the Location of an upload is ${location} and keeps its query`, async () => {
    const { registry, store } = await bench({ location });
    await send(store);
    assert.match(registry.requests[1]!.url, /\?_state=s0$/);
    assert.match(registry.requests[2]!.url, /\?_state=s\d+&digest=sha256%3A[0-9a-f]{64}$/);
  });
}

test("a query with escapes in a Location goes back as it came", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "POST"
      ? {
        rewrite: (answer) => ({
          ...answer,
          headers: { ...answer.headers, location: answer.headers["location"] + "&x=a%20b+c%2Fd" },
        }),
      }
      : undefined;
  const small = noise(10);
  await send(store, small, { mediaType: "application/x", digest: digestOf(small), size: 10 });
  assert.match(registry.requests[1]!.url, /&x=a%20b\+c%2Fd&digest=/);
});

test("an upload sent to another host takes no Authorization along", async () => {
  const elsewhere = closeAfter(await startRegistry());
  const { registry, store } = await bench({
    authorize: ({ headers }) =>
      headers["authorization"] === "Basic dTpw"
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } },
  }, { credentials: () => Promise.resolve({ username: "u", password: "p" }) });
  registry.onRequest = ({ method }) =>
    method === "POST"
      ? {
        rewrite: (answer) =>
          answer.status === 202
            ? { ...answer, headers: { location: `${elsewhere.url}/store/1?sig=s` } }
            : answer,
      }
      : undefined;
  elsewhere.onRequest = () => ({ answer: { status: 201 } });
  const small = noise(10);
  await send(store, small, { mediaType: "application/x", digest: digestOf(small), size: 10 });
  const [put] = elsewhere.requests;
  assert.equal(put!.method, "PUT");
  assert.equal(put!.headers["authorization"], undefined);
  assert.match(put!.url, /^\/store\/1\?sig=s&digest=/);
});

for (
  const [name, location, pattern] of [
    ["missing", undefined, /without a Location/],
    ["no URL", "http://[", /not a URL/],
    ["ftp", "ftp://127.0.0.1/x", /expected https/],
    ["with credentials", "https://user:secret@example.com/x", /holds credentials/],
    ["to a metadata service", "http://169.254.169.254/latest", /no registry may send a client/],
    ["to 0.0.0.0", "http://0.0.0.0:80/x", /no registry may send a client/],
    ["to [::]", "http://[::]:80/x", /no registry may send a client/],
    [
      "to a mapped metadata service",
      "http://[::ffff:169.254.169.254]/x",
      /no registry may send a client/,
    ],
  ] as const
) {
  test(`a Location that is ${name} is refused`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = () => ({
      answer: { status: 202, headers: location === undefined ? {} : { location } },
    });
    const small = noise(10);
    await assert.rejects(
      send(store, small, { mediaType: "application/x", digest: digestOf(small), size: 10 }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "registry");
        assert.match(error.message, pattern);
        assert.doesNotMatch(error.message, /secret|sig=/);
        return true;
      },
    );
    assert.equal(registry.requests.length, 1);
  });
}

test("a blob is mounted from another repository, or not, without an error", async () => {
  const { registry, store, open } = await bench();
  const other = plant(registry, noise(100), "x/y");
  assert.equal(await store.mount!(other, open("x/y")), true);
  assert.equal(await store.has(other), true);
  assert.equal(
    registry.requests[0]!.url,
    `/v2/a/b/blobs/uploads/?mount=${encodeURIComponent(other.digest)}&from=x%2Fy`,
  );
  assert.equal(await store.mount!(blob, open("x/y")), false);
  registry.onRequest = () => ({ answer: { status: 405 } });
  assert.equal(await store.mount!(other, open("x/y")), false);
  const elsewhere = await bench();
  assert.equal(await store.mount!(other, elsewhere.store), false);
});
