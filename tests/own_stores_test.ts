import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  Client,
  type ClientOptions,
  type Descriptor,
  LayoutStore,
  MemoryStore,
  type Reference,
  type Signable,
  type SignedName,
  type Signer,
  type Source,
  type Store,
} from "../mod.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import { all, sample } from "./fakes/store_suite.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";
import { toy, ToyVerifier } from "./fakes/toy_signatures.ts";

useOwnTemporary();

interface Setting {
  root: string;
  registry: FakeRegistry;
  client(options?: ClientOptions): Client;
}

/** A directory with one file, and a registry. */
function withRegistry(name: string, body: (setting: Setting) => Promise<void>): void {
  test(name, async () => {
    const root = mkdtempSync(join(tmpdir(), "blobber-stores-"));
    const registry = await startRegistry();
    const credentials = () => Promise.resolve(undefined);
    try {
      mkdirSync(join(root, "source"));
      writeFileSync(join(root, "source/hello.txt"), "hello\n");
      await body({
        root,
        registry,
        client: (more = {}) => new Client({ credentials, jobs: 0, ...more }),
      });
    } finally {
      await registry.close();
      rmSync(root, { recursive: true });
    }
  });
}

/** Only what reading takes: nothing more can be called. */
function readOnly(store: Store): Source {
  return {
    name: store.name,
    resolve: (...args) => store.resolve(...args),
    fetch: (...args) => store.fetch(...args),
    tags: (...args) => store.tags(...args),
    referrers: (...args) => store.referrers(...args),
  };
}

/** Signs with a toy, and writes down the names. */
class NotingSigner implements Signer {
  readonly names: (SignedName | undefined)[] = [];
  sign(manifest: Signable) {
    this.names.push(manifest.name);
    return Promise.resolve(toy(manifest));
  }
}

withRegistry("every verb takes a store that is open", async ({ root, client }) => {
  const store = new MemoryStore();
  const [signer, verifier] = [new NotingSigner(), new ToyVerifier()];
  const blobber = client({ signer, verifier });
  const directory = join(root, "source");
  const pushed = await blobber.push({ directory }, { store, reference: "v1" });
  assert.deepEqual(pushed.tags, ["v1"]);
  const { digest } = pushed;

  // To read, no more is called than a source has.
  const source = { store: readOnly(store), reference: "v1" };
  await blobber.pull(source, join(root, "out"));
  assert.equal(readFileSync(join(root, "out/hello.txt"), "utf8"), "hello\n");
  assert.deepEqual((await blobber.list(source)).names, ["hello.txt"]);
  const image = await blobber.openImage({ ...source, reference: digest });
  assert.equal(await new Response(await image.open("hello.txt")).text(), "hello\n");
  await image.close();
  assert.equal((await blobber.resolve(source)).digest, digest);
  assert.equal((await blobber.verify(source)).descriptor.digest, digest);
  await blobber.tag({ store, reference: digest }, ["v2"]);
  assert.deepEqual(await all(blobber.listTags({ store: source.store })), ["v1", "v2"]);
  await blobber.sign({ store, reference: "v2" });
  assert.deepEqual(signer.names, [{ tags: ["v1"] }, { tags: ["v2"] }]);

  const other = new MemoryStore("other");
  const copied = await blobber.copy(source, { store: other });
  assert.deepEqual(copied.tags, ["v1"]);
  assert.equal(copied.referrers, 1);
  assert.equal((await other.resolve("v1")).digest, digest);
});

withRegistry("without a reference a store's tag is latest", async ({ root, client }) => {
  const store = new MemoryStore();
  const pushed = await client().push({ directory: join(root, "source") }, { store });
  assert.deepEqual(pushed.tags, ["latest"]);
  assert.equal((await client().resolve({ store })).digest, pushed.digest);
  const other = new MemoryStore();
  const { tags } = await client().copy({ store, reference: pushed.digest }, { store: other });
  assert.deepEqual(tags, ["latest"]);
});

withRegistry("a store's reference is a tag or a digest", async ({ root, client }) => {
  const store = new MemoryStore("mine");
  const directory = join(root, "source");
  for (const reference of ["", "-x", "v1@sha256:00", "sha256:00", "a/b"]) {
    await assert.rejects(client().resolve({ store, reference }), {
      code: "invalid-reference",
      message: /^invalid reference: ".*" in mine, expected a digest, or a tag of /,
    });
  }
  const reference = `sha256:${"0".repeat(64)}`;
  await assert.rejects(client().push({ directory }, { store, reference }), {
    code: "invalid-reference",
    message: /a push makes its digest/,
  });
  await assert.rejects(client().resolve(store as unknown as string), {
    code: "invalid-reference",
    message: /expected text, a parsed reference, or \{ store, reference \}/,
  });
});

withRegistry("copies go from any store to any other", async ({ root, registry, client }) => {
  const memory = new MemoryStore();
  const subject = await sample(memory, "content", { tag: "v1" });
  const note = await sample(memory, "note", { subject, artifactType: "application/note" });
  const places = [
    { store: memory, reference: "v1" },
    `${registry.host}/acme/one:v1`,
    `oci:${join(root, "layout")}:v1`,
    { store: new LayoutStore(join(root, "other")), reference: "v1" },
    { store: await client().store(`${registry.host}/acme/two`), reference: "v1" },
    { store: new MemoryStore(), reference: "v1" },
    `${registry.host}/acme/three:v1`,
    { store: new MemoryStore(), reference: "v1" },
  ];
  const digests = (found: Descriptor[]) => found.map((one) => one.digest);
  for (const [i, to] of places.entries()) {
    if (i === 0) continue;
    const { digest, referrers } = await client().copy(places[i - 1]!, to);
    assert.deepEqual([digest, referrers], [subject.digest, 1]);
    const store = await client().store(to);
    assert.deepEqual(digests(await all(store.referrers(subject))), [note.digest]);
  }
});

withRegistry("blobs are mounted between stores that are open", async ({ registry, client }) => {
  const blobber = client();
  const from = { store: await blobber.store(`${registry.host}/acme/from`), reference: "v1" };
  await sample(from.store, "content", { tag: "v1" });
  const to = { store: await blobber.store(`${registry.host}/acme/to`) };
  assert.equal((await blobber.copy(from, to)).blobs.mounted, 2);
  const [one, two] = [new MemoryStore(), new MemoryStore()];
  await blobber.copy(from, { store: one });
  assert.equal(
    (await blobber.copy({ store: one, reference: "v1" }, { store: two })).blobs.mounted,
    2,
  );
});

withRegistry("a client opens stores by a function", async ({ root, registry, client }) => {
  const store = new MemoryStore("mine");
  const asked: Reference[] = [];
  const signer = new NotingSigner();
  const blobber = client({
    signer,
    open: (reference) => {
      asked.push(reference);
      return reference.kind === "registry" && reference.host === "mine.example" ? store : undefined;
    },
  });
  const directory = join(root, "source");
  const { digest } = await blobber.push({ directory }, "mine.example/acme/app:v1");
  assert.equal((await store.resolve("v1")).digest, digest);
  await blobber.pull(`mine.example/acme/app@${digest}`, join(root, "out"));
  await blobber.copy("mine.example/acme/app:v1", `${registry.host}/acme/app:v2`);
  await blobber.copy(`${registry.host}/acme/app:v2`, `oci:${join(root, "layout")}:v3`);
  const layout = `oci:${join(root, "layout")}`;
  assert.deepEqual(await all(blobber.listTags(layout)), ["v3"]);
  // Each is asked for once, and without what is selected in it.
  assert.deepEqual(asked, [
    { kind: "registry", host: "mine.example", repository: "acme/app" },
    { kind: "registry", host: registry.host, repository: "acme/app" },
    { kind: "layout", path: join(root, "layout") },
  ]);
  // A signature names what the reference names, whatever the store is called.
  assert.deepEqual(signer.names, [{ repository: "mine.example/acme/app", tags: ["v1"] }]);
});

withRegistry("what open throws is thrown, and it is asked again", async ({ client }) => {
  const failure = new Error("not today");
  let failures = 1;
  const open = () => {
    if (failures-- > 0) throw failure;
    return Promise.resolve(new MemoryStore());
  };
  const blobber = client({ open });
  await assert.rejects(all(blobber.listTags("mine.example/a")), (error) => error === failure);
  assert.deepEqual(await all(blobber.listTags("mine.example/a")), []);
});

withRegistry(
  "a repository's store keeps its name, another store has none to sign",
  async ({ root, registry, client }) => {
    const signer = new NotingSigner();
    const blobber = client({ signer, open: ({ kind }) => kind === "layout" ? memory : undefined });
    const memory = new MemoryStore(`${registry.host}/acme/app`);
    const directory = join(root, "source");
    const store = await blobber.store(`${registry.host}/acme/app`);
    await blobber.push({ directory }, { store, reference: "v1" });
    await blobber.push({ directory }, { store: memory, reference: "v1" });
    await blobber.push({ directory }, { store: await blobber.store("oci:x"), reference: "v1" });
    assert.deepEqual(signer.names, [
      { repository: `${registry.host}/acme/app`, tags: ["v1"] },
      { tags: ["v1"] },
      { tags: ["v1"] },
    ]);
  },
);

withRegistry(
  "no store of a caller's own writes to the cache, whatever it is called",
  async ({ root, registry, client }) => {
    const ref = `${registry.host}/acme/app:v1`;
    const cacheDir = join(root, "cache");
    const settings = { cacheDir, cacheTtl: 60_000 };
    const real = await client().push({ directory: join(root, "source") }, ref);
    const memory = new MemoryStore(`${registry.host}/acme/app`);
    writeFileSync(join(root, "source/hello.txt"), "another\n");
    const other = await client().push({ directory: join(root, "source") }, {
      store: memory,
      reference: "v1",
    });
    const given = client({ ...settings, open: () => memory });
    for (const own of [ref, { store: memory, reference: "v1" }]) {
      const read = await given.list(own);
      assert.equal(read.digest, other.digest);
    }
    assert.equal(readdirSync(root).includes("cache"), false);

    // The registry's own is cached, also where it comes as a store.
    const blobber = client(settings);
    assert.equal((await blobber.list(ref)).digest, real.digest);
    registry.clear();
    const store = await blobber.store(ref);
    assert.equal((await blobber.list({ store, reference: "v1" })).digest, real.digest);
    assert.deepEqual(registry.requests, []);
    assert.equal((await given.list(ref)).digest, other.digest);
  },
);

/** Never called: what must not compile, does not. */
export async function wrongTypes(client: Client, source: Source): Promise<void> {
  const place = { store: source, reference: "v1" };
  // @ts-expect-error nothing can be written to a source
  await client.push({ directory: "." }, place);
  // @ts-expect-error nor this
  await client.copy(place, place);
  // @ts-expect-error nor this
  await client.sign(place);
  // @ts-expect-error nor this
  await client.tag(place, ["v2"]);
  // @ts-expect-error a store is not a reference
  await client.pull(source, "out");
  // @ts-expect-error a client writes to its stores too
  new Client({ open: () => source });
}
