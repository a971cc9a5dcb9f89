/**
 * Rules for stores that take tags away and remove manifests, which a store need not do.
 *
 * @module
 */

import { type Descriptor, MEDIA_TYPE } from "../types.ts";
import { done, refused, same, stopped } from "./assertions.ts";
import { all, documentOf, type Rule, type Trial } from "./trial.ts";

const NOTE = "application/vnd.example.note";

/** Rules for removal. */
export const REMOVAL: readonly Rule[] = [
  {
    name: "a tag is taken away, and what it named stays",
    async check(trial) {
      const { store } = trial;
      if (store.untag === undefined) return;
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      await trial.tag("v2", manifest);
      const taken = await done("untag", () => store.untag!("v1"));
      same("untag", typeof taken, "boolean");
      await refused("untag of a missing tag", () => store.untag!("v3"), "not-found");
      if (!taken) {
        return same("tags after an untag that was not done", await trial.tags(), ["v1", "v2"]);
      }
      await refused("resolve of a tag that was taken away", () => store.resolve("v1"), "not-found");
      same("tags after untag", await trial.tags(), ["v2"]);
      same("a tag beside the one that was taken away", await trial.digestAt("v2"), manifest.digest);
      await done("untag of the other tag", () => store.untag!("v2"));
      same("tags after the last untag", await trial.tags(), []);
      same("has of a manifest without tags", await trial.has(manifest), true);
      same("the blobs of a manifest without tags", await contentOf(trial, manifest), "content");
    },
  },
  {
    name: "a tag that has moved is not taken away",
    async check(trial) {
      const { store } = trial;
      if (store.untag === undefined) return;
      const [one, two] = [await trial.manifest("one"), await trial.manifest("two")];
      await trial.tag("v1", two);
      const untag = (expect: Descriptor) => () => store.untag!("v1", { expect: expect.digest });
      await refused("untag of a tag that names something else", untag(one), "conflict");
      same("a tag that must stay", await trial.digestAt("v1"), two.digest);
      await done("untag of a tag that names what is expected", untag(two));
    },
  },
  {
    name: "a manifest that is removed is gone with its tags, and others stay",
    async check(trial) {
      const { store } = trial;
      if (store.remove === undefined) return;
      const [one, two] = [await trial.manifest("one"), await trial.manifest("two")];
      for (const [tag, at] of [["v1", one], ["v2", two], ["v3", one]] as const) {
        await trial.tag(tag, at);
      }
      const freed = await done("remove", () => store.remove!(one));
      for (const key of ["blobs", "bytes"] as const) {
        same(`${key} of what remove gives`, Number.isSafeInteger(freed?.[key]), true);
      }
      for (const name of [one.digest, "v1", "v3"]) {
        await refused(
          `resolve of ${name}, which was removed,`,
          () => store.resolve(name),
          "not-found",
        );
      }
      same("has of a manifest that was removed", await trial.has(one), false);
      same("tags after remove", await trial.tags(), ["v2"]);
      same("a manifest beside the one that was removed", await contentOf(trial, two), "two");
      await refused("remove of a missing manifest", () => store.remove!(one), "not-found");
      await trial.manifest("one");
      same("a manifest that was put again", await contentOf(trial, one), "one");
    },
  },
  {
    name: "with ifUntagged no manifest is removed that a tag names",
    async check(trial) {
      const { store } = trial;
      if (store.remove === undefined) return;
      const manifest = await trial.manifest("content");
      const [other, more] = [await trial.manifest("other"), await trial.manifest("more")];
      await trial.tag("v1", manifest);
      await trial.tag("v2", more);
      const remove = (at: Descriptor) => () => store.remove!(at, { ifUntagged: true });
      await refused("remove with ifUntagged, of one with a tag,", remove(manifest), "conflict");
      same("a tag of a manifest that stays", await trial.digestAt("v1"), manifest.digest);
      same("a manifest that stays", await contentOf(trial, manifest), "content");
      await done("remove with ifUntagged, of one without,", remove(other));
      same("has of a manifest without tags that was removed", await trial.has(other), false);
    },
  },
  {
    name: "a blob stays as long as a manifest names it",
    async check(trial) {
      const { store } = trial;
      if (store.remove === undefined) return;
      const one = await trial.manifest("shared", { annotations: { "org.example.n": "1" } });
      const two = await trial.manifest("shared", { annotations: { "org.example.n": "2" } });
      await done("remove", () => store.remove!(one));
      same("a blob that another manifest names", await contentOf(trial, two), "shared");
      const [index, bytes] = documentOf(MEDIA_TYPE.index, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.index,
        manifests: [two],
      });
      await trial.put(index, bytes);
      await done("remove of an index", () => store.remove!(index));
      same("what an index listed that was removed", await contentOf(trial, two), "shared");
    },
  },
  {
    name: "a blob that was written for a manifest which is still to come stays",
    async check(trial) {
      const { store } = trial;
      if (store.remove === undefined) return;
      const old = await trial.manifest("again", { annotations: { "org.example.n": "1" } });
      const blob = await trial.blob("again");
      await done("remove", () => store.remove!(old));
      same("has of a blob that was written before a remove", await trial.has(blob), true);
      same("a blob that was written before a remove", await trial.read(blob), "again");
    },
  },
  {
    name: "a referrer that is removed is listed no more",
    async check(trial) {
      const { store } = trial;
      if (store.remove === undefined) return;
      const subject = await trial.manifest("subject");
      const one = await trial.manifest("one", { subject, artifactType: NOTE });
      const two = await trial.manifest("two", { subject, artifactType: NOTE });
      await done("remove of a referrer", () => store.remove!(one));
      const left = await done("referrers", () => all(store.referrers(subject)));
      same("referrers after remove", left.map(({ digest }) => digest), [two.digest]);
      same("has of the subject", await trial.has(subject), true);
    },
  },
  {
    name: "all manifests are every manifest, each once",
    async check(trial) {
      const { store } = trial;
      if (store.manifests === undefined) return;
      const subject = await trial.manifest("subject");
      const note = await trial.manifest("note", { subject, artifactType: NOTE });
      await trial.tag("v1", subject);
      await trial.tag("v2", subject);
      const found = await done("manifests", () => all(store.manifests!()));
      const digests = [subject.digest, note.digest].sort();
      same("manifests", found.map(({ digest }) => digest).sort(), digests);
      for (const key of ["mediaType", "size"] as const) {
        const one = found.find(({ digest }) => digest === subject.digest);
        same(`${key} of a manifest`, one?.[key], subject[key]);
      }
    },
  },
  {
    name: "named and resolve give the same digest for a tag",
    async check(trial) {
      const { store } = trial;
      if (store.named === undefined) return;
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      const found = await done("named", () => store.named!("v1"));
      for (const key of ["mediaType", "digest"] as const) {
        same(`${key} of what a tag names`, found?.[key], manifest[key]);
      }
      same("named of a missing tag", await done("named", () => store.named!("v2")), undefined);
    },
  },
  {
    name: "a signal that was aborted stops a removal",
    async check(trial) {
      const { store } = trial;
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      const reason = new Error("the caller has stopped this");
      const options = { signal: AbortSignal.abort(reason) };
      const calls: [name: string, call: (() => Promise<unknown>) | undefined][] = [
        ["untag", store.untag && (() => store.untag!("v1", options))],
        ["remove", store.remove && (() => store.remove!(manifest, options))],
        ["named", store.named && (() => store.named!("v1", options))],
        ["manifests", store.manifests && (() => all(store.manifests!(options)))],
      ];
      for (const [name, call] of calls) {
        if (call !== undefined) await stopped(name, call, reason);
      }
      same("a tag whose removal was stopped", await trial.digestAt("v1"), manifest.digest);
    },
  },
];

/** The content of the one layer of a manifest of {@linkcode Trial.manifest}. */
async function contentOf(trial: Trial, manifest: Descriptor): Promise<string> {
  const { layers } = JSON.parse(await trial.read(manifest)) as { layers: [Descriptor] };
  return await trial.read(layers[0]);
}
