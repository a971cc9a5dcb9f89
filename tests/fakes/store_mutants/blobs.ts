/**
 * Stores that break the rules for blobs.
 *
 * @module
 */

import { computeDigest } from "../../../lib/digest.ts";
import { BlobberError } from "../../../lib/errors.ts";
import type { BlobWriter } from "../../../lib/store.ts";
import { streamOf } from "../../../lib/system/streams.ts";
import { deaf, type Mutants, writing } from "./good_store.ts";

/** For each rule, stores that break it, and what is said of them. */
export const BLOB_MUTANTS: Mutants = {
  "a blob is there from its commit on, and not before": [
    [/never written is true/, () => ({ has: () => Promise.resolve(true) })],
    [/before its commit is true/, (good) => {
      const early = new Set<string>();
      return {
        ...writing(good, (writer) => ({
          write: async (part) => {
            early.add(await computeDigest(part.slice()));
            await writer.write(part);
          },
        })),
        has: async (at, o) => early.has(at.digest) || await good.has(at, o),
      };
    }],
    [/after its commit is false/, (good) =>
      writing(good, (writer) => ({
        commit: () => writer.abort(),
      }))],
  ],
  "a blob that is missing is not found": [
    [/is not refused, expected a BlobberError with the code "not-found"/, () => ({
      fetch: () => Promise.resolve(streamOf(new Uint8Array(0))),
    })],
    [/is refused with Error: nothing, expected/, () => ({
      fetch: () => Promise.reject(new Error("nothing")),
    })],
  ],
  "a blob is read as it was written, as often as it is asked for": [
    [/^the digest of what is read the first time is/, (good) => ({
      fetch: async (at, o) => {
        const whole = await new Response(await good.fetch(at, o)).arrayBuffer();
        return streamOf(new Uint8Array(whole).map((byte) => byte & 0x7f));
      },
    })],
    [/^the digest of what is read the second time is/, (good) => {
      const streams = new Map<string, ReadableStream<Uint8Array>>();
      return {
        fetch: async (at, o) => {
          const stream = streams.get(at.digest) ?? await good.fetch(at, o);
          streams.set(at.digest, stream);
          return stream;
        },
      };
    }],
    [/^a stream gives string, expected Uint8Array/, (good) => ({
      fetch: async (at, o) => {
        const text = await new Response(await good.fetch(at, o)).text();
        return new ReadableStream({
          start(controller) {
            controller.enqueue(text as never);
            controller.close();
          },
        });
      },
    })],
    [/^what fetch gives is object, expected a ReadableStream/, () => ({
      fetch: () => Promise.resolve(new Uint8Array(0) as never),
    })],
  ],
  "an empty blob is a blob": [
    [/^has of an empty blob is false/, (good) => ({
      has: async (at, o) => at.size > 0 && await good.has(at, o),
    })],
    [/^fetch fails with a BlobberError with the code "not-found"/, (good) => ({
      fetch: (at, o) =>
        at.size > 0 ? good.fetch(at, o) : Promise.reject(new BlobberError("not-found", "empty")),
    })],
  ],
  "a range gives exactly its bytes": [
    [
      /the range from 7 to before 12 of "twelve bytes" is "twelve bytes", expected "bytes"/,
      (good) => ({
        fetch: (at, o) => good.fetch(at, deaf({ signal: o?.signal })),
      }),
    ],
    [/the range from 0 to before 1 of "twelve bytes" is "tw", expected "t"/, (good) => ({
      fetch: (at, o) =>
        good.fetch(
          at,
          o?.range && o.range.end < 12 ? { range: { ...o.range, end: o.range.end + 1 } } : o,
        ),
    })],
  ],
  "a range beyond the end is refused": [
    [/^a range to before 13 of a blob of 12 bytes is not refused/, (good) => ({
      fetch: (at, o) =>
        good.fetch(
          at,
          o?.range ? { range: { ...o.range, end: Math.min(o.range.end, at.size) } } : o,
        ),
    })],
  ],
  "a stream that is given up lets go": [
    [/^cancel of a stream fails with Error: no/, (good) => ({
      fetch: async (at, o) => {
        const reader = (await good.fetch(at, o)).getReader();
        return new ReadableStream({
          pull: async (controller) => {
            const { value, done } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel: () => Promise.reject(new Error("no")),
        });
      },
    })],
  ],
  "a writer's caller may use its memory again": [
    [
      /^commit of what was written from memory used again fails/,
      (good) =>
        writing(good, (writer) => {
          const parts: Uint8Array[] = [];
          return {
            write: (part) => Promise.resolve(void parts.push(part)),
            commit: async (at) => {
              for (const part of parts) await writer.write(part);
              await writer.commit(at);
            },
          };
        }),
    ],
  ],
  "a blob may come in pieces, small, large and empty": [
    [/^write fails with Error: empty/, (good) =>
      writing(good, (writer) => ({
        write: (part) => part.length > 0 ? writer.write(part) : Promise.reject(new Error("empty")),
      }))],
    [/^commit of a blob in four pieces fails/, (good) =>
      writing(good, (writer) => ({
        write: (part) => part.length > 1_000_000 ? Promise.resolve() : writer.write(part),
      }))],
  ],
  "a blob with another digest than the one it is given is refused": [
    [/^commit under another digest is not refused/, (good) =>
      writing(good, (writer) => ({
        commit: (at) => writer.commit(at).catch(() => {}),
      }))],
    [
      /^commit under another digest is refused with TypeError: no, expected/,
      (good) =>
        writing(good, (writer) => ({
          commit: (at) => writer.commit(at).catch(() => Promise.reject(new TypeError("no"))),
        })),
    ],
    [/^has of what was written is true/, (good) =>
      writing(good, (writer, mediaType) => {
        let all = new Uint8Array(0);
        return {
          write: (part) => Promise.resolve(void (all = part.slice())),
          commit: async (at) => {
            await writer.write(all);
            const digest = await computeDigest(all);
            await writer.commit({ mediaType, digest, size: all.length });
            if (digest !== at.digest) throw new BlobberError("integrity", "another digest");
          },
        };
      })],
  ],
  "a blob with another size than the one it is given is refused": [
    [/^commit of 12 bytes as 11 is not refused/, (good) =>
      writing(good, (writer) => {
        let size = 0;
        return {
          write: (part) => (size += part.length, writer.write(part)),
          commit: (at) => writer.commit({ ...at, size }),
        };
      })],
    [/^commit of 12 bytes as 13 is not refused/, (good) =>
      writing(good, (writer) => {
        let size = 0;
        return {
          write: (part) => (size += part.length, writer.write(part)),
          commit: (at) => writer.commit({ ...at, size: Math.min(size, at.size) }),
        };
      })],
  ],
  "a blob that is given up leaves nothing": [
    [/^has of a blob that was given up is true/, (good) =>
      writing(good, (writer, mediaType) => {
        let all = new Uint8Array(0);
        return {
          write: (part) => (all = part.slice(), writer.write(part)),
          abort: async () =>
            await writer.commit({ mediaType, digest: await computeDigest(all), size: all.length }),
        };
      })],
  ],
  "a writer may be given up at any time, and more than once": [
    [/^abort after abort fails with Error: twice/, (good) =>
      writing(good, (writer) => {
        let aborted = false;
        return {
          abort: () => {
            if (aborted) throw new Error("twice");
            aborted = true;
            return writer.abort();
          },
        };
      })],
    [/given up after commit is false/, (good) => {
      const gone = new Set<string>();
      return {
        ...writing(good, (writer) => {
          let digest = "";
          return {
            commit: (at) => (digest = at.digest, writer.commit(at)),
            abort: () => (gone.add(digest), writer.abort()),
          };
        }),
        has: async (at, o) => !gone.has(at.digest) && await good.has(at, o),
      };
    }],
  ],
  "a writer that has ended takes nothing more": [
    [/^write after abort is not refused/, (good) =>
      writing(good, (writer) => ({
        write: (part) => writer.write(part).catch(() => {}),
      }))],
    [/^commit after abort is not refused/, (good) =>
      writing(good, (writer) => ({
        commit: (at) => writer.commit(at).catch(() => {}),
      }))],
    [/^write after commit is not refused/, (good) =>
      writing(good, (writer) => {
        let committed = false;
        return {
          write: (part) => committed ? Promise.resolve() : writer.write(part),
          commit: (at) => (committed = true, writer.commit(at)),
        };
      })],
  ],
  "a blob may be written again": [
    [
      /^writing a blob of 12 bytes fails with a BlobberError with the code "conflict"/,
      (good) =>
        writing(good, (writer) => ({
          commit: async (at) => {
            if (await good.has(at)) throw new BlobberError("conflict", "it is there");
            await writer.commit(at);
          },
        })),
    ],
  ],
  "writers at the same time do not mix": [
    [/^commit beside others fails/, (good) => {
      let shared: Promise<BlobWriter> | undefined;
      return { begin: (type, o) => shared ??= good.begin(type, o) };
    }],
  ],
};
