import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { afterEach, test } from "node:test";
import { lacks } from "../../../tests/fakes/only_on.ts";
import { askHelper } from "./credential_helper.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";
import type { Credentials } from "../../options.ts";
import { MAX_CREDENTIALS_BYTES } from "../../limits.ts";
import { credentialsFiles, credentialsFor } from "./credentials.ts";
import { eraseLogin, storeLogin } from "../login.ts";

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
function file(content: unknown): string {
  const found = join(directory(), "config.json");
  writeFileSync(found, typeof content === "string" ? content : JSON.stringify(content));
  return found;
}
function lookUp(host: string, path: string, files: string[]): Promise<Credentials | undefined> {
  const { host: name, repository } = registryReference(host, path);
  return credentialsFor(name, repository, files);
}
async function userFor(ref: string, config: unknown): Promise<string | undefined> {
  const [, host, path] = /^([^/]+)\/(.*)$/.exec(ref)!;
  const found = await lookUp(host!, path!, [file(config)]);
  return found && "username" in found ? found.username : undefined;
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
const posix = lacks("shell") ? test.skip : test;

test("a password may hold colons and letters of any script", async () => {
  const config = file({ auths: { "ghcr.io": auth("user", "p:ss wörd") } });
  assert.deepEqual(await lookUp("ghcr.io", "a", [config]), {
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
  test(`${key} is ${host}`, async () => {
    const config = file({ auths: { [key]: auth("u", "p") } });
    assert.deepEqual(await lookUp(host, "a", [config]), { username: "u", password: "p" });
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
    ["ghcr.io", "https://ghcr.io/acm"],
    ["ghcr.io", "ghcr.io/acme/app/x"],
    ["ghcr.io", "https://user@ghcr.io"],
    ["ghcr.io", "https://evil.com/https://ghcr.io"],
    ["ghcr.io", ""],
    ["docker.io", "docker.io.evil.com"],
    ["docker.io", "https://index.docker.io/v1/access-token"],
  ] as const
) {
  test(`${JSON.stringify(key)} is not ${host}`, async () => {
    const config = file({ auths: { [key]: auth("u", "p") } });
    assert.equal(await lookUp(host, "acme/app", [config]), undefined);
  });
}

test("auths-path: the longest part that fits in whole components counts, then the host", async () => {
  const auths = {
    "reg.io": auth("all", "p"),
    "reg.io/acme/": auth("acme", "p"),
    "https://reg.io/acme/app": auth("app", "p"),
    "reg.io/acme/app/empty": {},
    "reg.io:5000/acme": auth("port", "p"),
  };
  for (
    const [ref, expected] of [
      ["reg.io/acme/app", "app"],
      ["REG.io.:443/acme/app/deep/er", "app"],
      ["reg.io/acme/app/empty", "app"],
      ["reg.io/acme/application", "acme"],
      ["reg.io/acmecorp/app", "all"],
      ["reg.io/other/acme/app", "all"],
      ["reg.io:5000/acme/app", "port"],
      ["reg.io:5000/other", undefined],
    ] as const
  ) assert.equal(await userFor(ref, { auths }), expected, ref);
});

test("auths-path: a part of Docker Hub, under each of its names", async () => {
  const auths = {
    "https://index.docker.io/v1/": auth("all", "p"),
    "https://index.docker.io/v1/access-token": auth("desktop", "p"),
    "registry-1.docker.io/acme": auth("acme", "p"),
    "docker.io/library": auth("official", "p"),
  };
  for (
    const [ref, expected] of [
      ["docker.io/acme/app", "acme"],
      ["index.docker.io/acme/app", "acme"],
      ["docker.io/nginx", "official"],
      ["docker.io/library/nginx", "official"],
      ["docker.io/other/app", "all"],
      ["docker.io/v1/access-token", "all"],
    ] as const
  ) assert.equal(await userFor(ref, { auths }), expected, ref);
});

posix(
  "auths-path: a helper is asked for the parts that the file lists, then for the host",
  async () => {
    helper(
      'read server; case "$server" in a.io/acme|a.io) ' +
        'echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}";; ' +
        "*) echo 'credentials not found in native keychain'; exit 1;; esac",
    );
    const config = {
      auths: { "a.io/acme": {}, "a.io/acme/app": {}, "a.io/own": auth("own", "p") },
      credsStore: "fake",
    };
    assert.equal(await userFor("a.io/acme/app", config), "a.io/acme");
    assert.equal(await userFor("a.io/other/app", config), "a.io");
    assert.equal(await userFor("a.io/own/app", config), "own");
  },
);

posix(
  "a file of credentials that is a pipe, a device or huge is neither waited for nor read",
  async () => {
    const root = directory();
    const found = join(root, "config.json");
    const login = { username: "ada", password: "p" };
    const { host } = registryReference("a.io", "x");
    const makes: Record<string, () => void> = {
      "a pipe": () => void spawnSync("mkfifo", [found]),
      "a device": () => symlinkSync("/dev/zero", found),
      "a directory": () => mkdirSync(found),
      "huge": () => writeFileSync(found, new Uint8Array(MAX_CREDENTIALS_BYTES + 1)),
    };
    for (const [name, make] of Object.entries(makes)) {
      make();
      const before = lstatSync(found);
      const refused = { code: "invalid-config" };
      await assert.rejects(lookUp("a.io", "x", [found]), refused, name);
      await assert.rejects(storeLogin(host, login, found), refused, name);
      await assert.rejects(eraseLogin(host, found), refused, name);
      assert.deepEqual([lstatSync(found).ino, readdirSync(root)], [before.ino, ["config.json"]]);
      rmSync(found, { recursive: true });
    }
  },
);

for (const none of ["", null]) {
  test(`empty-helper: ${JSON.stringify(none)} is no helper, and auths is read`, async () => {
    const config = {
      auths: { "a.io": auth("u", "p") },
      credHelpers: { "A.io:443": none },
      credsStore: "blobber-absent",
    };
    assert.equal(await userFor("a.io/x", config), "u");
    await assert.rejects(userFor("b.io/x", config), { code: "unauthorized" });
  });
}

test("identity tokens and registry tokens are read", async () => {
  const config = file({
    auths: { "a.io": { auth: "", identitytoken: "i" }, "b.io": { registrytoken: "r" } },
  });
  assert.deepEqual(await lookUp("a.io", "x", [config]), { identityToken: "i" });
  assert.deepEqual(await lookUp("b.io", "x", [config]), { registryToken: "r" });
  assert.equal(await lookUp("c.io", "x", [config]), undefined);
});

test("the files in their order, and the first one with an entry counts", async () => {
  const variables = {
    REGISTRY_AUTH_FILE: "/r/auth.json",
    DOCKER_CONFIG: "/d",
    XDG_RUNTIME_DIR: "/run/u",
    XDG_CONFIG_HOME: "/c",
  };
  const paths = (all: string[]) => all.map((one) => one.replaceAll("\\", "/"));
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
    join(directory(), "absent", "config.json"),
    file({ auths: { "other.io": auth("no", "no"), "a.io": {} } }),
    file({ auths: { "a.io": auth("yes", "p") } }),
    file({ auths: { "a.io": auth("late", "p") } }),
  ];
  assert.deepEqual(await lookUp("a.io", "x", files), { username: "yes", password: "p" });
});

posix("a configuration that is a link is followed", async () => {
  const target = file({ auths: { "a.io": auth("u", "p") } });
  const link = join(directory(), "config.json");
  symlinkSync(target, link);
  assert.ok(await lookUp("a.io", "x", [link]));
});

for (
  const [name, content] of [
    ["no JSON", '{"auths":{"a.io":{"auth":"c2VjcmV0OnNlY3JldA=="'],
    ["auths that is a list", { auths: [] }],
    ["auth that is no base64", { auths: { "a.io": { auth: "!!secret!!" } } }],
    ["auth without a colon", { auths: { "a.io": { auth: btoa("secret") } } }],
    ["a helper that is not a string", { credHelpers: { "a.io": { x: 1 } } }],
  ] as const
) {
  test(`a credentials file with ${name} is named, and nothing of it is shown`, async () => {
    const config = file(content);
    await assert.rejects(
      lookUp("a.io", "x", [config]),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid-config");
        assert.ok(error.message.includes(config));
        assert.doesNotMatch(error.message + error.stack, /secret|c2Vj/);
        return true;
      },
    );
  });
}

posix("a helper is asked by its standard input and comes before auths", async () => {
  helper(
    'read server; [ "$1" = get ] && echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"',
  );
  const config = file({
    auths: { "a.io": auth("no", "no") },
    credHelpers: { "https://a.io": "fake" },
    credsStore: "absent",
  });
  assert.deepEqual(await lookUp("a.io", "x", [config]), {
    username: "https://a.io",
    password: "s",
  });
  const hub = file({ credsStore: "fake" });
  assert.deepEqual(await lookUp("docker.io", "x", [hub]), {
    username: "https://index.docker.io/v1/",
    password: "s",
  });
});

posix("a helper's identity token, and a helper that has nothing", async () => {
  helper('echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"s\\"}"');
  assert.deepEqual(await askHelper("fake", "a.io"), { identityToken: "s" });
  helper("echo 'credentials not found in native keychain'; exit 1");
  assert.equal(await askHelper("fake", "a.io"), undefined);
  const config = file({ credsStore: "fake", auths: { "a.io": auth("u", "p") } });
  assert.deepEqual(await lookUp("a.io", "x", [config]), { username: "u", password: "p" });
});

for (
  const [name, script, pattern] of [
    ["exits 1", "echo secretsecret; echo secretsecret >&2; exit 1", /failed with exit status 1$/],
    ["prints garbage", "echo secretsecret", /not JSON$/],
    [
      "prints JSON of another kind",
      'echo "[\\"secretsecret\\"]"',
      /without a user name and a secret$/,
    ],
    ["never ends", "sleep 100 & wait", /did not answer within 0\.3 seconds$/],
    ["prints without end", "while :; do echo secretsecretsecretsecretsecretsecret; done", /./],
  ] as const
) {
  posix(`a helper that ${name} is an error, and what it said is not shown`, async () => {
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

test("a helper that is missing is named", async () => {
  await assert.rejects(askHelper("blobber-absent", "a.io"), {
    code: "unauthorized",
    message: /"blobber-absent" is not installed$/,
  });
});

for (const name of ["../x", "a/b", "/bin/sh", "a b", "a;b", "$(x)", "", ".x", "-x", "a\0b"]) {
  test(`${JSON.stringify(name)} is no name of a helper`, async () => {
    await assert.rejects(askHelper(name, "a.io"), {
      code: "unauthorized",
      message: /an invalid name/,
    });
  });
}

test("key-device: a credentials file is a regular file of a bounded size", async () => {
  for (const path of ["/dev/zero", tmpdir()]) {
    await assert.rejects(credentialsFor("reg.example" as never, "" as never, [path]), {
      code: "invalid-config",
      message: /expected a regular file/,
    });
  }
});
