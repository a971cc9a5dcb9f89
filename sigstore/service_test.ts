import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fetch, FetchInit, Notice, RequestEnd, RequestStart } from "@blobber/core";
import { askService, askServiceOnce, fetchBy, serviceContext } from "./service.ts";

const REQUEST = { service: "Rekor", url: "https://rekor.test/api?token=secret", body: "{}" };

/** Asks by a function of a caller's, without waiting between tries. */
function ask(given: Fetch, options: Parameters<typeof serviceContext>[0] = {}) {
  const context = serviceContext({
    ...options,
    fetch: fetchBy(given)!,
    pause: () => Promise.resolve(),
  });
  return askService(context, REQUEST);
}

test("services are asked by what is given", async () => {
  const asked: { url: string; init: FetchInit }[] = [];
  const { bytes } = await ask((url, init) => {
    asked.push({ url, init });
    return Promise.resolve(new Response("yes"));
  });
  assert.equal(new TextDecoder().decode(bytes), "yes");
  const [{ url, init }] = asked as [typeof asked[0]];
  assert.equal(url, REQUEST.url);
  assert.equal(init.method, "POST");
  assert.equal(init.redirect, "manual");
  assert.deepEqual(init.body, new TextEncoder().encode("{}"));
  assert.ok(init.signal instanceof AbortSignal);
});

test("what it throws comes back as it is, and a network that fails is tried again", async () => {
  let calls = 0;
  const own = new Error("not today");
  const caught = await ask(() => {
    calls++;
    return Promise.reject(own);
  }).then(() => assert.fail(), (error) => error);
  assert.equal(caught, own);
  assert.equal(calls, 1);
  calls = 0;
  await ask(() => {
    if (++calls === 1) throw new TypeError("fetch failed");
    return Promise.resolve(new Response());
  });
  assert.equal(calls, 2);
});

test("an answer that is none is refused", async () => {
  await assert.rejects(ask(() => Promise.resolve(undefined as never)), {
    code: "invalid-option",
    message:
      /the given fetch answered POST https:\/\/rekor\.test\/api with .*, expected a Response/,
  });
});

test("each request is told, without its query", async () => {
  const starts: RequestStart[] = [];
  const ends: RequestEnd[] = [];
  const notices: Notice[] = [];
  let calls = 0;
  await ask(() => {
    if (++calls === 1) throw new TypeError("fetch failed");
    return Promise.resolve(new Response("yes", { status: 201 }));
  }, {
    onRequest: (start) => {
      starts.push(start);
      return (end) => void ends.push(end);
    },
    onNotice: (notice) => void notices.push(notice),
  });
  const start = { method: "POST", url: "https://rekor.test/api", queuedMs: 0 };
  assert.deepEqual(starts, [start, start]);
  assert.deepEqual(ends.map(({ status, bytes }) => ({ status, bytes })), [
    { status: undefined, bytes: 0 },
    { status: 201, bytes: 3 },
  ]);
  assert.ok(ends[0]!.error);
  assert.deepEqual(notices.map(({ code, message }) => `${code} ${message}`), [
    "request POST https://rekor.test/api?…: failed",
    "request POST https://rekor.test/api?…: 201",
  ]);
});

test("an answer that stalls is given up, also where fetch does not heed the signal", async () => {
  const stalling = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
  });
  const fetch = () => Promise.resolve(new Response(stalling));
  const context = serviceContext({ fetch: fetch as typeof globalThis.fetch, idleTimeoutMs: 20 });
  await assert.rejects(
    askServiceOnce(context, { service: "Rekor", url: "https://rekor.example/" }),
    /no byte came for 0.02 s/,
  );
});
