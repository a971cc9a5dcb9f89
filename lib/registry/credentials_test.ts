import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { afterEach, test } from "node:test";
import { askHelper } from "./credential_helper.ts";
import { credentialsFiles, credentialsFor } from "./credentials.ts";

const roots: string[] = [];
const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});
function directory(): string {
  const root = mkdtempSync(join(tmpdir(), "blobber-credentials-"));
  roots.push(root);
  return root;
}
function file(content: unknown, namespaced = false): { path: string; namespaced: boolean } {
  const found = join(directory(), "config.json");
  writeFileSync(found, typeof content === "string" ? content : JSON.stringify(content));
  return { path: found, namespaced };
}
/** A helper that runs a shell script, on the PATH. */
function helper(script: string): void {
  const root = directory();
  const program = join(root, "docker-credential-fake");
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  process.env.PATH = `${root}${delimiter}${path}`;
}
const auth = (user: string, password: string) => ({
  auth: btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`))),
});
const posix = process.platform === "win32" ? test.skip : test;

test("a password may hold colons and letters of any script", async () => {
  const config = file({ auths: { "ghcr.io": auth("user", "p:ss wörd") } });
  assert.deepEqual(await credentialsFor("ghcr.io", "a", [config]), {
    username: "user",
    password: "p:ss wörd",
  });
});

for (
  const [host, key] of [
    ["docker.io", "https://index.docker.io/v1/"],
    ["docker.io", "index.docker.io"],
    ["docker.io", "registry-1.docker.io"],
    ["docker.io", "docker.io"],
    ["ghcr.io", "https://ghcr.io"],
    ["ghcr.io", "https://ghcr.io/v2/"],
    ["ghcr.io", "GHCR.io:443"],
    ["reg.example:5000", "http://reg.example:5000"],
  ] as const
) {
  test(`row 31: ${key} is ${host}`, async () => {
    const config = file({ auths: { [key]: auth("u", "p") } });
    assert.deepEqual(await credentialsFor(host, "a", [config]), { username: "u", password: "p" });
  });
}

for (
  const [host, key] of [
    ["ghcr.io.evil.com", "ghcr.io"],
    ["ghcr.io", "ghcr.io.evil.com"],
    ["ghcr.io", "my-ghcr.io"],
    ["my-ghcr.io", "ghcr.io"],
    ["ghcr.io:5000", "ghcr.io"],
    ["ghcr.io", "ghcr.io:5000"],
    ["ghcr.io", "https://ghcr.io/acme"],
    ["ghcr.io", "ghcr.io/acme/app"],
    ["ghcr.io", "https://user@ghcr.io"],
    ["ghcr.io", "https://evil.com/https://ghcr.io"],
    ["ghcr.io", ""],
    ["docker.io", "docker.io.evil.com"],
    ["docker.io", "https://index.docker.io/v1/access-token"],
  ] as const
) {
  test(`row 31: ${JSON.stringify(key)} is not ${host}`, async () => {
    const config = file({ auths: { [key]: auth("u", "p") } });
    assert.equal(await credentialsFor(host, "acme/app", [config]), undefined);
  });
}

test("Podman's entries for a part of a registry: the longest one counts, in its files only", async () => {
  const auths = {
    "reg.io": auth("all", "p"),
    "reg.io/acme": auth("acme", "p"),
    "reg.io/acme/app": auth("app", "p"),
  };
  const who = async (repository: string, namespaced: boolean) => {
    const found = await credentialsFor("reg.io", repository, [file({ auths }, namespaced)]);
    return found && "username" in found ? found.username : undefined;
  };
  assert.equal(await who("acme/app", true), "app");
  assert.equal(await who("acme/application", true), "acme");
  assert.equal(await who("acmecorp/app", true), "all");
  assert.equal(await who("acme/app", false), "all");
});

test("identity tokens and registry tokens are read", async () => {
  const config = file({
    auths: { "a.io": { auth: "", identitytoken: "i" }, "b.io": { registrytoken: "r" } },
  });
  assert.deepEqual(await credentialsFor("a.io", "x", [config]), { identityToken: "i" });
  assert.deepEqual(await credentialsFor("b.io", "x", [config]), { registryToken: "r" });
  assert.equal(await credentialsFor("c.io", "x", [config]), undefined);
});

test("the files in their order, and the first one with an entry counts", async () => {
  const variables = {
    REGISTRY_AUTH_FILE: "/r/auth.json",
    DOCKER_CONFIG: "/d",
    XDG_RUNTIME_DIR: "/run/u",
    XDG_CONFIG_HOME: "/c",
  };
  const paths = (all: { path: string }[]) => all.map((one) => one.path.replaceAll("\\", "/"));
  assert.deepEqual(paths(credentialsFiles(variables, "/home")), [
    "/r/auth.json",
    "/d/config.json",
    "/run/u/containers/auth.json",
    "/c/containers/auth.json",
  ]);
  assert.deepEqual(paths(credentialsFiles({}, "/h")), [
    "/h/.docker/config.json",
    "/h/.config/containers/auth.json",
  ]);
  const files = [
    { path: join(directory(), "absent", "config.json"), namespaced: false },
    file({ auths: { "other.io": auth("no", "no"), "a.io": {} } }),
    file({ auths: { "a.io": auth("yes", "p") } }),
    file({ auths: { "a.io": auth("late", "p") } }),
  ];
  assert.deepEqual(await credentialsFor("a.io", "x", files), { username: "yes", password: "p" });
});

posix("a configuration that is a link is followed", async () => {
  const target = file({ auths: { "a.io": auth("u", "p") } });
  const link = join(directory(), "config.json");
  symlinkSync(target.path, link);
  assert.ok(await credentialsFor("a.io", "x", [{ path: link, namespaced: false }]));
});

for (
  const [name, content] of [
    ["no JSON", '{"auths":{"a.io":{"auth":"c2VjcmV0OnNlY3JldA=="'],
    ["auths that is a list", { auths: [] }],
    ["auth that is no base64", { auths: { "a.io": { auth: "!!secret!!" } } }],
    ["auth without a colon", { auths: { "a.io": { auth: btoa("secret") } } }],
    ["a helper that is no string", { credHelpers: { "a.io": { x: 1 } } }],
  ] as const
) {
  test(`a credentials file with ${name} is named, and nothing of it is shown`, async () => {
    const config = file(content);
    await assert.rejects(
      credentialsFor("a.io", "x", [config]),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid-config");
        assert.ok(error.message.includes(config.path));
        assert.doesNotMatch(error.message + error.stack, /secret|c2Vj/);
        return true;
      },
    );
  });
}

posix("row 32: a helper is asked by its standard input and comes before auths", async () => {
  helper(
    'read server; [ "$1" = get ] && echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"',
  );
  const config = file({
    auths: { "a.io": auth("no", "no") },
    credHelpers: { "https://a.io": "fake" },
    credsStore: "absent",
  });
  assert.deepEqual(await credentialsFor("a.io", "x", [config]), {
    username: "https://a.io",
    password: "s",
  });
  const hub = file({ credsStore: "fake" });
  assert.deepEqual(await credentialsFor("docker.io", "x", [hub]), {
    username: "https://index.docker.io/v1/",
    password: "s",
  });
});

posix("row 32: a helper's identity token, and a helper that has nothing", async () => {
  helper('echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"s\\"}"');
  assert.deepEqual(await askHelper("fake", "a.io"), { identityToken: "s" });
  helper("echo 'credentials not found in native keychain'; exit 1");
  assert.equal(await askHelper("fake", "a.io"), undefined);
  const config = file({ credsStore: "fake", auths: { "a.io": auth("u", "p") } });
  assert.deepEqual(await credentialsFor("a.io", "x", [config]), { username: "u", password: "p" });
});

for (
  const [name, script, pattern] of [
    ["exits 1", "echo secretsecret; echo secretsecret >&2; exit 1", /failed with exit status 1$/],
    ["prints garbage", "echo secretsecret", /no JSON$/],
    [
      "prints JSON of another kind",
      'echo "[\\"secretsecret\\"]"',
      /without a user name and a secret$/,
    ],
    ["never ends", "sleep 100 & wait", /did not answer within 0\.3 seconds$/],
    ["prints without end", "while :; do echo secretsecretsecretsecretsecretsecret; done", /./],
  ] as const
) {
  posix(`row 32: a helper that ${name} is an error, and what it said is not shown`, async () => {
    helper(script);
    const began = performance.now();
    await assert.rejects(askHelper("fake", "a.io", 300), (error: Error & { code?: string }) => {
      assert.equal(error.code, "unauthorized");
      assert.match(error.message, /^authentication failed: credential helper "fake"/);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message + error.stack, /secretsecret|"secret|^secret/);
      return true;
    });
    assert.ok(performance.now() - began < 20_000);
  });
}

test("row 32: a helper that is missing is named", async () => {
  await assert.rejects(askHelper("blobber-absent", "a.io"), {
    code: "unauthorized",
    message: /"blobber-absent" is not installed$/,
  });
});

for (const name of ["../x", "a/b", "/bin/sh", "a b", "a;b", "$(x)", "", ".x", "-x", "a\0b"]) {
  test(`row 32: ${JSON.stringify(name)} is no name of a helper`, async () => {
    await assert.rejects(askHelper(name, "a.io"), {
      code: "unauthorized",
      message: /a name that is none/,
    });
  });
}
