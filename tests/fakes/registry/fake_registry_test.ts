import { afterEach, test } from "node:test";
import assert from "node:assert/strict";
import { digestOf } from "../../../lib/digest.ts";
import { type FakeRegistry, type FakeRegistryOptions, startRegistry } from "./fake_registry.ts";

const open: FakeRegistry[] = [];
async function start(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startRegistry(options);
  open.push(registry);
  return registry;
}
afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
});

const bytes = new TextEncoder().encode("some content of a blob");
const digest = digestOf(bytes);

async function upload(registry: FakeRegistry, repository: string): Promise<Response> {
  const begun = await fetch(`${registry.url}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const url = new URL(begun.headers.get("location")!, registry.url);
  url.searchParams.set("digest", digest);
  return await fetch(url, { method: "PUT", body: bytes });
}

test("a blob is uploaded, read back whole and by range, and every byte is on record", async () => {
  const registry = await start();
  assert.equal((await upload(registry, "a/b")).status, 201);
  const url = `${registry.url}/v2/a/b/blobs/${digest}`;
  assert.equal(await (await fetch(url)).text(), "some content of a blob");
  const part = await fetch(url, { headers: { range: "bytes=5-11" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), `bytes 5-11/${bytes.length}`);
  assert.equal(await part.text(), "content");
  const head = await fetch(url, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(bytes.length));
  assert.deepEqual(
    registry.requests.map(({ method, received, sent, status }) => [method, received, sent, status]),
    [
      ["POST", 0, 0, 202],
      ["PUT", bytes.length, 0, 201],
      ["GET", 0, bytes.length, 200],
      ["GET", 0, 7, 206],
      ["HEAD", 0, 0, 200],
    ],
  );
});

test("an upload whose query was lost is refused, and so is a wrong digest", async () => {
  const registry = await start();
  const begun = await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: "POST" });
  const url = new URL(begun.headers.get("location")!, registry.url);
  const bare = new URL(url);
  bare.search = `?digest=${digest}`;
  assert.equal((await fetch(bare, { method: "PUT", body: bytes })).status, 404);
  url.searchParams.set("digest", digestOf("other"));
  const wrong = await fetch(url, { method: "PUT", body: bytes });
  assert.equal(wrong.status, 400);
  assert.equal((await wrong.json()).errors[0].code, "DIGEST_INVALID");
});

test("referrers are listed, filtered and paged, and a subject is acknowledged", async () => {
  const registry = await start({ pageSize: 1 });
  const subject = { mediaType: "application/x", digest: digestOf("s"), size: 1 };
  for (const artifactType of ["application/a", "application/b", "application/a"]) {
    const manifest = { schemaVersion: 2, artifactType, subject, n: registry.requests.length };
    const put = await fetch(
      `${registry.url}/v2/r/manifests/${digestOf(JSON.stringify(manifest))}`,
      {
        method: "PUT",
        body: JSON.stringify(manifest),
        headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      },
    );
    assert.equal(put.headers.get("oci-subject"), subject.digest);
  }
  let url: string | undefined =
    `${registry.url}/v2/r/referrers/${subject.digest}?artifactType=application/a`;
  let pages = 0;
  while (url !== undefined) {
    const page: Response = await fetch(url);
    assert.equal((await page.json()).manifests.length, 1);
    const next: RegExpExecArray | null = /<(.*)>/.exec(page.headers.get("link") ?? "");
    url = next === null ? undefined : new URL(next[1]!, registry.url).href;
    pages++;
  }
  assert.equal(pages, 2);
});

test("hooks answer, change, cut and hang", async () => {
  const registry = await start();
  await upload(registry, "a");
  const url = `${registry.url}/v2/a/blobs/${digest}`;
  registry.onRequest = () => ({ answer: { status: 418, body: "no" } });
  assert.equal((await fetch(url)).status, 418);
  registry.onRequest = () => ({
    rewrite: (answer) => ({ ...answer, headers: { ...answer.headers, etag: '"x"' } }),
  });
  assert.equal((await fetch(url)).headers.get("etag"), '"x"');
  registry.onRequest = () => ({ breakAfter: 4 });
  await assert.rejects(async () => await (await fetch(url)).text());
  assert.equal(registry.requests.at(-1)!.sent, 4);
  registry.onRequest = () => ({ reset: true });
  await assert.rejects(fetch(url));
  registry.onRequest = () => ({ hang: true });
  const aborted = new AbortController();
  const hanging = fetch(url, { signal: aborted.signal });
  aborted.abort();
  await assert.rejects(hanging);
});
