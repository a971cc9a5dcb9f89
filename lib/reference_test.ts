import { test } from "node:test";
import assert from "node:assert/strict";
import { registryReference } from "../tests/fakes/registry/references.ts";
import { Client } from "./client.ts";
import {
  canonicalPatterns,
  formatReference,
  isLoopback,
  nameOf,
  parseReference,
  type Reference,
  registryNamed,
  repositoryNamed,
  selectorOf,
} from "./reference.ts";

const D = `sha256:${"ab".repeat(32)}` as const;

for (
  const [text, expected] of [
    ["ghcr.io/acme/app", { kind: "registry", host: "ghcr.io", repository: "acme/app" }],
    ["localhost/app:v1", { kind: "registry", host: "localhost", repository: "app", tag: "v1" }],
    ["reg:5000/a__b/c-d:T", {
      kind: "registry",
      host: "reg:5000",
      repository: "a__b/c-d",
      tag: "T",
    }],
    [`[::1]:5000/a@${D}`, { kind: "registry", host: "[::1]:5000", repository: "a", digest: D }],
    [`ghcr.io/a:t@${D}`, {
      kind: "registry",
      host: "ghcr.io",
      repository: "a",
      tag: "t",
      digest: D,
    }],
    ["oci:./lay", { kind: "layout", path: "./lay" }],
    ["oci:/a/b:v1", { kind: "layout", path: "/a/b", tag: "v1" }],
    [`oci:a@${D}`, { kind: "layout", path: "a", digest: D }],
    ["oci:l:v1", { kind: "layout", path: "l", tag: "v1" }],
    ["oci:C:\\lay", { kind: "layout", path: "C:\\lay" }],
    ["oci:me@home/lay:v1", { kind: "layout", path: "me@home/lay", tag: "v1" }],
  ] as const
) {
  test(`reads ${text}`, () => {
    const reference = parseReference(text);
    assert.deepEqual(reference, expected);
    assert.equal(formatReference(reference), text);
  });
}

for (
  const text of [
    "",
    "app",
    "acme/app",
    "ghcr.io/",
    "ghcr.io/Acme/app",
    "ghcr.io/a//b",
    "ghcr.io/a/:v1",
    "ghcr.io/a:",
    "ghcr.io/a:.v1",
    "ghcr.io/a@sha256:abc",
    `ghcr.io/a@sha512:${"ab".repeat(64)}`,
    `ghcr.io/a@SHA256:${"ab".repeat(32)}`,
    "localhost:5000",
    "localhost:99999/a",
    "https://ghcr.io/a",
    "oci://lay",
    "oci:",
    "-x.io/a",
    "ghcr.io/äpp",
    "ghcr.io/a\n",
    "[::1/a",
    "user@ghcr.io/a",
  ]
) {
  test(`refuses ${JSON.stringify(text)} and quotes it`, () => {
    assert.throws(() => parseReference(text), (error: Error & { code?: string }) => {
      assert.equal(error.code, "invalid-reference");
      assert.ok(error.message.startsWith('invalid reference: "'), error.message);
      assert.match(error.message, /expected|contains/);
      return true;
    });
  });
}

test("a digest wins over a tag, and latest stands for neither", () => {
  assert.equal(selectorOf(parseReference(`ghcr.io/a:t@${D}`)), D);
  assert.equal(selectorOf(parseReference("ghcr.io/a:t")), "t");
  assert.equal(selectorOf(parseReference("ghcr.io/a")), "latest");
});

const named = (text: string) =>
  nameOf(registryReference(...text.split(/\/(.*)/s) as [string, string]));

test("hub-short-name: library/ is part of the name, under each of Docker Hub's names", () => {
  for (
    const host of [
      "docker.io",
      "index.docker.io",
      "Registry-1.Docker.IO.",
      "registry.hub.docker.com:443",
      "docker.io:80",
    ]
  ) {
    for (const path of ["nginx", "library/nginx"]) {
      assert.equal(named(`${host}/${path}`), "docker.io/library/nginx");
    }
    assert.equal(named(`${host}/acme/app`), "docker.io/acme/app");
  }
  assert.equal(
    formatReference(parseReference("index.docker.io/nginx:1")),
    "docker.io/library/nginx:1",
  );
  for (const text of ["ghcr.io/nginx", "docker.io:5000/nginx", "docker.io.evil.com/nginx"]) {
    assert.equal(named(text), text);
  }
});

test("default-port: a host is one name at both ports by which it is reached without one", () => {
  for (const host of ["reg.example", "localhost", "127.0.0.1", "[::1]"]) {
    for (const port of ["", ":80", ":443", ":0443"]) {
      assert.equal(named(`${host}${port}/acme/app`), `${host}/acme/app`);
    }
    assert.equal(named(`${host}:8443/acme/app`), `${host}:8443/acme/app`);
  }
  // A bare word is a host with a port only, so there is nothing that these are other spellings of.
  assert.notEqual(named("reg:80/acme/app"), named("reg:443/acme/app"));
});

test("asked-port: the port that was written stays in the reference", () => {
  for (
    const text of ["localhost:443/a:v1", "reg.example:80/a", "docker.io:443/library/a", "reg:443/a"]
  ) {
    const reference = parseReference(text);
    assert.equal(formatReference(reference), text);
    assert.deepEqual(parseReference(formatReference(reference)), reference);
  }
});

test("loopback-spellings: an address has one name, however it is written", () => {
  for (
    const [name, spellings] of [
      ["127.0.0.1", [
        "0",
        "0.0.0.0",
        "00.0",
        "0x0",
        "127.1",
        "127.0.1",
        "0x7f000001",
        "0X7F.1",
        "0177.0.0.01",
        "2130706433",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:FFFF:7f00:0001]",
        "[::ffff:0.0.0.0]",
      ]],
      ["[::1]", ["[0:0::1]", "[0000::0001]", "[::0.0.0.1]", "[::]", "[0::0]"]],
      ["10.0.0.5", ["10.5", "0xa.0.0.5", "012.0.0.5", "167772165", "[::ffff:10.0.0.5]"]],
    ] as const
  ) {
    for (const host of [name, ...spellings]) {
      assert.equal(named(`${host}:5101/acme/app`), `${name}:5101/acme/app`, host);
    }
  }
  for (const name of ["reg.v2", "1.example", "0x.example", "[::ffff:1:a00:5]"]) {
    assert.equal(named(`${name}/a`), `${name}/a`);
  }
  // Only the resolver knows which address a name has, so the names differ.
  assert.notEqual(named("localhost:5101/a"), named("127.0.0.1:5101/a"));
});

test("names that end in a number and are no address, and names that no URL holds, are refused", () => {
  for (
    const host of [
      "999.1.1.1",
      "reg.5",
      "1.2.3.4.5",
      "0x100000000:1",
      "xn--a.example",
      "reg..",
      "reg.",
    ]
  ) {
    assert.throws(() => parseReference(`${host}/a`), { code: "invalid-reference" }, host);
    assert.equal(registryNamed(host), undefined);
  }
});

test("one name: hosts and repositories that were written by hand are made canonical at the client's door", async () => {
  const client = new Client();
  const byHand = { kind: "registry", host: "Index.Docker.io", repository: "nginx" };
  const store = await client.store(byHand as unknown as Reference);
  assert.equal(store.name, "docker.io/library/nginx");
  assert.equal(await client.store("docker.io/library/nginx"), store);
  await assert.rejects(
    client.store({ ...byHand, repository: "../v2/other" } as unknown as Reference),
    { code: "invalid-reference" },
  );
});

test("what another program wrote down is one name, or none", () => {
  assert.equal(repositoryNamed("index.docker.io:443/nginx"), "docker.io/library/nginx");
  for (const text of ["ghcr.io/a:v1", `ghcr.io/a@${D}`, "oci:a", "oci:/a", "a", "", "ghcr.io/A"]) {
    assert.equal(repositoryNamed(text), undefined, text);
  }
});

test("patterns are made canonical where names are", () => {
  for (
    const [host, path, expected] of [
      ["docker.io", "nginx", ["docker.io/library/nginx"]],
      ["Index.docker.io.:443", "ngi*", ["docker.io/library/ngi*"]],
      ["docker.io", "**", ["docker.io/**"]],
      ["docker.io", "acme/*", ["docker.io/acme/*"]],
      ["localhost:80", "acme/**", ["localhost/acme/**"]],
      ["0x7f.1:5000", "**", ["127.0.0.1:5000/**"]],
      ["*", "nginx", ["*/nginx", "docker.io/library/nginx"]],
      ["Index.*.io.", "nginx", ["index.*.io/nginx", "docker.io/library/nginx"]],
      ["registry*.docker.*:443", "a", [
        "registry*.docker.*/a",
        "registry*.docker.*:443/a",
        "docker.io/library/a",
      ]],
      ["*.acme.org:0080", "a/*", ["*.acme.org/a/*", "*.acme.org:80/a/*"]],
      ["*.acme.org:5000", "a", ["*.acme.org:5000/a"]],
      ["docker*docker.io", "a", ["docker*docker.io/a"]],
      ["acme", "a", []],
      ["999.1.1.1", "a", []],
      ["*:0", "a", []],
      ["a_*", "a", []],
    ] as const
  ) {
    const found = canonicalPatterns(host, path).map((one) => `${one.host}/${one.path}`);
    assert.deepEqual(found, expected, `${host}/${path}`);
  }
});

test("loopback is this machine only", () => {
  for (
    const host of [
      "localhost",
      "localhost:5000",
      "127.0.0.1:5",
      "127.1:5",
      "[::ffff:127.0.0.1]",
      "127.9.9.9",
      "[::1]:80",
      "a.localhost",
    ]
  ) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["localhost.evil.org", "127.0.0.1.evil.org", "0.0.0.0", "10.0.0.1", "[::]"]) {
    assert.ok(!isLoopback(host), host);
  }
});
