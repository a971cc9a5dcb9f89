import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type ClientOptions, MemoryStore } from "../mod.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import type { Action, FakeRequest } from "./fakes/registry/registry_types.ts";
import { all, sample } from "./fakes/store_suite.ts";
import { gzipMember, imageOf, tarOf } from "./fakes/tar.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";
import { toy, ToyVerifier } from "./fakes/toy_signatures.ts";

const temporary = useOwnTemporary();
const CLOSED = { code: "closed", message: "the client is closed" };

interface Setting {
  root: string;
  registry: FakeRegistry;
  ref: string;
  client(options?: ClientOptions): Client;
}

/** A directory with a large file, a registry, and a check that nothing stays behind. */
function withRegistry(name: string, body: (setting: Setting) => Promise<void>): void {
  test(name, async () => {
    const root = mkdtempSync(join(tmpdir(), "blobber-close-"));
    const registry = await startRegistry();
    const credentials = () => Promise.resolve(undefined);
    try {
      mkdirSync(join(root, "source"));
      writeFileSync(join(root, "source/large.bin"), crypto.getRandomValues(new Uint8Array(60_000)));
      for (let i = 0; i < 50; i++) {
        writeFileSync(
          join(root, `source/${i}.bin`),
          crypto.getRandomValues(new Uint8Array(60_000)),
        );
      }
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
    assert.deepEqual(readdirSync(temporary), []);
  });
}

/** A request that is never answered, and when it has come. */
function hangAt(
  registry: FakeRegistry,
  wanted: (request: FakeRequest) => boolean,
  action: Action = { hang: true },
): Promise<void> {
  return new Promise((seen) => {
    registry.onRequest = (request) => {
      if (!wanted(request)) return;
      seen();
      return action;
    };
  });
}

withRegistry("a closed client does nothing more", async ({ root, registry, ref, client }) => {
  const blobber = client({ signer: { sign: (it) => Promise.resolve(toy(it)) } });
  await blobber.close();
  await blobber.close();
  const verifier = new ToyVerifier();
  const directory = join(root, "source");
  for (
    const call of [
      () => blobber.push({ directory }, ref),
      () => blobber.digest({ directory }),
      () => blobber.pull(ref, join(root, "out")),
      () => blobber.openImage(ref),
      () => blobber.list(ref),
      () => blobber.copy(ref, `oci:${join(root, "layout")}`),
      () => blobber.sign(ref),
      () => blobber.verify(ref, { verifier }),
      () => blobber.tag(ref, ["v2"]),
      () => all(blobber.listTags(ref)),
      () => blobber.resolve(ref),
      () => blobber.store(ref),
    ]
  ) await assert.rejects(call, CLOSED, call.toString());
  assert.deepEqual(registry.requests, []);
  assert.deepEqual(readdirSync(root).sort(), ["source"]);
});

withRegistry("a push that is running stops", async ({ root, registry, ref, client }) => {
  const blobber = client();
  const inBlob = hangAt(registry, ({ method }) => method === "PATCH");
  const pushing = blobber.push({ directory: join(root, "source") }, ref);
  await inBlob;
  const closing = blobber.close();
  await assert.rejects(pushing, CLOSED);
  await closing;
  assert.deepEqual(registry.repository("acme/app").tags, new Map());
  // Its session is given up, which is part of what closing waits for.
  assert.equal(registry.requests.at(-1)!.method, "DELETE");
});

withRegistry("a pull that is running stops", async ({ root, registry, ref, client }) => {
  await client().push({ directory: join(root, "source") }, ref);
  const blobber = client();
  const inBlob = hangAt(registry, ({ path }) => path.includes("/blobs/"), {
    stallAfter: 1_000_000,
  });
  const pulling = blobber.pull(ref, join(root, "out/tree"));
  await inBlob;
  const closing = blobber.close();
  await assert.rejects(pulling, CLOSED);
  await closing;
  assert.equal(existsSync(join(root, "out/tree")), false);
  assert.deepEqual(existsSync(join(root, "out")) ? readdirSync(join(root, "out")) : [], []);
});

withRegistry("closing waits until what is running has ended", async (setting) => {
  const { root, registry, ref, client } = setting;
  const blobber = client();
  const [inBlob, inCleanup, go] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  registry.onRequest = ({ method }) => {
    if (method === "PATCH") inBlob!.resolve();
    if (method === "DELETE") inCleanup!.resolve();
    return method === "PATCH"
      ? { hang: true }
      : method === "DELETE"
      ? { after: go!.promise }
      : undefined;
  };
  const pushing = blobber.push({ directory: join(root, "source") }, ref);
  await inBlob!.promise;
  let isClosed = false;
  const closing = blobber.close().then(() => isClosed = true);
  await inCleanup!.promise;
  assert.equal(isClosed, false);
  go!.resolve();
  await assert.rejects(pushing, CLOSED);
  await closing;
  assert.equal(registry.requests.at(-1)!.status, 204);
});

withRegistry("images and their streams end", async ({ root, ref, client }) => {
  await client().push({ directory: join(root, "source") }, ref);
  const blobber = client();
  const image = await blobber.openImage(ref);
  const reader = (await image.open("large.bin")).getReader();
  await reader.read();
  await blobber.close();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  }, { code: "closed" });
  await assert.rejects(image.open("large.bin"), { code: "closed" });
  await assert.rejects(image.entries(), { code: "closed" });
  await image.close();
});

withRegistry("a list that is running ends", async ({ registry, client }) => {
  const repository = registry.repository("acme/app");
  for (let i = 0; i < 30; i++) repository.tags.set(`v${i}`, `sha256:${"0".repeat(64)}`);
  const blobber = client();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const tag of blobber.listTags(`${registry.host}/acme/app`)) {
      seen.push(tag);
      await blobber.close();
    }
  }, CLOSED);
  assert.equal(seen.length, 1);
});

withRegistry("what was opened is closed, and what is the caller's is not", async (setting) => {
  const { root, registry, client } = setting;
  let closed = 0;
  class Counting extends MemoryStore {
    override close(): Promise<void> {
      closed++;
      return Promise.resolve();
    }
  }
  const [given, opened] = [new Counting(), new Counting()];
  const blobber = client({
    open: (ref) => ref.kind === "registry" && ref.host === "mine.example" ? opened : undefined,
  });
  await sample(given, "content", { tag: "v1" });
  await blobber.copy({ store: given, reference: "v1" }, "mine.example/a:v1");
  for (const to of [`${registry.host}/acme/app:v1`, `oci:${join(root, "layout")}:v1`]) {
    await blobber.copy("mine.example/a:v1", to);
    const store = await blobber.store(to);
    const writer = await store.begin("application/x");
    await writer.write(new Uint8Array(2_000_000));
    await blobber.resolve(to);
  }
  const layout = await blobber.store(`oci:${join(root, "layout")}`);
  const repository = await blobber.store(`${registry.host}/acme/app`);
  assert.deepEqual(readdirSync(join(root, "layout/ingest")).length, 1);
  await blobber.close();
  for (const store of [layout, repository]) {
    await assert.rejects(store.resolve("v1"), { code: "closed" });
    await assert.rejects(store.begin("application/x"), { code: "closed" });
  }
  assert.equal(existsSync(join(root, "layout/ingest")), false);
  assert.equal(closed, 0);
  assert.ok(await given.resolve("v1"));
});

withRegistry("a client ends where its block does", async ({ ref, client }) => {
  let kept: Client;
  {
    await using blobber = client();
    kept = blobber;
  }
  await assert.rejects(kept.resolve(ref), CLOSED);
});

/** Files that this process has open; only Linux tells. */
function openFiles(): number | undefined {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : undefined;
}

/** An artifact whose layer has no table: an image of it holds a temporary file. */
async function withoutTable(): Promise<{ store: MemoryStore; reference: string }> {
  const store = new MemoryStore();
  const { manifest, blobs } = imageOf(gzipMember(tarOf({ name: "a", data: "hello\n" })));
  for (const descriptor of [manifest.value.config, ...manifest.value.layers]) {
    const writer = await store.begin(descriptor.mediaType);
    await writer.write(blobs.get(descriptor.digest)!);
    await writer.commit(descriptor);
  }
  await store.put(manifest.descriptor, manifest.bytes);
  return { store, reference: manifest.descriptor.digest };
}

test("a client that is closed lets go of the files of its images", async () => {
  const at = await withoutTable();
  const client = new Client();
  const image = await client.openImage(at);
  const held = openFiles();
  assert.equal(new TextDecoder().decode(await image.read("a")), "hello\n");
  await client.close();
  if (held !== undefined) assert.ok(openFiles()! < held, `${openFiles()} of ${held} are open`);
});

test("an image that was opened for a call that fails lets go of its files", async () => {
  const at = await withoutTable();
  await using client = new Client();
  const thrown = new Error("theirs");
  const before = openFiles();
  const onProgress = (() => Promise.reject(thrown)) as () => void;
  const opening = client.openImage(at, { onProgress });
  assert.equal(await opening.catch((error) => error), thrown);
  assert.equal(openFiles(), before);
});
