import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type ClientOptions } from "../mod.ts";
import { hexOf } from "../lib/digest.ts";
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  startRegistry,
} from "./fakes/registry/fake_registry.ts";
import { all } from "./fakes/store_suite.ts";
import { toy, ToyVerifier } from "./fakes/toy_signatures.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

/** Bytes of the sample's large file: more than the end of a layer that is read for its table. */
const LARGE = 6_000_000;

interface Setting {
  root: string;
  registry: FakeRegistry;
  ref: string;
  client(options?: ClientOptions): Client;
}

function withRegistry(
  name: string,
  body: (setting: Setting) => Promise<void>,
  options: FakeRegistryOptions = {},
): void {
  test(name, async () => {
    const root = mkdtempSync(join(tmpdir(), "blobber-client-"));
    const registry = await startRegistry(options);
    const credentials = () => Promise.resolve(undefined);
    try {
      mkdirSync(join(root, "source/dir"), { recursive: true });
      writeFileSync(join(root, "source/dir/hello.txt"), "hello\n");
      writeFileSync(join(root, "source/large.bin"), randomBytes(LARGE));
      await body({
        root,
        registry,
        ref: `${registry.host}/acme/app:v1`,
        client: (more = {}) => new Client({ credentials, jobs: 0, ...more }),
      });
    } finally {
      await registry.close();
      rmSync(root, { recursive: true });
    }
  });
}

async function cat(client: Client, ref: string, path: string): Promise<string> {
  await using image = await client.openImage(ref);
  const parts: Uint8Array[] = [];
  for await (const part of await image.open(path)) parts.push(part);
  return new TextDecoder("latin1").decode(Uint8Array.from(parts.flatMap((part) => [...part])));
}

async function list(client: Client, ref: string): Promise<string[]> {
  await using image = await client.openImage(ref);
  return (await image.entries()).map((entry) => entry.path);
}

const asked = (registry: FakeRegistry) => {
  const found = registry.requests
    .filter((request) => request.url !== "/v2/")
    .map(({ method, url }) => `${method} ${url.replace("/v2/acme/app/", "").slice(0, 20)}`);
  registry.clear();
  return found;
};

withRegistry(
  "with a cache, a second listing asks for the tag alone and a second pull moves no blob",
  async ({ root, registry, ref, client }) => {
    const directory = join(root, "source");
    const { digest } = await client().push({ directory }, ref);
    const cacheDir = join(root, "cache");
    registry.clear();
    const paths = await list(client({ cacheDir }), ref);
    assert.deepEqual(paths, ["dir", "dir/hello.txt", "large.bin"]);
    assert.equal(asked(registry).length, 2);
    assert.deepEqual(await list(client({ cacheDir }), ref), paths);
    assert.deepEqual(asked(registry), ["GET manifests/v1"]);
    const byDigest = ref.replace(":v1", `@${digest}`);
    assert.deepEqual(await list(client({ cacheDir }), byDigest), paths);
    assert.deepEqual(asked(registry), []);
    assert.equal(await cat(client({ cacheDir }), ref, "dir/hello.txt"), "hello\n");
    assert.ok(asked(registry).length <= 2);
    assert.equal(await cat(client({ cacheDir }), ref, "dir/hello.txt"), "hello\n");
    assert.deepEqual(asked(registry), ["GET manifests/v1"]);

    await client({ cacheDir }).pull(ref, join(root, "one"));
    registry.clear();
    await client({ cacheDir }).pull(ref, join(root, "two"));
    assert.deepEqual(asked(registry), ["GET manifests/v1"]);
    const large = readFileSync(join(root, "source/large.bin"));
    assert.ok(large.equals(readFileSync(join(root, "two/large.bin"))));
    // What was pulled whole serves ranges too.
    assert.equal(await cat(client({ cacheDir }), byDigest, "dir/hello.txt"), "hello\n");
    assert.deepEqual(asked(registry), []);
  },
);

/** Flips the first byte, and one of a table that is at the end. */
function damaged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => i === 0 || i === bytes.length - 200 ? byte ^ 1 : byte);
}

withRegistry(
  "a wrong range that a registry sent once does not stay in the cache",
  async ({ root, registry, ref, client }) => {
    const { layer } = await client().push({ directory: join(root, "source") }, ref);
    const cacheDir = join(root, "cache");
    registry.onRequest = ({ path, headers }) =>
      path.includes("/blobs/") && headers.range
        ? {
          rewrite: (answer) => ({
            ...answer,
            body: damaged(answer.body as Uint8Array),
          }),
        }
        : undefined;
    await assert.rejects(cat(client({ cacheDir }), ref, "dir/hello.txt"));
    registry.onRequest = undefined;
    assert.equal(await cat(client({ cacheDir }), ref, "dir/hello.txt"), "hello\n");

    // The same by a part that is sound in itself: only the table tells that it is wrong.
    const parts = join(cacheDir, "parts/sha256", hexOf(layer.digest));
    const { createHash } = await import("node:crypto");
    for (const name of readdirSync(parts)) {
      const [start, end] = name.split("-");
      const bytes = damaged(readFileSync(join(parts, name)));
      rmSync(join(parts, name));
      const hex = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(parts, `${start}-${end}-${hex}`), bytes);
    }
    assert.equal(await cat(client({ cacheDir }), ref, "dir/hello.txt"), "hello\n");
    assert.equal(
      await cat(client({ cacheDir }), ref, "large.bin").then((text) => text.length),
      LARGE,
    );
  },
);

for (const referrers of [true, false]) {
  withRegistry(
    `signed, verified, copied and tagged, ${referrers ? "with" : "without"} the referrers API`,
    async ({ root, registry, ref, client }) => {
      const signer = {
        sign: (
          { digest, mediaType, size }: {
            digest: `sha256:${string}`;
            mediaType: string;
            size: number;
          },
        ) => Promise.resolve(toy({ digest, mediaType, size })),
      };
      const verifier = new ToyVerifier();
      const directory = join(root, "source");
      const pushed = await client().push({ directory }, ref, { tags: ["latest"] });
      await assert.rejects(client({ verifier }).verify(ref), { code: "no-signature" });
      await assert.rejects(client({ verifier }).pull(ref, join(root, "never")), {
        code: "no-signature",
      });
      const signed = await client({ signer }).sign(ref, { expect: pushed.digest });
      assert.deepEqual([signed.digest, signed.added], [pushed.digest, true]);
      assert.equal((await client({ signer }).sign(ref)).added, false);
      const verified = await client({ verifier }).verify(ref);
      assert.equal(verified.descriptor.digest, pushed.digest);
      assert.equal(verified.signature.digest, signed.signature);

      const layout = `oci:${join(root, "layout")}`;
      const copied = await client({ verifier }).copy(ref, layout);
      assert.deepEqual([copied.referrers, copied.tags], [1, ["v1"]]);
      await client({ verifier }).pull(`${layout}:v1`, join(root, "out"));
      const back = `${registry.host}/acme/copy:v2`;
      await client({ verifier }).copy(`${layout}:v1`, back);
      await client({ verifier }).verify(back);

      await client({ verifier }).tag(ref, ["v1.2", "stable"]);
      await assert.rejects(client().tag(`${ref}@${pushed.digest}`, ["bad tag"]), {
        code: "invalid-reference",
      });
      assert.deepEqual((await all(client().listTags(ref))).sort(), [
        "latest",
        "stable",
        "v1",
        "v1.2",
      ]);
      assert.equal((await client().resolve(ref)).digest, pushed.digest);
    },
    { referrers },
  );
}

withRegistry(
  "the name that is asked for reaches the verifier",
  async ({ root, registry, ref, client }) => {
    const { digest } = await client().push({ directory: join(root, "source") }, ref);
    const names: unknown[] = [];
    const signer = {
      sign: (manifest: Parameters<ToyVerifier["verify"]>[0]) => {
        names.push(manifest.name);
        return Promise.resolve(toy(manifest));
      },
    };
    await client({ signer }).sign(ref);
    const verifier = new ToyVerifier();
    const verify = verifier.verify.bind(verifier);
    verifier.verify = (manifest, signature) => {
      names.push(manifest.name);
      return verify(manifest, signature);
    };
    await client({ verifier }).verify(ref.replace(":v1", `@${digest}`));
    const repository = `${registry.host}/acme/app`;
    assert.deepEqual(names, [{ repository, tags: ["v1"] }, { repository, tags: [] }]);
  },
);

withRegistry(
  "what cannot be meant is refused before anything is asked",
  async ({ registry, ref, client }) => {
    const digest = `sha256:${"0".repeat(64)}`;
    await assert.rejects(client().push({ directory: "." }, `${ref}@${digest}`), {
      code: "invalid-reference",
    });
    await assert.rejects(client().push({ directory: "." }, ref, { tags: ["-x"] }), {
      code: "invalid-reference",
    });
    await assert.rejects(client().sign(ref), { code: "invalid-option" });
    await assert.rejects(client().verify(ref), { code: "invalid-option" });
    await assert.rejects(client().pull("nonsense", "."), { code: "invalid-reference" });
    assert.deepEqual(registry.requests, []);
  },
);
