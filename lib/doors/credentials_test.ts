import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { Client } from "../client.ts";
import type { BlobberError } from "../errors.ts";
import type { Credentials } from "../options.ts";
import { parseRegistry } from "../reference.ts";
import { checkLogin, type Login, storeLogin } from "../registry/login.ts";
import { checkedCredentials } from "./credentials.ts";

const SECRET = "hunter2-c2VjcmV0";

test("takes one of the three kinds, or nothing", () => {
  for (
    const good of [
      undefined,
      { username: "me", password: SECRET },
      { username: "me@example.org", password: "a b:c é" },
      { identityToken: SECRET },
      { registryToken: SECRET },
    ]
  ) {
    assert.deepEqual(checkedCredentials(good, "ghcr.io"), good);
  }
  const more = { username: "me", password: SECRET, identityToken: undefined, email: "me@x" };
  assert.deepEqual(checkedCredentials(more, "ghcr.io"), { username: "me", password: SECRET });
});

/** What functions return, and what is said of it. */
const WRONG: [unknown, RegExp][] = [
  [null, /the function returned null, expected \{ username, password \}/],
  [false, /the function returned a boolean, /],
  [12345678, /the function returned a number, /],
  [SECRET, /the function returned a string, /],
  [`me:${SECRET}`, /the function returned a string, /],
  [[SECRET], /the function returned a list, /],
  [() => SECRET, /the function returned a function, /],
  [{}, /the function returned none of the three kinds, /],
  [{ token: SECRET }, /the function returned none of the three kinds, /],
  [{ user: "me", password: SECRET }, /the username is undefined, expected a string/],
  [{ username: "me" }, /the password is undefined, expected a string/],
  [{ username: "me", password: "" }, /the password is an empty string, expected a string/],
  [{ username: "", password: SECRET }, /the username is an empty string, expected a string/],
  [{ username: "me", password: null }, /the password is null, expected a string/],
  [{ username: "me", password: 12345678 }, /the password is a number, /],
  [{ username: "me", password: `${SECRET}\n` }, /the password is a string with a line break, /],
  [{ username: "me\r\n", password: SECRET }, /the username is a string with a line break, /],
  [{ username: "me", password: `${SECRET}\0` }, /the password is a string with a control char/],
  [{ username: "me:you", password: SECRET }, /the username is a string with a colon, /],
  [{ identityToken: "" }, /the identityToken is an empty string, /],
  [{ identityToken: `${SECRET}\r` }, /the identityToken is a string with a line break, /],
  [{ registryToken: Promise.resolve(SECRET) }, /the registryToken is a Promise, /],
  [{ registryToken: new TextEncoder().encode(SECRET) }, /the registryToken is a Uint8Array, /],
  [
    { username: "me", password: SECRET, registryToken: SECRET },
    /the function returned several of the three kinds, /,
  ],
];

for (const [returned, message] of WRONG) {
  test(`refuses what reads as ${message.source}, and shows no secret`, async () => {
    const registry = await startRegistry({
      authorize: () => ({
        status: 401,
        headers: { "www-authenticate": 'Basic realm="test"' },
        body: "",
      }),
    });
    try {
      const credentials = () => Promise.resolve(returned as Credentials);
      const client = new Client({ credentials });
      const ref = `${registry.host}/a/b:v1`;
      await assert.rejects(client.resolve(ref), (error: BlobberError) => {
        assert.equal(error.code, "invalid-option", String(error));
        assert.match(error.message, /^invalid credentials for 127\.0\.0\.1:\d+: /);
        assert.match(error.message, message);
        for (const secret of [SECRET, "12345678"]) {
          assert.ok(!error.message.includes(secret), error.message);
        }
        return true;
      });
      assert.ok(registry.requests.length > 0);
      for (const { headers } of registry.requests) {
        assert.equal(headers["authorization"], undefined);
      }
    } finally {
      await registry.close();
    }
  });
}

test("half a login is neither tried nor stored", async () => {
  const registry = await startRegistry();
  const root = mkdtempSync(join(tmpdir(), "blobber-login-"));
  try {
    for (const login of [{ username: "me" }, { password: SECRET }, SECRET, undefined]) {
      const half = login as Login;
      const error = { code: "invalid-option", message: /^invalid login: its \w+ is undefined, / };
      await assert.rejects(checkLogin(parseRegistry(registry.host), half), error);
      const { host } = parseRegistry(registry.host);
      await assert.rejects(storeLogin(host, half, join(root, "config.json")), error);
    }
    const login = { username: "me", password: SECRET };
    await assert.rejects(
      checkLogin(parseRegistry(registry.host), login, { insecure: "no" as unknown as boolean }),
      { code: "invalid-option" },
    );
    // What a login would pass over, such as a verifier, may be a demand.
    for (const name of ["verifier", "cacheDir", "tags", "signer"]) {
      const other = { [name]: name === "tags" ? ["v1"] : "x" };
      const error = { code: "invalid-option", message: /^unknown option "\w+" of checkLogin/ };
      await assert.rejects(checkLogin(parseRegistry(registry.host), login, other), error, name);
    }
    assert.deepEqual([registry.requests, readdirSync(root)], [[], []]);
  } finally {
    await registry.close();
    rmSync(root, { recursive: true });
  }
});
