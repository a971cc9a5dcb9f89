/**
 * Traces requests: each begins when it is sent and ends when its answer was read, with what happened between.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Client, type Notice, type RequestEnd, type RequestStart } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

interface Span {
  start: RequestStart;
  end?: RequestEnd;
}

const registry = await startRegistry();
const spans: Span[] = [];
const notices: Notice[] = [];
const client = new Client({
  credentials: () => Promise.resolve(undefined),
  onNotice: (notice) => void notices.push(notice),
  onRequest: (start) => {
    const span: Span = { start };
    spans.push(span);
    return (end) => {
      assert.equal(span.end, undefined);
      span.end = end;
    };
  },
});
try {
  const content = crypto.getRandomValues(new Uint8Array(50_000));
  const entries = [{ path: "data.bin", type: "file" as const, content }];
  await client.push({ entries }, `${registry.host}/app:v1`);
  const image = await client.openImage(`${registry.host}/app:v1`);
  const data = await image.open("data.bin");
  assert.equal((await new Response(data as BodyInit).arrayBuffer()).byteLength, content.length);
  await assert.rejects(client.resolve(`${registry.host}/app:absent`), { code: "not-found" });

  // Every request of the registry's log is a span that has ended, and a notice.
  assert.equal(spans.length, registry.requests.length);
  for (const [i, { start, end }] of spans.entries()) {
    const { method, url, status, headers, sent } = registry.requests[i]!;
    assert.equal(start.method, method);
    assert.equal(start.url, registry.url + url.replace(/\?.*/, ""));
    assert.equal(start.range, headers["range"]);
    assert.ok(start.queuedMs >= 0);
    assert.equal(end?.status, status);
    assert.equal(end?.error, undefined);
    assert.equal(end?.bytes, sent);
  }
  assert.equal(spans.at(-1)!.end!.status, 404);
  assert.ok(spans.some(({ start }) => start.range !== undefined));
  assert.equal(notices.filter(({ code }) => code === "request").length, spans.length);
  // The digest of an upload stands in a query, as signatures do: queries are not told.
  assert.ok(spans.every(({ start }) => !start.url.includes("?")));

  // An answer that does not come ends a span too.
  const sum = spans.length;
  registry.onRequest = () => ({ reset: true });
  await assert.rejects(client.resolve(`${registry.host}/app:v1`), { code: "network" });
  assert.ok(spans.length > sum + 1); // it was tried again
  for (const { end } of spans.slice(sum)) {
    assert.equal(end?.status, undefined);
    assert.ok(end?.error);
  }
} finally {
  await client.close();
  await registry.close();
}
