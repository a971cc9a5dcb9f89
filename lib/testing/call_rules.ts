/**
 * Rules for all calls: signals, calls at the same time, and methods that a store need not have.
 *
 * @module
 */

import type { CallOptions, Source } from "../store.ts";
import { done, refused, same, stopped, StoreTestError } from "./assertions.ts";
import { all, blobOf, bytesOf, documentOf, type Rule } from "./trial.ts";
import { MEDIA_TYPE } from "../types.ts";

const METHODS = ["resolve", "fetch", "tags", "referrers", "has", "begin", "put", "tag"] as const;

/** Rules for all calls. */
export const CALLS: readonly Rule[] = [
  {
    name: "a store has a name and every method",
    check({ store }) {
      const wrong = (what: string) => Promise.reject(new StoreTestError(what));
      if (typeof store.name !== "string" || store.name === "") {
        return wrong(`name is ${JSON.stringify(store.name)}, expected text for messages`);
      }
      for (const method of METHODS) {
        if (typeof store[method] === "function") continue;
        return wrong(`${method} is ${typeof store[method]}, expected a function`);
      }
      return Promise.resolve();
    },
  },
  {
    name: "a signal that was aborted stops every call",
    async check(trial) {
      const { store } = trial;
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      const [index, bytes] = documentOf(MEDIA_TYPE.index, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.index,
        manifests: [manifest],
      });
      const reason = new Error("the caller has stopped this");
      const options: CallOptions = { signal: AbortSignal.abort(reason) };
      const calls: [name: string, call: () => Promise<unknown>][] = [
        ["resolve", () => store.resolve("v1", options)],
        ["fetch", () => store.fetch(manifest, options)],
        ["tags", () => all(store.tags(options))],
        ["referrers", () => all(store.referrers(manifest, options))],
        ["has", () => store.has(manifest, options)],
        ["begin", () => store.begin(blobOf("").mediaType, options)],
        ["put", () => store.put(index, bytes, options)],
        ["tag", () => store.tag("v2", manifest, options)],
      ];
      for (const [name, call] of calls) await stopped(name, call, reason);
      same("has of a manifest whose put was stopped", await trial.has(index), false);
      same("tags after a tag that was stopped", await trial.tags(), ["v1"]);
    },
  },
  {
    name: "a signal that fires while a blob is written stops its writer",
    async check(trial) {
      const blob = blobOf("content");
      const stop = new AbortController();
      const { signal } = stop;
      const writer = await done("begin", () => trial.store.begin(blob.mediaType, { signal }));
      await done("write", () => writer.write(bytesOf("content")));
      const reason = new Error("the caller has stopped this");
      stop.abort(reason);
      await stopped("write", () => writer.write(bytesOf("")), reason);
      await stopped("commit", () => writer.commit(blob), reason);
      await done("abort", () => writer.abort());
      same("has of a blob whose writer was stopped", await trial.has(blob), false);
    },
  },
  {
    name: "manifests, tags and referrers that come at the same time are all kept",
    async check(trial) {
      const subject = await trial.manifest("subject");
      const names = Array.from({ length: 8 }, (_, i) => `v${i}`);
      const made = await Promise.all(names.map(async (name) => {
        const manifest = await trial.manifest(name, { subject, artifactType: "application/x" });
        await trial.tag(name, manifest);
        return manifest.digest;
      }));
      for (const [i, name] of names.entries()) {
        same(`the tag "${name}", set beside others,`, await trial.digestAt(name), made[i]);
      }
      const list = await done("referrers", () => all(trial.store.referrers(subject)));
      same(
        "referrers put beside each other",
        list.map(({ digest }) => digest).sort(),
        [...made].sort(),
      );
    },
  },
];

/** Rules for methods that a store need not have. */
export const OPTIONAL: readonly Rule[] = [
  {
    name: "mount takes nothing from a source that it does not know",
    async check(trial) {
      const { store } = trial;
      if (store.mount === undefined) return;
      const blob = blobOf("content");
      const call = () => store.mount!(blob, strangeSource());
      same("mount from a source of another kind", await done("mount", call), false);
      same("has of a blob that was not mounted", await trial.has(blob), false);
    },
  },
  {
    name: "held gives the bytes of a manifest, or nothing",
    async check(trial) {
      const { store } = trial;
      if (store.held === undefined) return;
      const manifest = await trial.manifest("content");
      const read = await trial.read(manifest);
      const held = store.held(manifest);
      if (held !== undefined) same("held", new TextDecoder().decode(held), read);
      const [missing] = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2 });
      same("held of a missing manifest", store.held(missing) === undefined, true);
    },
  },
  {
    name: "a store that is closed takes nothing more",
    async check(trial) {
      const { store } = trial;
      if (store.close === undefined) return;
      const manifest = await trial.manifest("content");
      await trial.tag("v1", manifest);
      const writer = await done("begin", () => store.begin(blobOf("").mediaType));
      await done("write", () => writer.write(bytesOf("content of an open writer")));
      await done("close", () => store.close!());
      await done("close of a closed store", () => store.close!());
      const calls: [name: string, call: () => Promise<unknown>][] = [
        ["resolve", () => store.resolve("v1")],
        ["fetch", () => store.fetch(manifest)],
        ["tags", () => all(store.tags())],
        ["referrers", () => all(store.referrers(manifest))],
        ["has", () => store.has(manifest)],
        ["begin", () => store.begin(blobOf("").mediaType)],
        ["put", () => store.put(manifest, bytesOf(""))],
        ["tag", () => store.tag("v2", manifest)],
        ["write to a writer from before", () => writer.write(bytesOf("x"))],
      ];
      for (const [name, call] of calls) await refused(`${name} after close`, call, "closed");
      await done("abort of a writer after close", () => writer.abort());
    },
  },
];

/** Of no store's kind: a call of it is a mistake. */
function strangeSource(): Source {
  const unknown = () => {
    throw new StoreTestError("mount calls a source that it does not know, expected false");
  };
  return {
    name: "a source of another kind",
    resolve: unknown,
    fetch: unknown,
    tags: unknown,
    referrers: unknown,
  };
}
