/**
 * Stores that break the rules for calls.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/types.ts";
import { bytes, changed, deaf, type Mutants, writing } from "./good_store.ts";

/** For each rule, stores that break it, and what is said of them. */
export const CALL_MUTANTS: Mutants = {
  "a store has a name and every method": [
    [/^name is "", expected text/, () => ({ name: "" })],
    [/^tags is undefined, expected a function/, () => ({ tags: undefined as never })],
  ],
  "a signal that was aborted stops every call": [
    [/^resolve goes on/, (good) => ({ resolve: (tag, o) => good.resolve(tag, deaf(o)) })],
    [/^fetch goes on/, (good) => ({ fetch: (at, o) => good.fetch(at, deaf(o)) })],
    [/^tags goes on/, (good) => ({ tags: (o) => good.tags(deaf(o)) })],
    [/^referrers goes on/, (good) => ({ referrers: (at, o) => good.referrers(at, deaf(o)) })],
    [/^has goes on/, (good) => ({ has: (at, o) => good.has(at, deaf(o)) })],
    [/^begin goes on/, (good) => ({ begin: (type, o) => good.begin(type, deaf(o)) })],
    [/^put goes on/, (good) => ({ put: (at, it, o) => good.put(at, it, deaf(o)) })],
    [/^tag goes on/, (good) => ({ tag: (tag, at, o) => good.tag(tag, at, deaf(o)) })],
    [/^has rejects with Error: other, expected the reason/, (good) => ({
      has: (at, o) => o?.signal?.aborted ? Promise.reject(new Error("other")) : good.has(at, o),
    })],
    [/^has of a manifest whose put was stopped is true/, (good) => ({
      put: async (at, it, o) => {
        await good.put(at, it);
        o?.signal?.throwIfAborted();
      },
    })],
    [/^tags after a tag that was stopped is \["v1","v2"\]/, (good) => ({
      tag: async (tag, at, o) => {
        await good.tag(tag, at);
        o?.signal?.throwIfAborted();
      },
    })],
  ],
  "a signal that fires while a blob is written stops its writer": [
    [/^write goes on/, (good) => ({
      begin: (type, o) => {
        o?.signal?.throwIfAborted();
        return good.begin(type);
      },
    })],
    [/^commit goes on/, (good) => ({
      begin: async (type, o) => {
        o?.signal?.throwIfAborted();
        const writer = await good.begin(type);
        return {
          write: (part) => (o?.signal?.throwIfAborted(), writer.write(part)),
          commit: (at) => writer.commit(at),
          abort: () => writer.abort(),
        };
      },
    })],
  ],
  "manifests, tags and referrers that come at the same time are all kept": [
    [/^referrers put beside each other is /, (good) => {
      // A list that each reads and writes as a whole.
      let list: Descriptor[] = [];
      return {
        put: async (at, it) => {
          const { subject } = JSON.parse(new TextDecoder().decode(it));
          const mine = list;
          await good.put(at, it);
          if (subject !== undefined) list = [...mine, at];
        },
        referrers: (at) => changed(good.referrers(at), () => list),
      };
    }],
  ],
  "mount takes nothing from a source that it does not know": [
    [/^mount from a source of another kind is true/, () => ({
      mount: () => Promise.resolve(true),
    })],
    [/^mount calls a source that it does not know/, () => ({
      mount: async (at, from) => await from.fetch(at) !== undefined,
    })],
  ],
  "held gives the bytes of a manifest, or nothing": [
    [/^held is "\{\}"/, () => ({ held: () => new Uint8Array(bytes("{}")) })],
    [/^held of a missing manifest is false/, (good) => {
      let last: Uint8Array<ArrayBuffer> | undefined;
      return {
        put: (at, it, o) => (last = it.slice(), good.put(at, it, o)),
        held: () => last,
      };
    }],
  ],
  "a store that is closed takes nothing more": [
    [/^resolve after close is not refused/, () => ({ close: () => Promise.resolve() })],
    [/^close of a closed store fails with Error: twice/, (good) => {
      let closed = false;
      return {
        close: () => {
          if (closed) throw new Error("twice");
          closed = true;
          return good.close!();
        },
      };
    }],
    [
      /^write to a writer from before after close is not refused/,
      (good) =>
        writing(good, (writer) => ({ write: (part) => writer.write(part).catch(() => {}) })),
    ],
  ],
};
