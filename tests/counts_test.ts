/**
 * A guard against growing slower: what a verb asks of the file system, of memory and of the network is
 * counted. Counts do not depend on the machine.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Client } from "@blobber/core";
import { counted, type Counts, growth } from "./counts/counts.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import { imageOf, stargz } from "./fakes/tar.ts";

const FILE = 1000;

/** A directory with some trees: `many` and `twice` as many small files, a `large` file and one of `double` size. */
function fixture(): Disposable & { path: string } {
  const path = Deno.makeTempDirSync({ prefix: "blobber-counts-" });
  for (const [name, count] of [["many", 100], ["twice", 200]] as const) {
    Deno.mkdirSync(`${path}/${name}`);
    for (let i = 0; i < count; i++) {
      Deno.writeTextFileSync(`${path}/${name}/${i}.txt`, `${i}\n`.padEnd(FILE, "."));
    }
  }
  for (const [name, megabytes] of [["large", 40], ["double", 80]] as const) {
    Deno.mkdirSync(`${path}/${name}`);
    using file = Deno.openSync(`${path}/${name}/file`, { write: true, create: true });
    file.truncateSync(megabytes << 20);
  }
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** What one file more costs. */
function perFile(few: Counts, many: Counts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(growth(few, many)).map(([name, count]) => [name, count / 100]),
  );
}

Deno.test("push makes five file system calls for a file, and memory does not grow", async () => {
  using trees = fixture();
  const { path } = trees;
  const push = (tree: string) =>
    counted(path, "push", `oci:${path}/oci-${tree}:v1`, `${path}/${tree}`);
  const [many, twice] = [await push("many"), await push("twice")];
  assert.deepEqual(perFile(many, twice), {
    lstatSync: 2,
    openSync: 1,
    readSync: 1,
    closeSync: 1,
  });
  assert.deepEqual(twice.large, many.large);
  const [large, double] = [await push("large"), await push("double")];
  assert.deepEqual(double.large, large.large);
  assert.ok(large.large.bytes < 16 << 20, `${large.large.bytes} bytes in large buffers`);
});

Deno.test("push of an unchanged directory looks at each file once and reads none", async () => {
  using trees = fixture();
  const { path } = trees;
  const again = (tree: string) =>
    counted(path, "again", `oci:${path}/oci-${tree}:v1`, `${path}/${tree}`);
  const [many, twice] = [await again("many"), await again("twice")];
  assert.deepEqual(perFile(many, twice), { lstatSync: 1 });
});

Deno.test("pull makes three file system calls for a file, and memory grows with the table only", async () => {
  using trees = fixture();
  const { path } = trees;
  const pull = async (tree: string) => {
    const reference = `oci:${path}/oci-${tree}:v1`;
    await new Client().push({ directory: `${path}/${tree}` }, reference);
    return await counted(path, "pull", reference, `${path}/out-${tree}`);
  };
  const [many, twice] = [await pull("many"), await pull("twice")];
  assert.deepEqual(perFile(many, twice), { openSync: 1, writeSync: 1, closeSync: 1 });
  assert.ok(twice.large.bytes - many.large.bytes < 512 << 10);
  const [large, double] = [await pull("large"), await pull("double")];
  assert.ok(double.large.bytes - large.large.bytes < 512 << 10);
  assert.ok(large.large.bytes < 16 << 20, `${large.large.bytes} bytes in large buffers`);
});

Deno.test("an update makes four file system calls for a file that is right, and one where times are trusted", async () => {
  using trees = fixture();
  const { path } = trees;
  const update = async (tree: string, verb: "update" | "trusting") => {
    const reference = `oci:${path}/oci-${tree}:v1`;
    const client = new Client();
    await client.push({ directory: `${path}/${tree}` }, reference);
    await client.pull(reference, `${path}/out-${tree}`, { overwrite: true });
    return await counted(path, verb, reference, `${path}/out-${tree}`);
  };
  const [many, twice] = [await update("many", "update"), await update("twice", "update")];
  const read = { lstatSync: 1, openSync: 1, readSync: 1, closeSync: 1 };
  assert.deepEqual(perFile(many, twice), read);
  const [few, more] = [await update("many", "trusting"), await update("twice", "trusting")];
  assert.deepEqual(perFile(few, more), { lstatSync: 1 });
  const [large, double] = [await update("large", "update"), await update("double", "update")];
  assert.ok(double.large.bytes - large.large.bytes < 512 << 10);
});

Deno.test("an update of an unchanged directory asks for the table alone, and one of a changed file for its bytes", async () => {
  using trees = fixture();
  const { path } = trees;
  const registry = await startRegistry();
  try {
    const reference = `${registry.host}/acme/tree:v1`;
    const files = `${path}/tree`;
    Deno.mkdirSync(files);
    for (let i = 0; i < 40; i++) {
      Deno.writeFileSync(`${files}/${i}`, crypto.getRandomValues(new Uint8Array(60_000)));
    }
    const client = new Client();
    await client.push({ directory: files }, reference);
    await client.pull(reference, `${path}/out`);
    let table = 0;
    for (const changed of [false, true]) {
      if (changed) Deno.writeTextFileSync(`${path}/out/0`, "changed");
      registry.clear();
      const { changes } = await client.pull(reference, `${path}/out`, { overwrite: true });
      assert.equal(changes!.changed, changed ? 1 : 0);
      // The config and the table, and the members of one file.
      const blobs = wire(registry).requests.filter((line) => line.startsWith("GET blobs/"));
      assert.equal(blobs.length, changed ? 3 : 2, blobs.join());
      const { sent } = wire(registry);
      assert.ok(changed ? sent < table + 130_000 : sent < 1_100_000, `${sent} bytes`);
      table = sent;
    }
    await client.close();
  } finally {
    await registry.close();
  }
});

Deno.test("chunk-swarm: cat holds only what it reads, whatever else its member has", async () => {
  using place = fixture();
  const { path } = place;
  const small = { name: "small", data: "x".repeat(300) };
  const read = async (megabytes: number) => {
    const items = [{ name: "large", data: new Uint8Array(megabytes << 20) }, small];
    const made = imageOf(stargz(items, { members: [items] }));
    const layout = `${path}/oci-${megabytes}`;
    Deno.mkdirSync(`${layout}/blobs/sha256`, { recursive: true });
    for (const [digest, bytes] of made.blobs) {
      Deno.writeFileSync(`${layout}/blobs/sha256/${digest.slice(7)}`, bytes);
    }
    const { descriptor } = made.manifest;
    const annotations = { "org.opencontainers.image.ref.name": "v1" };
    const index = { schemaVersion: 2, manifests: [{ ...descriptor, annotations }] };
    Deno.writeTextFileSync(`${layout}/index.json`, JSON.stringify(index));
    Deno.writeTextFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    return await counted(path, "cat", `oci:${layout}:v1`, "small");
  };
  const [large, double] = [await read(20), await read(40)];
  assert.ok(large.large.bytes < 2 << 20, `${large.large.bytes} bytes in large buffers`);
  assert.ok(double.large.bytes - large.large.bytes < 512 << 10);
});

/** Requests as they came, without what is new in every run, and what was sent and received. */
function wire(registry: FakeRegistry): { requests: string[]; received: number; sent: number } {
  const sum = (key: "received" | "sent") =>
    registry.requests.reduce((all, record) => all + record[key], 0);
  const requests = registry.requests.map(({ method, url, status }) => {
    const path = url.replace(/^\/v2\/[^/]+\/[^/]+\//, "").replace(/\?.*/, "")
      .replace(/uploads\/.+/, "uploads/ID").replace(/sha256:[0-9a-f]{64}/, "DIGEST");
    return `${method} ${path} ${status}`;
  });
  return { requests, received: sum("received"), sent: sum("sent") };
}

Deno.test("push makes no unnecessary request and sends no byte twice", async () => {
  using trees = fixture();
  const registry = await startRegistry();
  try {
    const reference = `${registry.host}/counts/tree:v1`;
    const client = new Client({ cacheDir: `${trees.path}/cache` });
    const pushed = await client.push({ directory: `${trees.path}/twice` }, reference);
    const upload = ["POST blobs/uploads/ 202", "PUT blobs/uploads/ID 201"];
    const put = "PUT manifests/DIGEST 201";
    const first = wire(registry);
    assert.deepEqual(
      first.requests.filter((line) => !line.startsWith("HEAD ")),
      [...upload, ...upload, put, "PUT manifests/v1 201"],
    );
    assert.ok(first.requests.length <= 8, first.requests.join("\n"));
    const config = 300;
    assert.ok(first.received <= pushed.layer.size + 2 * pushed.size + config);

    registry.clear();
    await client.push({ directory: `${trees.path}/twice` }, reference);
    assert.deepEqual(wire(registry).requests, [
      ...["HEAD blobs/DIGEST 200", "HEAD blobs/DIGEST 200"],
      ...[put, "PUT manifests/v1 201"],
    ]);
    assert.equal(wire(registry).received, 2 * pushed.size, "the manifest, by digest and by tag");
  } finally {
    await registry.close();
  }
});

Deno.test("cat fetches the manifest, the table and one chunk, and a second ls only the manifest", async () => {
  using trees = fixture();
  const noise = new Uint8Array(8 << 20);
  for (let at = 0; at < noise.length; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, at + 65536));
  }
  Deno.writeFileSync(`${trees.path}/twice/noise`, noise);
  const registry = await startRegistry();
  try {
    const reference = `${registry.host}/counts/tree:v1`;
    const pushed = await new Client().push({ directory: `${trees.path}/twice` }, reference);
    assert.ok(pushed.layer.size > noise.length);

    registry.clear();
    const image = await new Client().openImage(reference);
    assert.equal((await image.entries()).length, 201);
    const listed = wire(registry);
    assert.deepEqual(listed.requests, ["GET manifests/v1 200", "GET blobs/DIGEST 206"]);
    assert.ok(listed.sent <= pushed.size + 64 * 1024, `${listed.sent} bytes`);

    const body = await new Response(await image.open("77.txt")).text();
    assert.equal(body.length, FILE);
    await image.close();
    const read = wire(registry);
    assert.equal(read.requests.length, 3, read.requests.join("\n"));
    assert.ok(read.sent <= listed.sent + 64 * 1024, `${read.sent} bytes`);

    const client = new Client({ cacheDir: `${trees.path}/cache` });
    const { names } = await client.list(reference);
    registry.clear();
    const later = await client.list(reference);
    assert.deepEqual({ ...later }, { digest: pushed.digest, names, verdict: undefined });
    const again = wire(registry);
    assert.deepEqual(again.requests, ["GET manifests/v1 200"]);
    assert.equal(again.sent, pushed.size);
  } finally {
    await registry.close();
  }
});
