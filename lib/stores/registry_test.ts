import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { Client } from "../client.ts";
import type { RegistryStoreOptions } from "../options.ts";
import type { Signable } from "../signing.ts";
import {
  checkLogin,
  credentialsFor,
  eraseLogin,
  openRegistry,
  parseRegistry,
  storeLogin,
} from "./registry.ts";

test("a store that was opened takes a push, and its artifacts have the repository's name", async () => {
  const registry = await startRegistry();
  try {
    const store = openRegistry(`${registry.host}/acme/app:ignored`);
    const client = new Client();
    const content = new TextEncoder().encode("hello\n");
    const { digest } = await client.push(
      { entries: [{ type: "file", path: "a", content }] },
      { store, reference: "v1" },
    );
    assert.equal((await store.resolve("v1")).digest, digest);
    assert.deepEqual(await Array.fromAsync(store.tags()), ["v1"]);
    let signed: Signable | undefined;
    const signer = {
      sign: (what: Signable) => {
        signed = what;
        return Promise.reject(new Error("enough"));
      },
    };
    await assert.rejects(client.sign({ store, reference: "v1" }, { signer }), /enough/);
    assert.equal(signed?.name?.repository, `${registry.host}/acme/app`);
    await client.close();
    assert.equal((await store.resolve("v1")).digest, digest, "it stays its owner's");
    await store.close?.();
    await assert.rejects(store.resolve("v1"), { code: "closed" });
  } finally {
    await registry.close();
  }
});

test("what is no repository of a registry is refused, and so is what a store alone cannot keep", () => {
  for (const reference of ["oci:./layout", "not a reference", "", 5 as unknown as string]) {
    assert.throws(() => openRegistry(reference), { code: "invalid-reference" });
  }
  for (const options of [{ verifier: {} }, { cacheDir: "/tmp" }, { insecure: "no" }, null]) {
    assert.throws(
      () => openRegistry("registry.example/a", options as unknown as RegistryStoreOptions),
      { code: "invalid-option" },
    );
  }
});

test("credentials are tried, stored, found for the store's requests, and erased", async () => {
  const registry = await startRegistry({
    authorize: ({ headers }) =>
      headers["authorization"] === `Basic ${btoa("me:secret")}`
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="test"' } },
  });
  const dir = mkdtempSync(join(tmpdir(), "blobber-registry-"));
  try {
    const file = join(dir, "config.json");
    const where = parseRegistry(registry.host);
    const login = { username: "me", password: "secret" };
    assert.equal(await checkLogin(where, login), true);
    await assert.rejects(checkLogin(where, { ...login, password: "no" }), { code: "unauthorized" });
    assert.equal(await storeLogin(where.host, login, file), file);
    assert.match(readFileSync(file, "utf8"), /"auths"/);
    const store = openRegistry(`${registry.host}/acme/app`, {
      credentials: (host, repository) => credentialsFor(host, repository, [file]),
    });
    await assert.rejects(store.resolve("v1"), { code: "not-found" });
    await store.close?.();
    assert.equal(await eraseLogin(where.host, file), true);
    assert.equal(await eraseLogin(where.host, file), false);
  } finally {
    rmSync(dir, { recursive: true });
    await registry.close();
  }
});
