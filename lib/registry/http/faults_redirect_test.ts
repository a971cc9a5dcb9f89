import assert from "node:assert/strict";
import { test } from "node:test";
import { TestAuthority } from "../../../tests/fakes/certificate.ts";
import { type FakeRequest, startRegistry } from "../../../tests/fakes/registry/fake_registry.ts";
import {
  bench,
  closeAfter,
  noise,
  plant,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import { digestOf } from "../../digest.ts";
import { writeBlob } from "../../../tests/fakes/store_suite.ts";

const content = noise(5000);
const redirect = (location: string, status = 307) => () => ({
  answer: { status, headers: { location } },
});
const isBlob = ({ path }: FakeRequest) => path.includes("/blobs/sha256:");

for (const status of [301, 302, 303, 307, 308]) {
  test(`${status} is followed, and no secret goes along to another host`, async () => {
    const cdn = closeAfter(await startRegistry());
    const { registry, store } = await bench({
      authorize: ({ headers }) =>
        headers["authorization"] === undefined
          ? { status: 401, headers: { "www-authenticate": "Basic" } }
          : undefined,
    }, { credentials: () => Promise.resolve({ username: "u", password: "p" }) });
    const blob = plant(registry, content);
    cdn.onRequest = ({ headers }) => ({
      answer: {
        status: 206,
        headers: { "content-range": `bytes 10-19/${content.length}` },
        body: headers["range"] === "bytes=10-19" ? content.slice(10, 20) : new Uint8Array(10),
      },
    });
    registry.onRequest = (request) =>
      isBlob(request) && request.headers["authorization"] !== undefined
        ? redirect(`${cdn.url}/signed?key=1`, status)()
        : undefined;
    assert.deepEqual(await readBlob(store, blob, { start: 10, end: 20 }), content.slice(10, 20));
    const [hop] = cdn.requests;
    assert.equal(hop!.headers["authorization"], undefined);
    assert.equal(hop!.headers["accept-encoding"], "identity");
    assert.equal(hop!.url, "/signed?key=1");
  });
}

test("a redirect on the same host keeps the Authorization and may be relative", async () => {
  const { registry, store } = await bench({
    authorize: ({ headers }) =>
      headers["authorization"] === undefined
        ? { status: 401, headers: { "www-authenticate": "Basic" } }
        : undefined,
  }, { credentials: () => Promise.resolve({ username: "u", password: "p" }) });
  const blob = plant(registry, content, "moved/to");
  registry.onRequest = ({ path }) =>
    path.startsWith("/v2/a/b/") ? redirect(`../../../moved/to/blobs/${blob.digest}`)() : undefined;
  assert.deepEqual(await readBlob(store, blob), content);
});

test("moved-registry: another registry's own challenge is answered with nothing, in words that say where", async () => {
  const moved = closeAfter(
    await startRegistry({
      authorize: () => ({ status: 401, headers: { "www-authenticate": "Basic" } }),
    }),
  );
  const { registry, store } = await bench({}, {
    credentials: () => Promise.resolve({ username: "u", password: "p" }),
  });
  registry.onRequest = ({ url }) => redirect(`${moved.url}${url}`)();
  await assert.rejects(store.resolve("v1"), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, "unauthorized");
    assert.ok(error.message.includes(`${registry.host} sends this request on to ${moved.host}`));
    assert.ok(error.hint!.includes(moved.host), error.hint);
    return true;
  });
  assert.ok(moved.requests.every(({ headers }) => headers["authorization"] === undefined));
  assert.equal(moved.requests.length, 1);
});

test("CVE-2020-15157: a 401 from behind a redirect is no challenge to us", async () => {
  const evil = closeAfter(await startRegistry());
  evil.onRequest = () => ({
    answer: { status: 401, headers: { "www-authenticate": 'Basic realm="give"' } },
  });
  const { registry, store } = await bench({}, {
    credentials: () => Promise.reject(new Error("asked")),
  });
  registry.onRequest = redirect(`${evil.url}/x`);
  await assert.rejects(readBlob(store, plant(registry, content)), { code: "unauthorized" });
  assert.equal(evil.requests.length, 1);
});

test("a circle and a long way are refused", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, content);
  registry.onRequest = ({ path }) => redirect(path === "/1" ? "/2" : "/1")();
  await assert.rejects(readBlob(store, blob), { code: "registry", message: /circle/ });
  assert.equal(registry.requests.length, 3);
  registry.clear();
  registry.onRequest = ({ number }) => redirect(`/${number}`)();
  await assert.rejects(readBlob(store, blob), { code: "registry", message: /more than 10 times/ });
  assert.equal(registry.requests.length, 11);
});

for (
  const [name, location] of [
    ["a metadata service", "http://169.254.169.254/latest/meta-data"],
    ["0.0.0.0", "http://0.0.0.0/x"],
    ["[::]", "http://[::]/x"],
    ["a mapped link-local address", "http://[::ffff:169.254.169.254]/x"],
    ["a decimal spelling of one", "http://2852039166/x"],
    ["another scheme", "file:///etc/passwd"],
    ["userinfo", "http://user:pass@127.0.0.1/x"],
  ] as const
) {
  test(`a redirect to ${name} is refused`, async () => {
    const { registry, store } = await bench();
    const blob = plant(registry, content);
    registry.onRequest = redirect(location);
    await assert.rejects(readBlob(store, blob), { code: "registry" });
    assert.equal(registry.requests.length, 1);
  });
}

test("https to http is refused", async () => {
  const authority = new TestAuthority();
  const plain = closeAfter(await startRegistry());
  const { registry, store } = await bench({ tls: authority.issue() }, { caCerts: [authority.pem] });
  const blob = plant(registry, content);
  assert.deepEqual(await readBlob(store, blob), content);
  registry.onRequest = redirect(`${plain.url}/x`);
  await assert.rejects(readBlob(store, blob), { code: "registry", message: /plain HTTP/ });
  assert.equal(plain.requests.length, 0);
});

test("a DNS-rebinding name that leads inside is refused from outside", async () => {
  const { HopPolicy } = await import("./redirect.ts");
  const addresses: Record<string, string[]> = {
    "registry.example": ["203.0.113.5"],
    "inside.example": ["203.0.113.6", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "corp.example": ["10.0.0.7"],
    "cdn.example": ["198.51.100.1", "2001:db8::1"],
  };
  const resolve = (name: string) => Promise.resolve(addresses[name] ?? []);
  const outside = new HopPolicy(new URL("https://registry.example/"), resolve);
  const from = new URL("https://registry.example/v2/");
  const refuse = (policy: typeof outside, host: string) =>
    assert.rejects(policy.check(`https://${host}/x`, from, "a redirect"), { code: "registry" });
  for (
    const host of [
      ...["inside.example", "metadata.example", "corp.example", "127.0.0.1", "localhost"],
      ...["a.localhost", "10.0.0.1", "192.168.1.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]"],
      ...["100.100.100.200", "[fd00:ec2::254]", "0177.0.0.1", "127.1", "localhost."],
    ]
  ) await refuse(outside, host);
  assert.equal(
    (await outside.check("https://cdn.example/x?sig=1", from, "a redirect")).href,
    "https://cdn.example/x?sig=1",
  );
  const company = new HopPolicy(new URL("https://corp.example/"), resolve);
  await company.check("https://10.1.2.3/x", from, "a redirect");
  await company.check("https://cdn.example/x", from, "a redirect");
  for (const host of ["127.0.0.1", "inside.example", "metadata.example"]) {
    await refuse(company, host);
  }
});

test("an upload is not followed where a redirect would make it a GET", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) => method === "POST" ? redirect("/x", 302)() : undefined;
  await assert.rejects(
    writeBlob(store, { mediaType: "x/y", digest: digestOf("small"), size: 5 }, "small"),
    { code: "registry", message: /answered 302/ },
  );
  assert.deepEqual(registry.requests.map(({ method }) => method), ["POST"]);
});

test("a 307 of an upload is followed with its body", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method, url }) =>
    method === "PUT" && !url.includes("&again") ? redirect(`${url}&again`)() : undefined;
  await writeBlob(store, { mediaType: "x/y", digest: digestOf("small"), size: 5 }, "small");
  assert.ok(registry.repository("a/b").blobs.has(digestOf("small")));
});
