import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../tests/fakes/clock.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";
import {
  bench,
  noise,
  plant,
  plantManifest,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import { digestOf } from "../../digest.ts";
import type { Fetch, FetchInit, FetchResponse } from "../../options.ts";
import type { Store } from "../../store.ts";
import { openRegistry } from "../../stores/registry_store.ts";

const BLOB = { mediaType: "application/x", digest: digestOf("hello"), size: 5 };

/** The platform's, and what was asked of it. */
function recording() {
  const asked: { url: string; init: FetchInit }[] = [];
  const given: Fetch = (url, init) => {
    asked.push({ url, init });
    return fetch(url, init);
  };
  return { asked, given };
}

/** A store of a registry that is nothing but this function. */
function storeOf(given: Fetch | (() => unknown)): Store {
  return openRegistry(registryReference("registry.test", "a/b"), {
    fetch: given as Fetch,
    credentials: () => Promise.resolve(undefined),
    seams: { clock: new FakeClock() },
  });
}

function answer(parts: Partial<FetchResponse> = {}): Promise<FetchResponse> {
  return Promise.resolve({ status: 200, headers: new Headers(), body: null, ...parts });
}

test("uploads and downloads of all sizes go through what is given in place of connections", async () => {
  const { asked, given } = recording();
  const { registry, store } = await bench({}, { fetch: given });
  for (const size of [0, 10, 3_000_000]) {
    const bytes = noise(size);
    const target = { mediaType: "application/x", digest: digestOf(bytes), size };
    const writer = await store.begin(target.mediaType);
    await writer.write(bytes.subarray(0, size / 2));
    await writer.write(bytes.subarray(size / 2));
    await writer.commit(target);
    assert.deepEqual(registry.repository("a/b").blobs.get(target.digest), bytes);
    assert.deepEqual(await readBlob(store, target), bytes);
  }
  assert.deepEqual(asked.map(({ init }) => init.method), registry.requests.map((r) => r.method));
  assert.ok(asked.every(({ init }) => init.redirect === "manual" && init.signal !== undefined));
  assert.ok(asked.some(({ init }) => init.duplex === "half"));
});

test("redirects are seen and checked, and take no secret along", async () => {
  const { asked, given } = recording();
  const elsewhere = await bench();
  const { registry, store } = await bench({
    authorize: ({ headers }) =>
      headers["authorization"] ? undefined : {
        status: 401,
        headers: { "www-authenticate": "Basic" },
      },
  }, {
    fetch: given,
    credentials: () => Promise.resolve({ username: "me", password: "secret" }),
  });
  const blob = plant(elsewhere.registry, noise(1000));
  registry.onRequest = ({ headers, url }) =>
    headers["authorization"] === undefined
      ? undefined
      : { answer: { status: 307, headers: { location: elsewhere.registry.url + url } } };
  await readBlob(store, blob);
  const hosts = asked.map(({ url, init }) => [
    new URL(url).host,
    init.headers["authorization"] !== undefined,
  ]);
  assert.deepEqual(hosts, [
    [registry.host, false],
    [registry.host, true],
    [elsewhere.registry.host, false],
  ]);
});

test("a whole blob that is sent again says how long it is", async () => {
  const { given } = recording();
  const { registry, store } = await bench({}, { fetch: given });
  registry.onRequest = ({ method }) => method === "PATCH" ? { answer: { status: 500 } } : undefined;
  const bytes = noise(2_000_000);
  const target = { mediaType: "application/x", digest: digestOf(bytes), size: bytes.length };
  const writer = await store.begin(target.mediaType);
  await writer.write(bytes);
  await writer.commit(target);
  const put = registry.requests.find(({ method }) => method === "PUT")!;
  assert.equal(put.headers["content-length"], "2000000");
});

test("a registry can be a function", async () => {
  const asked: string[] = [];
  const store = storeOf((url: string, { method }: FetchInit) => {
    asked.push(`${method} ${url}`);
    return Promise.resolve(new Response("hello"));
  });
  const bytes = await readBlob(store, BLOB);
  assert.equal(new TextDecoder().decode(bytes), "hello");
  assert.deepEqual(asked, [`GET https://registry.test/v2/a/b/blobs/${BLOB.digest}`]);
});

test("a coding that was undone is not undone again", async () => {
  const { registry, store: direct } = await bench();
  const { digest } = plantManifest(registry, { tag: "v1" });
  const bytes = registry.repository("a/b").manifests.get(digest)!;
  await direct.resolve("v1");
  const headers = {
    "content-type": bytes.mediaType,
    "content-encoding": "gzip",
    "content-length": "7",
  };
  const store = storeOf(() => Promise.resolve(new Response(bytes.bytes as BodyInit, { headers })));
  assert.equal((await store.resolve("v1")).digest, digest);
});

const WRONG: Record<string, [() => unknown, RegExp]> = {
  "nothing": [() => undefined, /with .*undefined.*, expected a Response/],
  "a text": [() => "hello", /with "hello", expected a Response/],
  "no status": [() => answer({ status: undefined! }), /status undefined, expected one from 200/],
  "a hidden redirect": [() => answer({ status: 0 }), /status 0, expected/],
  "no headers": [() => answer({ headers: {} as Headers }), /without headers/],
  "a text for a body": [() => answer({ body: "hello" as never }), /a body that is no stream/],
  "no body": [() => answer({ body: undefined! }), /a body that is no stream/],
  "a stream of text": [
    () =>
      answer({ body: new Blob(["hello"]).stream().pipeThrough(new TextDecoderStream()) as never }),
    /a stream of string, expected bytes/,
  ],
  "an answer after a redirect": [
    () => answer({ redirected: true } as never),
    /after a redirect that it followed/,
  ],
};

for (const [name, [given, message]] of Object.entries(WRONG)) {
  test(`refuses ${name} for an answer`, async () => {
    let calls = 0;
    const store = storeOf(() => {
      calls++;
      return given();
    });
    await assert.rejects(readBlob(store, BLOB), { code: "invalid-option", message });
    assert.equal(calls, 1);
  });
}

test("what it throws passes through as it is, and is not tried again", async () => {
  for (const thrown of [new Error("not today"), new RangeError("too far"), "a text"]) {
    let calls = 0;
    const store = storeOf(() => {
      calls++;
      throw thrown;
    });
    const caught = await store.resolve("v1").then(() => assert.fail(), (error) => error);
    assert.equal(caught, thrown);
    assert.equal(calls, 1);
  }
});

test("a network that fails is tried again, however the runtime says it", async () => {
  const failures = [
    new TypeError("fetch failed", { cause: new Error("connection reset") }),
    Object.assign(new Error("The socket connection was closed"), { code: "ECONNRESET" }),
    new DOMException("signal timed out", "TimeoutError"),
  ];
  for (const failure of failures) {
    let calls = 0;
    const store = storeOf(() => {
      if (++calls === 1) throw failure;
      return Promise.resolve(new Response("hello"));
    });
    await readBlob(store, BLOB);
    assert.equal(calls, 2);
  }
  const store = storeOf(() => Promise.reject(failures[0]));
  await assert.rejects(store.resolve("v1"), { code: "network", message: /connection reset/ });
});

test("a body that breaks is taken up where it broke", async () => {
  const ranges: (string | undefined)[] = [];
  const store = storeOf((_url: string, { headers }: FetchInit) => {
    ranges.push(headers["range"]);
    if (ranges.length > 1) {
      const range = { "content-range": "bytes 2-4/5" };
      return Promise.resolve(new Response("llo", { status: 206, headers: range }));
    }
    let pulled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (pulled) return controller.error(new TypeError("terminated"));
        pulled = true;
        controller.enqueue(new TextEncoder().encode("he"));
      },
    }, { highWaterMark: 0 });
    return answer({ body });
  });
  assert.equal(new TextDecoder().decode(await readBlob(store, BLOB)), "hello");
  assert.deepEqual(ranges, [undefined, "bytes=2-4"]);
});

test("an abort ends a request although what was given does not listen", async () => {
  const stop = new AbortController();
  const store = storeOf(() => new Promise(() => stop.abort(new Error("enough"))));
  await assert.rejects(store.resolve("v1", { signal: stop.signal }));
});

test("what it would not heed is refused beside it", () => {
  for (const option of [{ caCerts: ["PEM"] }, { insecureSkipTlsVerify: true }]) {
    const open = () =>
      openRegistry(registryReference("registry.test", "a/b"), { ...option, fetch });
    assert.throws(open, { code: "invalid-option", message: /and fetch are both given/ });
  }
});
