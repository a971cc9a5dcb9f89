import assert from "node:assert/strict";
import { test } from "node:test";
import { blobOf, documentOf, sample } from "../../tests/fakes/store_suite.ts";
import { resolveArtifact } from "../verbs/resolve.ts";
import { putBlob } from "./small_blob.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { MEDIA_TYPE } from "../types.ts";

for (
  const [config, asked, fits] of [
    [{ os: "linux", architecture: "arm64" }, "linux/arm64", true],
    [{ os: "linux", architecture: "arm64" }, "linux/arm64/v8", true],
    [{ os: "linux", architecture: "arm64" }, "linux/amd64", false],
    [{ os: "windows", architecture: "amd64" }, "linux/amd64", false],
    [{ os: "linux", architecture: "arm", variant: "v6" }, "linux/arm/v7", false],
    [{ os: "linux", architecture: "arm", variant: "v6" }, "linux/arm", true],
    [{ os: "linux", architecture: "arm" }, "linux/arm/v7", true],
    [{ architecture: "arm64" }, "linux/amd64", false],
    [{ architecture: "", os: null }, "linux/amd64", true],
    [{}, "linux/amd64", true],
    [null, "linux/amd64", true],
  ] as const
) {
  test(`plain-manifest-platform: ${JSON.stringify(config)} for ${asked} is ${fits ? "used" : "refused"}`, async () => {
    const [os, architecture, variant] = asked.split("/") as [string, string, string?];
    const platform = { os, architecture, ...(variant !== undefined && { variant }) };
    for (const type of [MEDIA_TYPE.config, MEDIA_TYPE.dockerConfig]) {
      const store = new MemoryStore();
      const text = JSON.stringify(config);
      await putBlob(store, type, new TextEncoder().encode(text));
      const layers = [
        await putBlob(store, MEDIA_TYPE.layerGzip, new TextEncoder().encode("layer")),
      ];
      const [descriptor, bytes] = documentOf(MEDIA_TYPE.manifest, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.manifest,
        config: blobOf(text, type),
        layers,
      });
      await store.put(descriptor, bytes);
      await store.tag("v1", descriptor);
      const { digest } = descriptor;
      const found = resolveArtifact(store, "v1", { platform });
      if (fits) assert.equal((await found).manifest.descriptor.digest, digest);
      else await assert.rejects(found, { code: "not-found", message: /is for / });
      assert.equal((await resolveArtifact(store, "v1")).manifest.descriptor.digest, digest);
    }
  });
}

test("plain-manifest-platform: what has no image config says nothing", async () => {
  const store = new MemoryStore();
  const manifest = await sample(store, "content", { tag: "v1" });
  const { manifest: found } = await resolveArtifact(store, "v1", {
    platform: { os: "plan9", architecture: "mips" },
  });
  assert.equal(found.descriptor.digest, manifest.digest);
});
