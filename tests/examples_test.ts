import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { generateKeyPairSync } from "node:crypto";
import { Client } from "@blobber/core";
import { createVerifier } from "@blobber/sigstore/verify";
import { cleanUp } from "../examples/clean_up.ts";
import { readConfiguration } from "../examples/configuration.ts";
import { mirror } from "../examples/mirror.ts";
import { main as ownSigner } from "../examples/own_signer.ts";
import { release, signerFor } from "../examples/release.ts";
import { startRegistry } from "./fakes/registry/fake_registry.ts";

test("a signer and a verifier from outside the project work with the core", async () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-example-"));
  try {
    writeFileSync(join(root, "hello.txt"), "hello\n");
    const lines = await ownSigner(root, `${root}-layout`);
    assert.equal(lines.length, 3);
    assert.match(lines[0]!, /^signature: Ed25519 by key [0-9a-f]{16}$/);
    assert.match(lines[2]!, /^identity-mismatch: /);
  } finally {
    rmSync(root, { recursive: true });
    rmSync(`${root}-layout`, { recursive: true, force: true });
  }
});

/** A registry, a directory and a key. */
async function withKey(
  run: (at: { root: string; host: string; keyPath: string; publicKey: string }) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry();
  const root = mkdtempSync(join(tmpdir(), "blobber-example-"));
  try {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keyPath = `${root}/key.pem`;
    writeFileSync(keyPath, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    mkdirSync(join(root, "conf"));
    writeFileSync(join(root, "conf", "app.json"), '{"workers": 8}\n');
    const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
    await run({ root, host: registry.host, keyPath, publicKey: pem });
  } finally {
    rmSync(root, { recursive: true });
    await registry.close();
  }
}

test("a release is pushed signed, once, and read as configuration by who holds the public key", () =>
  withKey(async ({ root, host, keyPath, publicKey }) => {
    const reference = `${host}/acme/conf:v1`;
    const signer = await signerFor(keyPath);
    const { digest, signature } = await release(join(root, "conf"), reference, { signer });
    assert.match(signature!, /^sha256:/);
    const verifier = createVerifier({ signers: [{ key: publicKey }], nameBinding: "repository" });
    assert.deepEqual(
      await readConfiguration(reference, "app.json", { verifier }),
      { digest, value: { workers: 8 } },
    );
    writeFileSync(join(root, "conf", "app.json"), "{}\n");
    await assert.rejects(
      release(join(root, "conf"), reference, { signer }),
      { code: "conflict" },
    );
  }));

test("a mirror has what is signed, and leaves alone what is not", () =>
  withKey(async ({ root, host, keyPath, publicKey }) => {
    const [from, to] = [`${host}/acme/app`, `${host}/mirror/app`];
    const directory = join(root, "conf");
    await release(directory, `${from}:v1`, { signer: await signerFor(keyPath) });
    const client = new Client();
    writeFileSync(join(directory, "app.json"), "{}\n");
    await client.push({ directory }, `${from}:v2`);
    const verifier = createVerifier({ signers: [{ key: publicKey }] });
    assert.deepEqual(await mirror(from, to, { verifier }), {
      copied: ["v1"],
      refused: [{ tag: "v2", code: "no-signature" }],
    });
    await client.verify(`${to}:v1`, { verifier });
    await assert.rejects(client.resolve(`${to}:v2`), { code: "not-found" });
    await client.close();
  }));

test("cleaning up removes old versions and leaves newer ones and other tags", () =>
  withKey(async ({ root, host }) => {
    const repository = `${host}/acme/app`;
    const client = new Client();
    const push = async (content: string, tag: string) => {
      writeFileSync(join(root, "conf", "app.json"), content);
      await client.push({ directory: join(root, "conf") }, `${repository}:${tag}`);
    };
    for (const tag of ["v1.2", "v1.9", "v1.10", "v1.11"]) await push(tag, tag);
    await client.tag(`${repository}:v1.9`, ["stable"]);
    const planned = await cleanUp(repository, 2, { dryRun: true });
    assert.deepEqual(planned.goes.filter((name) => name.startsWith("v")).sort(), ["v1.2", "v1.9"]);
    assert.deepEqual(await client.tags(repository), ["stable", "v1.2", "v1.9", "v1.10", "v1.11"]);
    await cleanUp(repository, 2, { dryRun: false });
    assert.deepEqual(await client.tags(repository), ["stable", "v1.10", "v1.11"]);
    await client.resolve(`${repository}:stable`);
    await client.close();
  }));
