import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, plantManifest } from "../../../tests/fakes/registry/registry_bench.ts";
import { failure } from "../../../tests/fakes/registry/fake_registry.ts";

type Caught = Error & { code?: string; hint?: string };

async function caught(work: Promise<unknown>): Promise<Caught> {
  try {
    await work;
  } catch (error) {
    return error as Caught;
  }
  throw new Error("it did not fail");
}

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`a burst of ${status} is waited out, with growing pauses`, async () => {
    const { registry, store, clock, notices } = await bench();
    plantManifest(registry, { tag: "v1" });
    registry.onRequest = ({ number }) => number <= 3 ? { answer: { status } } : undefined;
    await store.resolve("v1");
    assert.equal(registry.requests.length, 4);
    assert.deepEqual(clock.pauses, [188, 375, 750]);
    assert.equal(notices.filter(({ code }) => code === "retry").length, 3);
  });
}

test("what does not pass is given up after five tries", async () => {
  const { registry, store, clock } = await bench();
  registry.onRequest = () => ({ answer: { status: 503 } });
  const error = await caught(store.resolve("v1"));
  assert.equal(error.code, "registry");
  assert.equal(registry.requests.length, 5);
  assert.equal(clock.pauses.length, 4);
});

for (const status of [400, 403, 404, 405, 501]) {
  test(`${status} is not tried again`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = () => ({ answer: { status } });
    await caught(store.resolve("v1"));
    assert.equal(registry.requests.length, 1);
  });
}

for (
  const [value, pause] of [
    ["0", 100],
    ["1", 1000],
    ["60", 60_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2015 00:00:00 GMT", 100],
    ["soon", 188],
    ["-5", 188],
    ["1e3", 188],
    ["", 188],
  ] as const
) {
  test(`Retry-After ${JSON.stringify(value)} is a pause of ${pause} ms, and said`, async () => {
    const { registry, store, clock, notices } = await bench();
    plantManifest(registry, { tag: "v1" });
    registry.onRequest = ({ number }) =>
      number === 1 ? { answer: { status: 429, headers: { "retry-after": value } } } : undefined;
    await store.resolve("v1");
    assert.deepEqual(clock.pauses, [pause]);
    const notice = notices.find(({ code }) => code === "retry");
    assert.match(notice!.message, /answered 429; trying again in \d/);
  });
}

for (
  const [value, end] of [
    ["3600", /until 2026-01-01T01:00:00Z$/],
    ["Fri, 02 Jan 2026 00:00:00 GMT", /until 2026-01-02T00:00:00Z$/],
    ["9999999999", /until \d{4}-/],
  ] as const
) {
  test(`Retry-After ${value} is too long to wait: an error says when it ends`, async () => {
    const { registry, store, clock } = await bench();
    registry.onRequest = () => ({ answer: { status: 429, headers: { "retry-after": value } } });
    const error = await caught(store.resolve("v1"));
    assert.equal(error.code, "rate-limited");
    assert.match(error.message, end);
    assert.equal(registry.requests.length, 1);
    assert.deepEqual(clock.pauses, []);
  });
}

test("429 for ever is a rate limit, not a registry's problem", async () => {
  const { registry, store } = await bench();
  registry.onRequest = () => ({ answer: { status: 429 } });
  assert.equal((await caught(store.resolve("v1"))).code, "rate-limited");
});

test("a pause ends when the signal says so", async () => {
  const { registry, store, clock } = await bench();
  const stop = new AbortController();
  registry.onRequest = () => ({ answer: { status: 503 } });
  clock.onPause = () => stop.abort(new Error("enough"));
  const error = await caught(store.resolve("v1", { signal: stop.signal }));
  assert.deepEqual([error.code, error.cause], ["interrupted", new Error("enough")]);
  assert.equal(registry.requests.length, 1);
});

test("10 MB of an error are not read", async () => {
  const { registry, store } = await bench();
  const body = new Uint8Array(10_000_000).fill(0x61);
  registry.onRequest = () => ({ answer: { status: 400, body } });
  const error = await caught(store.resolve("v1"));
  assert.ok(error.message.length < 600, `${error.message.length} characters`);
  await registry.close();
  assert.ok(registry.requests[0]!.sent < body.length);
});

test("a page of HTML is its title", async () => {
  const { registry, store } = await bench();
  registry.onRequest = () => ({
    answer: { status: 400, body: "<!DOCTYPE html><html><title>Bad gate</title><p>long…" },
  });
  assert.match((await caught(store.resolve("v1"))).message, /answered 400: Bad gate$/);
});

test("escapes, bidirectional marks and line breaks in a message are shown, not obeyed", async () => {
  const { registry, store } = await bench();
  registry.onRequest = () => ({
    answer: failure(400, "BAD\u001b[31m", "\u001b]0;title\u0007 \u202eevil\r\nsecond line"),
  });
  const { message } = await caught(store.resolve("v1"));
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(message, /[\u0000-\u001f\u202e]/);
  assert.match(message, /\\x1b\[31m/);
  assert.match(message, /second line/);
});

for (
  const [status, code, registryCode, pattern] of [
    [404, "not-found", "NAME_UNKNOWN", /^repository 127\.0\.0\.1:\d+\/a\/b not found$/],
    [404, "not-found", "MANIFEST_UNKNOWN", /^tag "v1" not found in 127\.0\.0\.1:\d+\/a\/b$/],
    [401, "unauthorized", "UNAUTHORIZED", /^authentication failed for /],
    [403, "denied", "DENIED", /^access denied: /],
    [400, "denied", "DENIED", /^access denied: /],
    [413, "registry", "SIZE_INVALID", /too large/],
    [400, "registry", "WHATEVER", /answered 400: WHATEVER sentence$/],
  ] as const
) {
  test(`${status} ${registryCode} is ${code}`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = () => ({ answer: failure(status, registryCode, "sentence") });
    const error = await caught(store.resolve("v1"));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
  });
}
