// A program in JavaScript that imports every public door of the packages as they are installed.

import assert from "node:assert/strict";
import { Client, MemoryStore } from "@blobber/core";
import { isBlobberError } from "@blobber/core/errors";
import { openLayer, packLayer } from "@blobber/core/estargz";
import { MAX_PATH_BYTES } from "@blobber/core/limits";
import { openRegistry } from "@blobber/core/registry";
import { storeTests } from "@blobber/core/testing";
import { isThread } from "@blobber/core/thread";
import { createSigner } from "@blobber/sigstore";
import { createVerifier } from "@blobber/sigstore/verify";
import { generateKeyPairSync } from "node:crypto";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
const key = publicKey.export({ type: "spki", format: "pem" });
const signer = await createSigner({ key: { pem } });
const verifier = createVerifier({ signers: [{ key }] });

const client = new Client({ signer, verifier });
const at = { store: new MemoryStore(), reference: "v1" };
const content = new TextEncoder().encode("hello\n");
await client.push({ entries: [{ type: "file", path: "a.txt", content }] }, at);
const image = await client.openImage(at);
assert.equal(new TextDecoder().decode(await image.read("a.txt")), "hello\n");
await client.close();

const store = new MemoryStore();
const blob = await store.begin("application/vnd.oci.image.layer.v1.tar+gzip");
const entries = [{ type: "file", path: "a.txt", content }];
const { descriptor } = await packLayer({ entries }, (bytes) => blob.write(bytes));
await blob.commit(descriptor);
const layer = await openLayer(store, descriptor);
assert.equal(await new Response(await layer.open("a.txt")).text(), "hello\n");

assert.throws(() => openRegistry("oci:x"), (error) => isBlobberError(error, "invalid-reference"));
assert.ok(storeTests({ create: () => ({ store: new MemoryStore() }) }).length > 20);
assert.deepEqual([MAX_PATH_BYTES, isThread], [4096, false]);
