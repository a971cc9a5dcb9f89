/**
 * Every call of a client and of an image, against a registry and a layout, for programs that do the same with
 * each: abort it, throw in its callbacks. What a call leaves behind is counted.
 *
 * @module
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  Client,
  type ClientOptions,
  type Image,
  type Observer,
  type Signer,
  type Verifier,
} from "@blobber/core";
import type { FakeRegistry } from "../../fakes/registry/fake_registry.ts";
import { startRegistry } from "../../fakes/registry/fake_registry.ts";

/** Media type of the signatures of {@linkcode SIGNER}. */
const SEAL = "application/vnd.example.seal";

/** Signs by saying so. */
export const SIGNER: Signer = {
  sign: (manifest) =>
    Promise.resolve({ mediaType: SEAL, bytes: new TextEncoder().encode(manifest.digest) }),
};

/** Believes {@linkcode SIGNER}. */
export const VERIFIER: Verifier = {
  accepts: (mediaType) => mediaType === SEAL,
  verify: () =>
    Promise.resolve({
      signer: { kind: "other", description: "the test" },
      checks: [{ name: "signature", result: "passed", evidence: "it says so" }],
    }),
};

/** What is pushed, where it is, and what the calls write to. */
export interface Bench {
  root: string;
  registry: FakeRegistry;
  /** An artifact that is there, in a registry or a layout. */
  refs: { registry: string; layout: string };
  /** A name for what a call pushes, new each time. */
  fresh(at: "registry" | "layout"): string;
  /** The last of those names. */
  last(): string;
  /** A directory for what a call pulls, new each time. */
  out(): string;
  /** Everything that calls should not leave behind. */
  leftovers(): string[];
  close(): Promise<void>;
}

/** Makes them. */
export async function startBench(): Promise<Bench> {
  const root = mkdtempSync(join(tmpdir(), "calls-"));
  const registry = await startRegistry();
  mkdirSync(join(root, "tree/dir"), { recursive: true });
  for (let i = 0; i < 20; i++) writeFileSync(join(root, "tree/dir", `${i}`), `file ${i}\n`);
  const noise = new Uint8Array(3_000_000);
  for (let at = 0; at < noise.length; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, Math.min(noise.length, at + 65536)));
  }
  writeFileSync(join(root, "tree/large"), noise);
  const refs = { registry: `${registry.host}/a/b:v1`, layout: `oci:${join(root, "layout")}:v1` };
  const client = clientOf({ signer: SIGNER });
  for (const ref of Object.values(refs)) await client.push({ directory: join(root, "tree") }, ref);
  let count = 0;
  let last = "";
  const fresh = (at: "registry" | "layout") =>
    last = at === "registry"
      ? `${registry.host}/a/new${++count}:v1`
      : `oci:${root}/new/${++count}:v1`;
  const outs = join(root, "outs");
  return {
    root,
    registry,
    refs,
    fresh,
    last: () => last,
    out: () => join(outs, `${++count}`),
    leftovers() {
      const layouts = [join(root, "layout")];
      const made = join(root, "new");
      if (existsSync(made)) layouts.push(...readdirSync(made).map((name) => join(made, name)));
      const own = layouts.flatMap((layout) =>
        readdirSync(layout).filter((name) => !["blobs", "index.json", "oci-layout"].includes(name))
          .map((name) => join(layout, name))
      );
      const pulled = existsSync(outs) ? readdirSync(outs) : [];
      rmSync(outs, { recursive: true, force: true });
      const temporary = readdirSync(tmpdir()).filter((name) => join(tmpdir(), name) !== root)
        .filter((name) => !name.startsWith("blobber-locks-"));
      return [...own, ...pulled, ...temporary];
    },
    close: async () => {
      await closeClients();
      await registry.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** So that no configuration of the user's is read. */
export const noCredentials = (): Promise<undefined> => Promise.resolve(undefined);

/** Clients that are open. */
const clients: Client[] = [];

/** A client of its own for a call, until {@linkcode closeClients}. */
export function clientOf(options: ClientOptions = {}): Client {
  const client = new Client({ credentials: noCredentials, ...options });
  clients.push(client);
  return client;
}

/** Closes all of them. */
export async function closeClients(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
}

/** What a call is given: its client, and what it is told by and stopped by. */
export interface Given {
  client: Client;
  options: Observer;
  bench: Bench;
  at: "registry" | "layout";
}

/** The calls, by name. */
export const CALLS: Record<string, (given: Given) => Promise<unknown>> = {
  push: ({ client, options, bench, at }) =>
    client.push({ directory: join(bench.root, "tree") }, bench.fresh(at), options),
  "push of entries": ({ client, options, bench, at }) => {
    const content = new Uint8Array(100_000);
    const entries = Array.from({ length: 50 }, (_, i) => ({
      path: `${i}`,
      type: "file" as const,
      content,
    }));
    return client.push({ entries }, bench.fresh(at), options);
  },
  "push with a signer": ({ client, options, bench, at }) =>
    client.push({ directory: join(bench.root, "tree") }, bench.fresh(at), {
      ...options,
      signer: SIGNER,
    }),
  digest: ({ client, options, bench }) =>
    client.digest({ directory: join(bench.root, "tree") }, options),
  pull: ({ client, options, bench, at }) => client.pull(bench.refs[at], bench.out(), options),
  "pull with a verifier": ({ client, options, bench, at }) =>
    client.pull(bench.refs[at], bench.out(), { ...options, verifier: VERIFIER }),
  openImage: async ({ client, options, bench, at }) => {
    const image = await client.openImage(bench.refs[at], options);
    await image.close();
  },
  list: ({ client, options, bench, at }) => client.list(bench.refs[at], options),
  "copy from": ({ client, options, bench, at }) =>
    client.copy(bench.refs[at], bench.fresh("layout"), options),
  "copy to": ({ client, options, bench, at }) =>
    client.copy(bench.refs.layout, bench.fresh(at), options),
  sign: ({ client, options, bench, at }) =>
    client.sign(bench.refs[at], { ...options, signer: SIGNER }),
  verify: ({ client, options, bench, at }) =>
    client.verify(bench.refs[at], { ...options, verifier: VERIFIER }),
  tag: ({ client, options, bench, at }) => client.tag(bench.refs[at], ["v2"], options),
  listTags: ({ client, options, bench, at }) => all(client.listTags(bench.refs[at], options)),
  tags: ({ client, options, bench, at }) => client.tags(bench.refs[at], options),
  repositories: ({ client, options, bench }) => client.repositories(bench.registry.host, options),
  resolve: ({ client, options, bench, at }) => client.resolve(bench.refs[at], options),
  remove: ({ client, options, bench, at }) =>
    client.remove(bench.refs[at], { ...options, dryRun: true }),
  "the store's resolve": async ({ client, options, bench, at }) =>
    await (await client.store(bench.refs[at])).resolve("v1", options),
  "the store's tags": async ({ client, options, bench, at }) =>
    await all((await client.store(bench.refs[at])).tags(options)),
  "the store's begin": async ({ client, options, bench, at }) => {
    const writer = await (await client.store(bench.refs[at])).begin("application/x", options);
    try {
      await writer.write(new Uint8Array(1000));
    } finally {
      await writer.abort();
    }
  },
};

/** The calls of an image, by name. */
export const IMAGE_CALLS: Record<
  string,
  (image: Image, options: Observer) => Promise<unknown>
> = {
  entries: (image) => image.entries(),
  paths: (image) => image.paths(),
  stat: (image) => image.stat("large"),
  open: async (image, options) => await bytesOf(await image.open("large", options)),
  read: (image, options) => image.read("large", options),
  walk: (image) => all(image.walk()),
  find: (image, { signal }) => image.find("larg?", { signal }),
  glob: (image, { signal }) => all(image.glob("larg?", { signal })),
  files: async (image, { signal }) => {
    for await (const { stream } of image.files(["larg?"], { signal })) await bytesOf(stream);
  },
};

/** All of a list. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The bytes of a stream, counted. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const part of stream) count += part.length;
  return count;
}

/** What a promise rejects with; it must. */
export async function caught(work: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`it did not fail: ${value}`);
}

/**
 * Rejections that nobody handled, from now on. Under Deno the failure of the program itself is one, and would
 * be taken for handled here: it has to end with a status that says so.
 */
export function unhandled(): unknown[] {
  const found: unknown[] = [];
  process.on("unhandledRejection", (reason) => {
    found.push(reason);
    // deno-lint-ignore no-console -- a program
    console.error(reason);
    process.exitCode = 1;
  });
  return found;
}
