/**
 * Stores that break the rules for removal.
 *
 * @module
 */

import { BlobberError } from "../../../lib/errors.ts";
import type { Freed } from "../../../lib/store.ts";
import { streamOf } from "../../../lib/system/streams.ts";
import { MEDIA_TYPE } from "../../../lib/types.ts";
import { changed, deaf, type Mutants } from "./good_store.ts";

/** For each rule, stores that break it, and what is said of them. */
export const REMOVAL_MUTANTS: Mutants = {
  "a tag is taken away, and what it named stays": [
    [/^untag is "undefined"/, () => ({ untag: () => Promise.resolve(undefined as never) })],
    [/^resolve of a tag that was taken away is not refused/, (good) => ({
      untag: async (tag) => (await good.resolve(tag), true),
    })],
    [/^untag of a missing tag is not refused/, (good) => ({
      untag: (tag, o) => good.untag!(tag, o).catch(() => true),
    })],
    [/^tags after untag is \[\]/, (good) => ({
      untag: async (tag, o) => {
        const { digest } = await good.resolve(tag);
        await good.untag!(tag, o);
        for await (const other of good.tags()) {
          if ((await good.resolve(other)).digest === digest) await good.untag!(other);
        }
        return true;
      },
    })],
    [/^tags after an untag that was not done is \["v2"\]/, (good) => ({
      untag: async (tag, o) => (await good.untag!(tag, o), false),
    })],
    [/^has of a manifest without tags is false/, (good) => ({
      untag: async (tag, o) => {
        const found = await good.resolve(tag);
        await good.untag!(tag, o);
        const left = await Array.fromAsync(good.tags());
        if (left.length === 0) await good.remove!(found);
        return true;
      },
    })],
  ],
  "a tag that has moved is not taken away": [
    [/^untag of a tag that names something else is not refused/, (good) => ({
      untag: (tag) => good.untag!(tag),
    })],
    [/^untag of a tag that names what is expected fails/, () => ({
      untag: () => Promise.reject(new BlobberError("conflict", "it may have moved")),
    })],
    [/^a tag that must stay|^resolve of the tag "v1" fails/, (good) => ({
      untag: async (tag, o) => {
        const { digest } = await good.resolve(tag);
        await good.untag!(tag);
        if (o?.expect !== undefined && o.expect !== digest) {
          throw new BlobberError("conflict", "too late");
        }
        return true;
      },
    })],
  ],
  "a manifest that is removed is gone with its tags, and others stay": [
    [/^blobs of what remove gives is false/, (good) => ({
      remove: async (at, o) => void await good.remove!(at, o) as unknown as Freed,
    })],
    [/^resolve of sha256:\w+, which was removed, is not refused/, () => ({
      remove: () => Promise.resolve({ blobs: 0, bytes: 0 }),
    })],
    [/^resolve of v1, which was removed, is not refused/, (good) => {
      const kept = new Map<string, Awaited<ReturnType<typeof good.resolve>>>();
      return {
        tag: async (tag, at, o) => (kept.set(tag, at), await good.tag(tag, at, o)),
        resolve: (name, o) =>
          good.resolve(name, o).catch((e) => kept.get(name) ?? Promise.reject(e)),
      };
    }],
    [/^tags after remove is \["v1","v2","v3"\]/, (good) => {
      const kept: string[] = [];
      return {
        tag: async (tag, at, o) => (kept.push(tag), await good.tag(tag, at, o)),
        tags: () => changed(good.tags(), () => kept),
      };
    }],
    [/^remove of a missing manifest is not refused/, (good) => ({
      remove: (at, o) => good.remove!(at, o).catch(() => ({ blobs: 0, bytes: 0 })),
    })],
  ],
  "with ifUntagged no manifest is removed that a tag names": [
    [/^remove with ifUntagged, of one with a tag, is not refused/, (good) => ({
      remove: (at) => good.remove!(at),
    })],
    [/^remove with ifUntagged, of one without, fails/, (good) => ({
      remove: async (at, o) => {
        const tags = await Array.fromAsync(good.tags());
        if (o?.ifUntagged && tags.length > 0) throw new BlobberError("conflict", "tags are there");
        return await good.remove!(at, o);
      },
    })],
  ],
  "a blob stays as long as a manifest names it": [
    [/^fetch fails/, (good) => {
      const gone = new Set<string>();
      return {
        remove: async (at, o) => {
          const bytes = await new Response(await good.fetch(at)).text();
          const { layers = [] } = JSON.parse(bytes) as { layers?: { digest: string }[] };
          for (const { digest } of layers) gone.add(digest);
          return await good.remove!(at, o);
        },
        fetch: (at, o) =>
          gone.has(at.digest)
            ? Promise.reject(new BlobberError("not-found", "collected"))
            : good.fetch(at, o),
      };
    }],
  ],
  "a blob that was written for a manifest which is still to come stays": [
    [/^has of a blob that was written before a remove is false/, (good) => {
      let removed = false;
      return {
        remove: async (at, o) => (removed = true, await good.remove!(at, o)),
        has: async (at, o) =>
          !(removed && at.mediaType !== MEDIA_TYPE.manifest) && await good.has(at, o),
      };
    }],
    [/^a blob that was written before a remove is ""|^fetch/, (good) => {
      let removed = false;
      return {
        remove: async (at, o) => (removed = true, await good.remove!(at, o)),
        fetch: (at, o) =>
          removed ? Promise.resolve(streamOf(new Uint8Array(0))) : good.fetch(at, o),
      };
    }],
  ],
  "a referrer that is removed is listed no more": [
    [/^referrers after remove is \["sha256:\w+","sha256:\w+"\]/, (good) => {
      const kept: Awaited<ReturnType<typeof good.resolve>>[] = [];
      return {
        put: async (at, it, o) => {
          await good.put(at, it, o);
          if (JSON.parse(new TextDecoder().decode(it)).subject !== undefined) kept.push(at);
        },
        referrers: (at, o) => changed(good.referrers(at, o), () => kept),
      };
    }],
  ],
  "all manifests are every manifest, each once": [
    [/^manifests is /, (good) => ({
      manifests: (o) => changed(good.manifests!(o), (all) => [...all, ...all]),
    })],
    [/^manifests is /, (good) => ({
      manifests: (o) => changed(good.manifests!(o), (all) => all.slice(0, 1)),
    })],
    [/^size of a manifest is 0/, (good) => ({
      manifests: (o) =>
        changed(good.manifests!(o), (all) => all.map((one) => ({ ...one, size: 0 }))),
    })],
  ],
  "named and resolve give the same digest for a tag": [
    [/^mediaType of what a tag names is undefined/, () => ({
      named: () => Promise.resolve(undefined),
    })],
    [/^named fails/, (good) => ({ named: (tag, o) => good.resolve(tag, o) })],
  ],
  "a signal that was aborted stops a removal": [
    [/^untag goes on/, (good) => ({ untag: (tag, o) => good.untag!(tag, deaf(o)) })],
    [/^remove goes on/, (good) => ({ remove: (at, o) => good.remove!(at, deaf(o)) })],
    [/^named goes on/, (good) => ({ named: (tag, o) => good.named!(tag, deaf(o)) })],
    [/^manifests goes on/, (good) => ({ manifests: (o) => good.manifests!(deaf(o)) })],
  ],
};
