import { test } from "node:test";
import assert from "node:assert/strict";
import { looksSecret } from "./secrets.ts";

test("files that usually hold secrets are known by their names", () => {
  const secret = [
    ".env",
    "app/.env",
    ".env.production",
    ".git/config",
    "sub/.git/config",
    "id_ed25519",
    ".ssh/id_rsa",
    "tls/server.pem",
    "cosign.key",
    "a.p12",
    ".npmrc",
    ".netrc",
    "home/.docker/config.json",
  ];
  const open = [
    "env",
    ".env.example",
    ".envrc.md",
    "id_rsa.pub",
    "config",
    "git/config",
    "pem",
    "keys.txt",
    "monkey",
    ".github/config",
  ];
  assert.deepEqual(secret.filter((path) => !looksSecret(path)), []);
  assert.deepEqual(open.filter(looksSecret), []);
});
