/**
 * A registry and a store that talks to it, for one test.
 *
 * @module
 */

import { afterEach } from "node:test";
import { digestOf } from "../../../lib/digest.ts";
import type { Notice } from "../../../lib/events.ts";
import { registryReference } from "./references.ts";
import type { RegistryOptions } from "../../../lib/registry/open_repository.ts";
import { openRegistry } from "../../../lib/stores/registry_store.ts";
import type { Store } from "../../../lib/store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../../lib/types.ts";
import { readChecked } from "../../../lib/checked_content.ts";
import { FakeClock } from "../clock.ts";
import { type FakeRegistry, type FakeRegistryOptions, startRegistry } from "./fake_registry.ts";
import { documentOf } from "../store_suite.ts";

/** What a test works with. */
export interface Bench {
  registry: FakeRegistry;
  store: Store;
  clock: FakeClock;
  notices: Notice[];
  /** Another store on the same registry. */
  open(repository?: string, options?: RegistryOptions): Store;
}

const running: { close(): Promise<void> }[] = [];

/** Ends something after the test that is running. */
export function closeAfter<T extends { close(): Promise<void> }>(thing: T): T {
  running.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of running.splice(0)) await thing.close();
});

/** Starts a registry, and a store on `a/b` with a clock that never waits and no credentials. */
export async function bench(
  server: FakeRegistryOptions = {},
  client: RegistryOptions = {},
): Promise<Bench> {
  const registry = closeAfter(await startRegistry(server));
  const clock = new FakeClock();
  const notices: Notice[] = [];
  const open = (repository = "a/b", options: RegistryOptions = {}) =>
    openRegistry(registryReference(registry.host, repository), {
      credentials: () => Promise.resolve(undefined),
      onNotice: (notice) => void notices.push(notice),
      ...client,
      ...options,
      seams: { clock, ...client.seams, ...options.seams },
    });
  return { registry, store: open(), clock, notices, open };
}

/** Bytes that are the same in every run and do not repeat soon. */
export function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** Puts a blob into a repository of the registry, past its interface. */
export function plant(
  registry: FakeRegistry,
  bytes: Uint8Array,
  repository = "a/b",
): Descriptor {
  const digest = digestOf(bytes);
  registry.repository(repository).blobs.set(digest, bytes);
  return { mediaType: "application/x", digest, size: bytes.length };
}

/** Puts a manifest into a repository of the registry, past its interface. */
export function plantManifest(
  registry: FakeRegistry,
  options: { tag?: string; value?: object; mediaType?: string } = {},
): Descriptor {
  const { tag, mediaType = MEDIA_TYPE.manifest } = options;
  const blob = { mediaType: "application/x", digest: digestOf("x"), size: 1 };
  const [descriptor, bytes] = documentOf(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: blob,
    layers: [blob],
    ...options.value,
  });
  const repository = registry.repository("a/b");
  repository.manifests.set(descriptor.digest, { mediaType, bytes });
  if (tag !== undefined) repository.tags.set(tag, descriptor.digest);
  return descriptor;
}

/** Reads a blob, checked as every reader does. */
export async function readBlob(
  store: Store,
  target: Descriptor,
  range?: { start: number; end: number },
): Promise<Uint8Array> {
  const stream = await store.fetch(target, range === undefined ? {} : { range });
  const expected = range === undefined
    ? { size: target.size, digest: target.digest, name: "blob" }
    : { size: range.end - range.start, name: "range" };
  return await readChecked(stream, expected, 1 << 28);
}
