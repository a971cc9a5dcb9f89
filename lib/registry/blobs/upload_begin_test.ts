import { test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { isBlobberError } from "../../errors.ts";
import { openRegistry } from "../../stores/registry_store.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";

test("an upload that cannot begin says why with the first bytes, and not at its end", async () => {
  // A server that speaks no TLS: as with an untrusted certificate, no other try makes sense.
  const server = createServer((socket) => socket.on("error", () => {}).end("not TLS\n"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  try {
    const store = openRegistry(registryReference(`127.0.0.1:${port}`, "a/b"));
    const writer = await store.begin("application/octet-stream");
    const write = async () => {
      for (let i = 0; i < 4; i++) await writer.write(new Uint8Array(1 << 20));
    };
    await assert.rejects(write(), (error) => isBlobberError(error, "tls", "network"));
    await writer.abort();
  } finally {
    server.close();
  }
});
