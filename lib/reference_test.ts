import { test } from "node:test";
import assert from "node:assert/strict";
import {
  canonicalHost,
  formatReference,
  isLoopback,
  parseReference,
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

test("every spelling of a host is one", () => {
  assert.equal(canonicalHost("GHCR.io."), "ghcr.io");
  assert.equal(canonicalHost("ghcr.io:443"), "ghcr.io");
  assert.equal(canonicalHost("index.docker.io"), "docker.io");
  assert.equal(canonicalHost("registry-1.docker.io:443"), "docker.io");
  assert.equal(canonicalHost("[0:0::1]:5000"), "[::1]:5000");
  assert.equal(canonicalHost("reg:05000"), "reg:5000");
});

test("row 58: an address has one name, however it is written", () => {
  for (const host of ["10.5", "0xa.0.0.5", "012.0.0.5", "167772165", "[::ffff:10.0.0.5]"]) {
    assert.equal(canonicalHost(`${host}:5000`), "10.0.0.5:5000", host);
  }
  for (const name of ["reg.v2", "1.example", "0x.example", "999.1.1.1", "[::ffff:1:a00:5]"]) {
    assert.equal(canonicalHost(name), name);
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
