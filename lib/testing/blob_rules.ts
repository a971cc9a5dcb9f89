/**
 * Rules for blobs: what is read of them, and how they are written.
 *
 * @module
 */

import { done, refused, same } from "./assertions.ts";
import { blobOf, bytesOf, type Rule } from "./trial.ts";

const TEXT = "twelve bytes";
/** More than a store is likely to keep in one piece. */
const LARGE = 3 * 1024 * 1024 + 1;

/** Rules for reading blobs. */
export const READING: readonly Rule[] = [
  {
    name: "a blob is there from its commit on, and not before",
    async check(trial) {
      const blob = blobOf(TEXT);
      same("has of a blob that was never written", await trial.has(blob), false);
      const writer = await done("begin", () => trial.store.begin(blob.mediaType));
      await done("write", () => writer.write(bytesOf(TEXT)));
      same("has of a blob before its commit", await trial.has(blob), false);
      await done("commit", () => writer.commit(blob));
      same("has of a blob after its commit", await trial.has(blob), true);
    },
  },
  {
    name: "a blob that is missing is not found",
    async check({ store }) {
      await refused("fetch of a missing blob", () => store.fetch(blobOf(TEXT)), "not-found");
    },
  },
  {
    name: "a blob is read as it was written, as often as it is asked for",
    async check(trial) {
      const blob = await trial.blob(new Uint8Array(256).map((_, i) => i));
      for (const time of ["first", "second"]) {
        const { digest } = blobOf(await trial.bytes(blob));
        same(`the digest of what is read the ${time} time`, digest, blob.digest);
      }
    },
  },
  {
    name: "an empty blob is a blob",
    async check(trial) {
      const blob = await trial.blob("");
      same("has of an empty blob", await trial.has(blob), true);
      same("an empty blob", await trial.read(blob), "");
    },
  },
  {
    name: "a range gives exactly its bytes",
    async check(trial) {
      const blob = await trial.blob(TEXT);
      for (const [start, end] of [[7, 12], [0, 1], [3, 9], [0, 12]] as const) {
        const range = { start, end };
        const what = `the range from ${start} to before ${end} of "${TEXT}"`;
        if (trial.can.ranges) same(what, await trial.read(blob, range), TEXT.slice(start, end));
        else await refused(what, () => trial.store.fetch(blob, { range }), "range-not-supported");
      }
    },
  },
  {
    name: "a range beyond the end is refused",
    async check(trial) {
      const blob = await trial.blob(TEXT);
      const range = { start: 7, end: 13 };
      await refused(
        "a range to before 13 of a blob of 12 bytes",
        () => trial.store.fetch(blob, { range }),
        "range-not-supported",
      );
    },
  },
  {
    name: "a stream that is given up lets go",
    async check(trial) {
      const bytes = new Uint8Array(LARGE);
      const blob = await trial.blob(bytes);
      const reader = (await done("fetch", () => trial.store.fetch(blob))).getReader();
      await done("a read", () => reader.read());
      await done("cancel of a stream", () => reader.cancel());
      const unread = await done("fetch", () => trial.store.fetch(blob));
      await done("cancel of a stream that was not read", () => unread.cancel());
      same("a blob after its stream was given up", (await trial.read(blob)).length, LARGE);
    },
  },
];

/** Rules for writing blobs. */
export const WRITING: readonly Rule[] = [
  {
    name: "a writer's caller may use its memory again",
    async check(trial) {
      const writer = await done("begin", () => trial.store.begin(blobOf("").mediaType));
      const memory = bytesOf("abc");
      await done("write", () => writer.write(memory));
      memory.set(bytesOf("def"));
      await done("write", () => writer.write(memory));
      memory.fill(0);
      const blob = blobOf("abcdef");
      await done("commit of what was written from memory used again", () => writer.commit(blob));
      same("what was written from memory used again", await trial.read(blob), "abcdef");
    },
  },
  {
    name: "a blob may come in pieces, small, large and empty",
    async check(trial) {
      const bytes = new Uint8Array(LARGE).map((_, i) => i % 251);
      const blob = blobOf(bytes);
      const writer = await done("begin", () => trial.store.begin(blob.mediaType));
      for (const [start, end] of [[0, 1], [1, 1], [1, LARGE - 1], [LARGE - 1, LARGE]]) {
        await done("write", () => writer.write(bytes.subarray(start, end)));
      }
      await done("commit of a blob in four pieces", () => writer.commit(blob));
      const { digest } = blobOf(await trial.bytes(blob));
      same("the digest of a blob in four pieces", digest, blob.digest);
    },
  },
  {
    name: "a blob with another digest than the one it is given is refused",
    async check(trial) {
      const [right, wrong] = [blobOf("right"), blobOf("wrong")];
      const writer = await done("begin", () => trial.store.begin(right.mediaType));
      await done("write", () => writer.write(bytesOf("wrong")));
      await refused("commit under another digest", () => writer.commit(right), "integrity");
      await done("abort after a commit that failed", () => writer.abort());
      same("has of the digest that was named", await trial.has(right), false);
      same("has of what was written", await trial.has(wrong), false);
    },
  },
  {
    name: "a blob with another size than the one it is given is refused",
    async check(trial) {
      const blob = blobOf(TEXT);
      for (const size of [11, 13]) {
        const writer = await done("begin", () => trial.store.begin(blob.mediaType));
        await done("write", () => writer.write(bytesOf(TEXT)));
        const what = `commit of 12 bytes as ${size}`;
        await refused(what, () => writer.commit({ ...blob, size }), "integrity");
        await done("abort after a commit that failed", () => writer.abort());
      }
      same("has of a blob whose commit was refused", await trial.has(blob), false);
    },
  },
  {
    name: "a blob that is given up leaves nothing",
    async check(trial) {
      const writer = await done("begin", () => trial.store.begin(blobOf("").mediaType));
      await done("write", () => writer.write(bytesOf(TEXT)));
      await done("abort", () => writer.abort());
      same("has of a blob that was given up", await trial.has(blobOf(TEXT)), false);
    },
  },
  {
    name: "a writer may be given up at any time, and more than once",
    async check(trial) {
      const blob = blobOf(TEXT);
      const unused = await done("begin", () => trial.store.begin(blob.mediaType));
      await done("abort before the first write", () => unused.abort());
      await done("abort after abort", () => unused.abort());
      const writer = await done("begin", () => trial.store.begin(blob.mediaType));
      await done("write", () => writer.write(bytesOf(TEXT)));
      await done("commit", () => writer.commit(blob));
      await done("abort after commit", () => writer.abort());
      same("has of a blob whose writer was given up after commit", await trial.has(blob), true);
    },
  },
  {
    name: "a writer that has ended takes nothing more",
    async check(trial) {
      const blob = blobOf(TEXT);
      const aborted = await done("begin", () => trial.store.begin(blob.mediaType));
      await done("abort", () => aborted.abort());
      await refused("write after abort", () => aborted.write(bytesOf(TEXT)), "closed");
      await refused("commit after abort", () => aborted.commit(blobOf("")), "closed");
      const ended = await done("begin", () => trial.store.begin(blob.mediaType));
      await done("write", () => ended.write(bytesOf(TEXT)));
      await done("commit", () => ended.commit(blob));
      await refused("write after commit", () => ended.write(bytesOf(TEXT)), "closed");
    },
  },
  {
    name: "a blob may be written again",
    async check(trial) {
      const blob = await trial.blob(TEXT);
      await trial.blob(TEXT);
      same("a blob that was written twice", await trial.read(blob), TEXT);
    },
  },
  {
    name: "writers at the same time do not mix",
    async check(trial) {
      const texts = Array.from({ length: 8 }, (_, i) => `${i % 7} is the name of this blob`);
      const writers = await Promise.all(texts.map(async (text) => {
        const writer = await done("begin", () => trial.store.begin(blobOf(text).mediaType));
        return { text, writer };
      }));
      for (const half of [[0, 8], [8]]) {
        await Promise.all(
          writers.map(({ text, writer }) =>
            done("write beside others", () => writer.write(bytesOf(text.slice(...half))))
          ),
        );
      }
      await Promise.all(
        writers.map(({ text, writer }) =>
          done("commit beside others", () => writer.commit(blobOf(text)))
        ),
      );
      for (const text of texts) {
        same("a blob written beside others", await trial.read(blobOf(text)), text);
      }
    },
  },
];
