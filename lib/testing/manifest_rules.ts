/**
 * Rules for manifests, tags and referrers.
 *
 * @module
 */

import { fallbackTag } from "../artifact/fallback_tag.ts";
import { digestOf } from "../digest.ts";
import type { ReferrerOptions } from "../store.ts";
import { type Descriptor, MEDIA_TYPE } from "../types.ts";
import { done, refused, same } from "./assertions.ts";
import { all, blobOf, bytesOf, documentOf, type Rule, type Trial } from "./trial.ts";

const NAMED = ["mediaType", "digest", "size"] as const;
const NOTE = "application/vnd.example.note";

/** Rules for manifests. */
export const MANIFESTS: readonly Rule[] = [
  {
    name: "a manifest is there from its put on",
    async check(trial) {
      const [descriptor] = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2 });
      same("has of a manifest that was never put", await trial.has(descriptor), false);
      await refused(
        "fetch of a missing manifest",
        () => trial.store.fetch(descriptor),
        "not-found",
      );
      const manifest = await trial.manifest("content");
      same("has of a manifest", await trial.has(manifest), true);
    },
  },
  {
    name: "a manifest resolves by its digest and by its tag",
    async check(trial) {
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      for (const name of [manifest.digest, "v1"]) {
        const found = await done(`resolve of ${name}`, () => trial.store.resolve(name));
        for (const key of NAMED) same(`${key} of ${name}`, found[key], manifest[key]);
      }
    },
  },
  {
    name: "a manifest is read byte for byte",
    async check(trial) {
      const layer = await trial.blob("content");
      const config = await trial.blob("{}", MEDIA_TYPE.empty);
      const value = { layers: [layer], config, mediaType: MEDIA_TYPE.manifest, schemaVersion: 2 };
      const text = `${JSON.stringify(value, null, 3)}\n `;
      const descriptor = blobOf(text, MEDIA_TYPE.manifest);
      await trial.put(descriptor, bytesOf(text));
      same("a manifest", await trial.read(descriptor), text);
    },
  },
  {
    name: "an index is a manifest too",
    async check(trial) {
      const manifest = await trial.manifest("content");
      const [index, bytes] = indexOf([manifest]);
      await trial.put(index, bytes);
      await trial.tag("all", index);
      const found = await done('resolve of "all"', () => trial.store.resolve("all"));
      same("the mediaType of an index", found.mediaType, MEDIA_TYPE.index);
      same("an index", await trial.read(index), new TextDecoder().decode(bytes));
    },
  },
  {
    name: "what is not there does not resolve",
    async check(trial) {
      const missing = digestOf(bytesOf("nothing"));
      const manifest = await trial.manifest("content");
      const layer = blobOf("content");
      await refused("resolve of a missing tag", () => trial.store.resolve("v1"), "not-found");
      await refused("resolve of a missing digest", () => trial.store.resolve(missing), "not-found");
      await refused(
        "resolve of a blob's digest, which is no manifest,",
        () => trial.store.resolve(layer.digest),
        "not-found",
      );
      same("a manifest beside them", (await trial.store.resolve(manifest.digest)).size > 0, true);
    },
  },
  {
    name: "a manifest that is not what its descriptor says is refused",
    async check(trial) {
      const manifest = await trial.manifest("content");
      const [other, bytes] = indexOf([manifest]);
      const put = (descriptor: Descriptor) => () => trial.store.put(descriptor, bytes);
      await refused(
        "put under another digest",
        put({ ...other, digest: manifest.digest }),
        "integrity",
      );
      await refused("put under another size", put({ ...other, size: other.size + 1 }), "integrity");
      same("has of a manifest that was refused", await trial.has(other), false);
    },
  },
  {
    name: "a manifest may be put again",
    async check(trial) {
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      await trial.manifest("content");
      same("a tag of a manifest put twice", await trial.digestAt("v1"), manifest.digest);
    },
  },
  {
    name: "what is put into memory that is used again stays as it was",
    async check(trial) {
      const [index, bytes] = indexOf([await trial.manifest("content")]);
      const text = new TextDecoder().decode(bytes);
      await trial.put(index, bytes);
      bytes.fill(0);
      same("a manifest whose memory was used again", await trial.read(index), text);
    },
  },
];

/** Rules for tags. */
export const TAGS: readonly Rule[] = [
  {
    name: "a manifest has no tag before it is given one",
    async check(trial) {
      const manifest = await trial.manifest("content");
      same("tags after put", await trial.tags(), []);
      await trial.tag("v1", manifest);
      same("tags after tag", await trial.tags(), ["v1"]);
    },
  },
  {
    name: "every tag is listed once",
    async check(trial) {
      const names = Array.from({ length: 30 }, (_, i) => `v${i}`).sort();
      const manifest = await trial.manifest("content");
      for (const name of names) await trial.tag(name, manifest);
      await trial.tag("v0", manifest);
      same("tags", await trial.tags(), names);
    },
  },
  {
    name: "a tag moves",
    async check(trial) {
      const [one, two] = [await trial.manifest("one"), await trial.manifest("two")];
      await trial.tag("v1", one);
      await trial.tag("v2", one);
      await trial.tag("v1", two);
      same("a tag that was moved", await trial.digestAt("v1"), two.digest);
      same("a tag that was not moved", await trial.digestAt("v2"), one.digest);
    },
  },
  {
    name: "with ifAbsent no tag moves",
    async check(trial) {
      const [one, two] = [await trial.manifest("one"), await trial.manifest("two")];
      const set = (tag: string, to: Descriptor) => () =>
        trial.store.tag(tag, to, { ifAbsent: true });
      await trial.tag("v1", one);
      await refused("tag with ifAbsent, of one that points elsewhere,", set("v1", two), "conflict");
      same("a tag that must not move", await trial.digestAt("v1"), one.digest);
      await done("tag with ifAbsent, of one that points there already,", set("v1", one));
      await done("tag with ifAbsent, of a new one,", set("v2", two));
      same("a new tag", await trial.digestAt("v2"), two.digest);
    },
  },
  {
    name: "nothing that is missing gets a tag",
    async check(trial) {
      await trial.tag("v1", await trial.manifest("content"));
      const [missing] = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2 });
      await refused("tag of what is missing", () => trial.store.tag("v2", missing), "not-found");
      same("tags", await trial.tags(), ["v1"]);
    },
  },
];

/** Rules for referrers. */
export const REFERRERS: readonly Rule[] = [
  {
    name: "referrers are listed by their subject",
    async check(trial) {
      const [subject, other] = [await trial.manifest("subject"), await trial.manifest("other")];
      same("referrers of what nothing refers to", await referrers(trial, other), []);
      const note = await trial.manifest("note", { subject, artifactType: NOTE });
      const [index, bytes] = indexOf([other], { subject, artifactType: NOTE });
      await trial.put(index, bytes);
      await trial.put(index, bytes);
      const digests = [note.digest, index.digest].sort();
      same("referrers", await referrers(trial, subject), digests);
      same("referrers of another", await referrers(trial, other), []);
    },
  },
  {
    name: "a referrer is listed with its type and annotations",
    async check(trial) {
      const subject = await trial.manifest("subject");
      const annotations = { "org.example.key": "value" };
      const note = await trial.manifest("note", { subject, artifactType: NOTE, annotations });
      const list = await done("referrers", () => all(trial.store.referrers(subject)));
      const found = list.find(({ digest }) => digest === note.digest);
      for (const key of NAMED) same(`${key} of a referrer`, found?.[key], note[key]);
      same("artifactType of a referrer", found?.artifactType, NOTE);
      same("annotations of a referrer", found?.annotations, annotations);
    },
  },
  {
    name: "referrers of one type are all of that type that there are",
    async check(trial) {
      const subject = await trial.manifest("subject");
      const note = await trial.manifest("note", { subject, artifactType: NOTE });
      await trial.manifest("list", { subject, artifactType: "application/vnd.example.list" });
      const found = await referrers(trial, subject, { artifactType: NOTE });
      same(`referrers of the type ${NOTE}`, found, [note.digest]);
    },
  },
  {
    name: "referrers keep out of the list of tags that the client shows",
    async check(trial) {
      const subject = await trial.manifest("subject");
      await trial.manifest("note", { subject, artifactType: NOTE });
      const shown = (await trial.tags()).filter((tag) => tag !== fallbackTag(subject.digest));
      same("tags after a referrer was put", shown, []);
    },
  },
  {
    name: "a fallback tag is read where it is asked for",
    async check(trial) {
      if (!trial.can.fallbackTag) return;
      const subject = await trial.manifest("subject");
      const loose = await trial.manifest("loose");
      const [index, bytes] = indexOf([loose]);
      await trial.put(index, bytes);
      await trial.tag(fallbackTag(subject.digest), index);
      for (
        const [via, expected] of [["tag", [loose.digest]], ["auto", [loose.digest]], [
          "api",
          [],
        ]] as const
      ) {
        same(`referrers via "${via}"`, await referrers(trial, subject, { via }), expected);
      }
    },
  },
];

function indexOf(manifests: Descriptor[], more: object = {}): [Descriptor, Uint8Array] {
  return documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests,
    ...more,
  });
}

/** Digests of the referrers, sorted. */
async function referrers(
  trial: Trial,
  subject: Descriptor,
  options: ReferrerOptions = {},
): Promise<string[]> {
  const list = await done("referrers", () => all(trial.store.referrers(subject, options)));
  return list.map(({ digest }) => digest).sort();
}
