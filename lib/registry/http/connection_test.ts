import assert from "node:assert/strict";
import process from "node:process";
import { afterEach, test } from "node:test";
import type { ConnectionOptions } from "../../options.ts";
import type { Store } from "../../store.ts";
import { digestOf } from "../../digest.ts";
import { ownCertificate, TestAuthority } from "../../../tests/fakes/certificate.ts";
import { startProxy } from "../../../tests/fakes/registry/proxy.ts";
import {
  bench,
  closeAfter,
  noise,
  plant,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import { NodeEngine } from "./node_engine.ts";
import { proxyFor } from "./proxy.ts";
import { openRegistry } from "../../stores/registry_store.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";

const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
const before = Object.fromEntries(
  VARIABLES.flatMap((name) => [name, name.toLowerCase()]).map((name) => [name, process.env[name]]),
);
function environment(values: Record<string, string>): void {
  for (const name of Object.keys(before)) delete process.env[name];
  Object.assign(process.env, values);
}
afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const authority = new TestAuthority();
const big = noise(2_500_000);
const target = { mediaType: "application/x", digest: digestOf(big), size: big.length };

/** Up and down, small and large, whole and in part: every path that the code takes. */
async function roundTrip(store: Store): Promise<void> {
  const writer = await store.begin("application/x");
  await writer.write(big);
  await writer.commit(target);
  assert.equal(await store.has(target), true);
  assert.deepEqual(await readBlob(store, target), big);
  assert.deepEqual(await readBlob(store, target, { start: 5, end: 50 }), big.slice(5, 50));
}
const open = (host: string, options: ConnectionOptions = {}) =>
  openRegistry(registryReference(host, "a/b"), {
    ...options,
    credentials: () => Promise.resolve(undefined),
  });

test("TLS with an authority of one's own, up and down", async () => {
  const { store } = await bench({ tls: authority.issue() }, { caCerts: [authority.pem] });
  await roundTrip(store);
});

test("TLS with any certificate, when that was asked for", async () => {
  const { store } = await bench({ tls: authority.issue() }, { insecureSkipTlsVerify: true });
  await roundTrip(store);
});

test("exceptions for single registries are found by the canonical host", async () => {
  const { registry } = await bench({ tls: authority.issue() });
  const host = registry.host.replace("127.0.0.1", "localhost");
  await roundTrip(open(host.toUpperCase(), {
    registries: { [host]: { caCerts: [authority.pem] } },
  } as ConnectionOptions));
});

for (
  const [name, issue] of [
    ["of an unknown authority", () => new TestAuthority().issue()],
    [
      "that has expired",
      () => authority.issue({ period: { notBefore: new Date(0), notAfter: new Date(1e12) } }),
    ],
    ["for another name", () => authority.issue({ names: ["other.test"] })],
  ] as const
) {
  test(`a certificate ${name} is refused, and the flags that help are named`, async () => {
    // One more authority makes a fresh client: servers of one process share what resumes a TLS session.
    const caCerts = [authority.pem, new TestAuthority().pem];
    const { registry, store } = await bench({ tls: issue() }, { caCerts });
    await assert.rejects(store.resolve("v1"), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, "tls", error.message);
      assert.match(error.hint!, /caCerts/);
      assert.match(error.hint!, /insecureSkipTlsVerify/);
      return true;
    });
    assert.equal(registry.requests.length, 0);
  });
}

test("own-certificate: a certificate that is its own authority is trusted where it was named", async () => {
  const tls = ownCertificate();
  const { store, registry } = await bench({ tls }, { caCerts: [tls.cert] });
  await roundTrip(store);
  await readBlob(open(registry.host, { caCerts: [authority.pem, tls.cert] }), target);
});

for (
  const [name, served, named] of [
    ["not named", ownCertificate(), undefined],
    ["another one of the same name", ownCertificate(), ownCertificate()],
    ["for another name", ownCertificate({ names: ["other.test"] }), undefined],
    [
      "expired",
      ownCertificate({ period: { notBefore: new Date(0), notAfter: new Date(1e12) } }),
      undefined,
    ],
  ] as const
) {
  test(`own-certificate: one that is ${name} is refused`, async () => {
    const trusted = name === "not named" ? authority.pem : (named ?? served).cert;
    const { store, registry } = await bench({ tls: served }, {
      caCerts: [trusted, new TestAuthority().pem],
    });
    await assert.rejects(store.resolve("v1"), { code: "tls" });
    assert.equal(registry.requests.length, 0);
  });
}

test("on this machine the scheme is found out, and stays", async () => {
  const { registry, store } = await bench({ tls: authority.issue() });
  await assert.rejects(store.resolve("v1"), { code: "tls" });
  assert.equal(registry.requests.length, 0);
  const plain = await bench({}, { caCerts: [authority.pem] });
  await roundTrip(plain.store);
});

test("plain HTTP elsewhere needs to be allowed, and the error names the flag", async () => {
  const { registry } = await bench();
  const proxy = closeAfter(await startProxy({ hosts: { "registry.test:5080": registry.host } }));
  environment({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
  await assert.rejects(open("registry.test:5080").resolve("v1"), {
    code: "tls",
    hint: /option insecure$/,
  });
  assert.ok(proxy.requests.every((line) => line.startsWith("CONNECT ")), proxy.requests.join());
  await roundTrip(open("registry.test:5080", { insecure: true }));
});

for (const credentials of [undefined, "user:p@ss:word"]) {
  const login = credentials === undefined ? "" : "user:p%40ss%3Aword@";
  test(`a proxy ${login && "with a password "}for plain HTTP: every request goes through it`, async () => {
    const { registry } = await bench();
    const proxy = closeAfter(
      await startProxy({
        hosts: { "registry.test:5000": registry.host },
        ...(credentials !== undefined && { credentials }),
      }),
    );
    environment({ HTTP_PROXY: `http://${login}${proxy.host}` });
    await roundTrip(open("registry.test:5000", { insecure: true }));
    assert.deepEqual(
      proxy.requests.map((line) => line.split(" ")[0]),
      registry.requests.map(({ method }) => method),
    );
    for (const { headers } of registry.requests) {
      assert.equal(headers["proxy-authorization"], undefined);
    }
  });

  test(`a proxy ${login && "with a password "}for TLS: every connection is a tunnel`, async () => {
    for (const options of [{ caCerts: [authority.pem] }, { insecureSkipTlsVerify: true }]) {
      const { registry } = await bench({ tls: authority.issue() });
      const proxy = closeAfter(
        await startProxy({
          hosts: { "registry.test:5443": registry.host },
          ...(credentials !== undefined && { credentials }),
        }),
      );
      environment({ https_proxy: `${login}${proxy.host}` });
      await roundTrip(open("registry.test:5443", options));
      assert.ok(registry.requests.length > 0);
      for (const line of proxy.requests) assert.equal(line, "CONNECT registry.test:5443");
    }
  });
}

test("a proxy that asks for a password, or is not there, is told as such", async () => {
  const proxy = closeAfter(await startProxy({ credentials: "a:b" }));
  environment({ HTTPS_PROXY: proxy.url });
  const refused = open("registry.test").resolve("v1");
  await assert.rejects(refused, { code: "network", hint: /HTTPS_PROXY/ });
  await proxy.close();
  await assert.rejects(open("registry.test").resolve("v1"), { code: "network" });
});

test("NO_PROXY and loopback go past the proxy", async () => {
  const { registry, store } = await bench();
  plant(registry, big);
  environment({ HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" });
  await readBlob(store, target);
  const secure = await bench({ tls: authority.issue() }, { caCerts: [authority.pem] });
  await roundTrip(secure.store);
});

test("a name without an address", async () => {
  environment({});
  await assert.rejects(open("registry.invalid").resolve("v1"), { code: "network" });
});

test("the engine of Node serves everywhere: up, down, Content-Length, cancel", async () => {
  const engine = new NodeEngine({ skipVerify: false });
  const { store } = await bench({}, { seams: { engine } });
  await roundTrip(store);
});

for (
  const [url, variables, expected] of [
    ["https://a.io/", { HTTPS_PROXY: "p:1" }, "http://p:1"],
    ["https://a.io/", { https_proxy: "http://p:1", HTTPS_PROXY: "http://q:2" }, "http://p:1"],
    ["http://a.io/", { HTTPS_PROXY: "p:1" }, undefined],
    ["http://a.io/", { ALL_PROXY: "p:1" }, "http://p:1"],
    ["https://a.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "*" }, undefined],
    ["https://a.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io" }, undefined],
    ["https://x.a.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io" }, undefined],
    ["https://x.a.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "b.io, .a.io" }, undefined],
    ["https://xa.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io" }, "http://p:1"],
    ["https://a.io.evil/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io" }, "http://p:1"],
    ["https://a.io:444/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io:443" }, "http://p:1"],
    ["https://a.io/", { HTTPS_PROXY: "p:1", NO_PROXY: "a.io:443" }, undefined],
    ["https://10.1.2.3/", { HTTPS_PROXY: "p:1", NO_PROXY: "10.0.0.0/8" }, undefined],
    ["https://11.1.2.3/", { HTTPS_PROXY: "p:1", NO_PROXY: "10.0.0.0/8" }, "http://p:1"],
    ["https://[2001:db8::1]/", { HTTPS_PROXY: "p:1", NO_PROXY: "2001:db8::1" }, undefined],
    ["https://localhost:5000/", { HTTPS_PROXY: "p:1" }, undefined],
    ["https://127.0.0.1/", { HTTPS_PROXY: "p:1" }, undefined],
  ] as const
) {
  test(`${url} with ${JSON.stringify(variables)}`, () => {
    assert.equal(proxyFor(new URL(url), variables)?.url.origin, expected);
  });
}

test("a variable that names no proxy is refused without showing its password", () => {
  for (const value of ["socks5://user:secret@p:1", "http://user:secret@:", "http://["]) {
    assert.throws(
      () => proxyFor(new URL("https://a.io/"), { HTTPS_PROXY: value }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid-config");
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
});
