/**
 * Stores that break the rules for manifests, tags and referrers.
 *
 * @module
 */

import { computeDigest } from "../../../lib/digest.ts";
import { BlobberError } from "../../../lib/errors.ts";
import type { ReferrerOptions } from "../../../lib/store.ts";
import { streamOf } from "../../../lib/system/streams.ts";
import { type Descriptor, MEDIA_TYPE } from "../../../lib/types.ts";
import { bytes, changed, type Mutants, writing } from "./good_store.ts";

/** For each rule, stores that break it, and what is said of them. */
export const MANIFEST_MUTANTS: Mutants = {
  "a manifest is there from its put on": [
    [/that was never put is true/, () => ({ has: () => Promise.resolve(true) })],
    [/^fetch of a missing manifest is not refused/, (good) => ({
      fetch: (at, o) => good.fetch(at, o).catch(() => streamOf(new Uint8Array(0))),
    })],
    [/^has of a manifest is false/, (good) => ({
      has: async (at, o) => at.mediaType !== MEDIA_TYPE.manifest && await good.has(at, o),
    })],
  ],
  "a manifest resolves by its digest and by its tag": [
    [/^mediaType of sha256:\w+ is undefined/, (good) => ({
      resolve: async (name, o) => {
        const { digest, size } = await good.resolve(name, o);
        return { digest, size } as Descriptor;
      },
    })],
    [/^size of v1 is 0/, (good) => ({
      resolve: async (name, o) => ({
        ...await good.resolve(name, o),
        ...(name === "v1" && { size: 0 }),
      }),
    })],
    [/^resolve of sha256:\w+ fails/, (good) => ({
      resolve: (name, o) => good.resolve(name.replace(/^sha256:.*/, "none"), o),
    })],
  ],
  "a manifest is read byte for byte": [
    [/^a manifest is /, (good) => ({
      fetch: async (at, o) => {
        const text = await new Response(await good.fetch(at, o)).text();
        return streamOf(bytes(JSON.stringify(JSON.parse(text))));
      },
    })],
  ],
  "an index is a manifest too": [
    [/^put of a manifest fails/, (good) => ({
      put: (at, it, o) =>
        at.mediaType === MEDIA_TYPE.manifest
          ? good.put(at, it, o)
          : Promise.reject(new Error("no index")),
    })],
    [/^the mediaType of an index is /, (good) => ({
      resolve: async (name, o) => ({
        ...await good.resolve(name, o),
        mediaType: MEDIA_TYPE.manifest,
      }),
    })],
  ],
  "what is not there does not resolve": [
    [/^resolve of a missing tag is not refused/, (good) => ({
      resolve: (name, o) => good.resolve(name, o).catch(() => undefined as never),
    })],
    [/^resolve of a missing digest is not refused/, (good) => ({
      resolve: (name, o) =>
        name.startsWith("sha256:")
          ? Promise.resolve({
            mediaType: MEDIA_TYPE.manifest,
            digest: name as Descriptor["digest"],
            size: 1,
          })
          : good.resolve(name, o),
    })],
    [/^resolve of a blob's digest, which is no manifest, is not refused/, (good) => {
      const blobs = new Map<string, Descriptor>();
      return {
        ...writing(good, (writer) => ({
          commit: (at) => (blobs.set(at.digest, at), writer.commit(at)),
        })),
        resolve: (name, o) => {
          const blob = blobs.get(name);
          return blob ? Promise.resolve(blob) : good.resolve(name, o);
        },
      };
    }],
  ],
  "a manifest that is not what its descriptor says is refused": [
    [/^put under another digest is not refused/, (good) => ({
      put: async (_at, it, o) => {
        const digest = await computeDigest(it.slice());
        const { mediaType } = JSON.parse(new TextDecoder().decode(it));
        await good.put({ mediaType, digest, size: it.length }, it, o);
      },
    })],
    [/^put under another size is not refused/, (good) => ({
      put: (at, it, o) => good.put({ ...at, size: it.length }, it, o),
    })],
    [/^has of a manifest that was refused is true/, (good) => ({
      put: async (at, it, o) => {
        const digest = await computeDigest(it.slice());
        await good.put({ ...at, digest, size: it.length }, it, o);
        if (digest !== at.digest || it.length !== at.size) {
          throw new BlobberError("integrity", "another digest or size");
        }
      },
    })],
  ],
  "a manifest may be put again": [
    [/^put of a manifest fails with a BlobberError with the code "conflict"/, (good) => ({
      put: async (at, it, o) => {
        if (await good.has(at)) throw new BlobberError("conflict", "it is there");
        await good.put(at, it, o);
      },
    })],
  ],
  "what is put into memory that is used again stays as it was": [
    [/^a manifest whose memory was used again is /, (good) => {
      const kept = new Map<string, Uint8Array>();
      return {
        put: (at, it, o) => (kept.set(at.digest, it), good.put(at, it, o)),
        fetch: async (at, o) => {
          const bytes = kept.get(at.digest);
          return bytes ? streamOf(bytes) : await good.fetch(at, o);
        },
      };
    }],
  ],
  "a manifest has no tag before it is given one": [
    [/^tags after put is \["latest"\]/, (good) => ({
      put: async (at, it, o) => {
        await good.put(at, it, o);
        await good.tag("latest", at);
      },
    })],
    [/^tags after tag is \[\]/, (good) => ({ tags: () => changed(good.tags(), () => []) })],
  ],
  "every tag is listed once": [
    [/^tags is /, (good) => ({ tags: () => changed(good.tags(), (all) => [...all, ...all]) })],
    [/^tags is /, (good) => ({ tags: () => changed(good.tags(), (all) => all.slice(0, 20)) })],
  ],
  "a tag moves": [
    [/^a tag that was moved is /, (good) => ({
      tag: (tag, at, o) => good.tag(tag, at, { ...o, ifAbsent: true }).catch(() => {}),
    })],
    [/^a tag that was not moved is /, (good) => ({
      tag: async (tag, at, o) => {
        await good.tag(tag, at, o);
        for await (const one of good.tags()) await good.tag(one, at);
      },
    })],
  ],
  "with ifAbsent no tag moves": [
    [/points elsewhere, is not refused/, (good) => ({ tag: (tag, at) => good.tag(tag, at) })],
    [/points there already, fails/, (good) => ({
      tag: async (tag, at, o) => {
        const taken = await good.resolve(tag).then(() => true, () => false);
        if (o?.ifAbsent && taken) throw new BlobberError("conflict", "it is there");
        await good.tag(tag, at);
      },
    })],
    [/of a new one, fails/, (good) => ({
      tag: async (tag, at, o) => {
        if (o?.ifAbsent) {
          const now = await good.resolve(tag).catch(() => undefined);
          if (now?.digest !== at.digest) throw new BlobberError("conflict", "it is not there");
        }
        await good.tag(tag, at);
      },
    })],
    [/^a tag that must not move is /, (good) => ({
      tag: async (tag, at, o) => {
        const now = await good.resolve(tag).catch(() => undefined);
        await good.tag(tag, at);
        if (o?.ifAbsent && now && now.digest !== at.digest) {
          throw new BlobberError("conflict", "too late");
        }
      },
    })],
  ],
  "nothing that is missing gets a tag": [
    [/^tag of what is missing is not refused/, (good) => ({
      tag: (tag, at, o) => good.tag(tag, at, o).catch(() => {}),
    })],
    [/^tags is \["v1","v2"\]/, (good) => {
      const more: string[] = [];
      return {
        tag: (tag, at, o) => (more.push(tag), good.tag(tag, at, o)),
        tags: () => changed(good.tags(), () => more),
      };
    }],
  ],
  "referrers are listed by their subject": [
    [/^referrers of what nothing refers to is /, (good) => ({
      referrers: (at) => changed(good.referrers(at), () => [at]),
    })],
    [/^referrers is \[\]/, (good) => ({
      referrers: (at) => changed(good.referrers(at), () => []),
    })],
    [/^referrers is /, (good) => {
      const list: Descriptor[] = [];
      return {
        put: async (at, it, o) => {
          await good.put(at, it, o);
          if (JSON.parse(new TextDecoder().decode(it)).subject !== undefined) list.push(at);
        },
        referrers: (at) => changed(good.referrers(at), (all) => all.length > 0 ? list : []),
      };
    }],
    [/^referrers of another is /, (good) => {
      let last: Descriptor[] = [];
      return {
        referrers: (at) => changed(good.referrers(at), (all) => last = all.length > 0 ? all : last),
      };
    }],
  ],
  "a referrer is listed with its type and annotations": [
    [/^size of a referrer is 0/, (good) => ({
      referrers: (at, o) =>
        changed(good.referrers(at, o), (all) => all.map((one) => ({ ...one, size: 0 }))),
    })],
    [/^artifactType of a referrer is undefined/, (good) => ({
      referrers: (at, o) =>
        changed(good.referrers(at, o), (all) => all.map(({ artifactType: _, ...one }) => one)),
    })],
    [/^annotations of a referrer is undefined/, (good) => ({
      referrers: (at, o) =>
        changed(good.referrers(at, o), (all) => all.map(({ annotations: _, ...one }) => one)),
    })],
  ],
  "referrers of one type are all of that type that there are": [
    [/^referrers of the type \S+ is \["sha256:\w+","sha256:\w+"\]/, (good) => ({
      referrers: (at) => good.referrers(at),
    })],
    [/^referrers of the type \S+ is \[\]/, (good) => ({
      referrers: (at, o) => changed(good.referrers(at, o), (all) => o?.artifactType ? [] : all),
    })],
  ],
  "referrers keep out of the list of tags that the client shows": [
    [/^tags after a referrer was put is \["note"\]/, (good) => ({
      put: async (at, it, o) => {
        await good.put(at, it, o);
        if (JSON.parse(new TextDecoder().decode(it)).subject) await good.tag("note", at);
      },
    })],
  ],
  "a fallback tag is read where it is asked for": [
    [/^referrers via "tag" is \[\]/, (good) => ({
      referrers: (at, o) => good.referrers(at, { ...o, via: "api" }),
    })],
    [/^referrers via "api" is /, (good) => ({
      referrers: (at, { via: _, ...o }: ReferrerOptions = {}) => good.referrers(at, o),
    })],
    [/^referrers via "auto" is \[\]/, (good) => ({
      referrers: (at, o) => good.referrers(at, { ...o, via: o?.via === "tag" ? "tag" : "api" }),
    })],
  ],
};
