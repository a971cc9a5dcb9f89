import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Client } from "../../client.ts";
import type { BlobberError } from "../../errors.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import type { InputEntry, PushInput } from "./input.ts";

const HELLO = new TextEncoder().encode("hello");

/** The error for an input, of which nothing was stored. */
async function refused(input: unknown): Promise<BlobberError> {
  const store = new MemoryStore();
  const client = new Client({ jobs: 0 });
  let error: unknown;
  for (
    const call of [
      () => client.push(input as PushInput, { store, reference: "v1" }),
      () => client.digest(input as PushInput),
    ]
  ) {
    await assert.rejects(call, (thrown) => {
      error = thrown;
      return true;
    });
  }
  assert.deepEqual(await Array.fromAsync(store.tags()), []);
  return error as BlobberError;
}

const INPUTS: [unknown, string][] = [
  [undefined, "undefined, expected one of { directory }, { tar }, { entries } and { files }"],
  [null, "null, expected one of { directory }, { tar }, { entries } and { files }"],
  ["site", '"site", expected one of { directory }, { tar }, { entries } and { files }'],
  [[], "an empty list, expected one of { directory }, { tar }, { entries } and { files }"],
  [{}, "an object with nothing, expected one of { directory }, { tar }, { entries } and { files }"],
  [{ dir: "site" }, "an object with dir, expected one of { directory }"],
  [{ directory: undefined }, "an object with directory, expected one of"],
  [{ directory: "site", entries: [] }, "an object with directory, entries, expected one of"],
  [{ directory: "" }, 'the directory is "", expected a path'],
  [{ directory: 5 }, "the directory is 5, expected a path"],
  [{ directory: new URL("file:///site") }, "the directory is a URL, expected a path"],
  [{ tar: "x" }, 'the tar is "x", expected a ReadableStream or an asynchronous iterable'],
  [{ tar: HELLO }, "the tar is a Uint8Array, expected a ReadableStream"],
  [{ tar: [HELLO] }, "the tar is a list, expected a ReadableStream"],
  [{ tar: new Response("x") }, "the tar is a Response, expected a ReadableStream"],
  [
    { tar: locked() },
    "the tar is a ReadableStream that is being read, expected one of Uint8Array",
  ],
  [{ entries: "abc" }, 'the entries is "abc", expected a list or an iterable of entries'],
  [{ entries: {} }, "the entries is an empty object, expected a list or an iterable"],
  [{ entries: () => [] }, "the entries is a function, expected a list or an iterable"],
  [{ entries: Promise.resolve([]) }, "the entries is a Promise, expected a list or an iterable"],
  [{ entries: [undefined] }, "undefined, expected an entry"],
  [{ entries: ["a.txt"] }, '"a.txt", expected an entry'],
  [{ entries: [["a.txt", HELLO]] }, "a list, expected an entry"],
];

for (const [input, message] of INPUTS) {
  test(`does not push ${message}`, async () => {
    const error = await refused(input);
    assert.equal(error.code, "invalid-option", String(error));
    assert.ok(error.message.startsWith(`cannot push: ${message}`), error.message);
  });
}

const file = { path: "f", type: "file", content: HELLO };
const ENTRIES: [object, string][] = [
  [{ ...file, path: 5 }, 'the entry "5" has the path 5, expected a string'],
  [{ ...file, path: undefined }, 'the entry "undefined" has the path undefined, expected a'],
  [{ ...file, type: "fifo" }, 'the entry "f" has the type "fifo", expected "file", "directory", '],
  [{ ...file, type: undefined }, 'the entry "f" has the type undefined, expected "file", '],
  [{ ...file, mode: "644" }, 'the entry "f" has the mode "644", expected permission bits'],
  [{ ...file, mode: NaN }, 'the entry "f" has the mode NaN, expected permission bits'],
  [{ ...file, mode: -1 }, 'the entry "f" has the mode -1, expected permission bits'],
  [{ ...file, mode: (0o644).toString }, 'the entry "f" has the mode a function, expected'],
  [{ ...file, mtime: new Date() }, 'the entry "f" has the mtime a Date, expected seconds since'],
  [{ ...file, mtime: NaN }, 'the entry "f" has the mtime NaN, expected seconds since 1970'],
  [{ ...file, size: "5" }, 'the entry "f" has the size "5", expected a number of bytes'],
  [{ ...file, size: 4 }, 'the entry "f" has 5 bytes of content and the size 4'],
  [{ ...file, content: "hello" }, 'the entry "f" has the content "hello", expected a Readable'],
  [{ ...file, content: [HELLO] }, 'the entry "f" has the content a list, expected a Readable'],
  [{ ...file, content: HELLO.buffer }, 'the entry "f" has the content an ArrayBuffer, expected'],
  [{ ...file, content: new Blob(["x"]) }, 'the entry "f" has the content a Blob, expected'],
  [{ ...file, content: null }, 'the entry "f" has the content null, expected a Readable'],
  [{ ...file, content: Readable.from([HELLO]) }, 'the entry "f" has content that comes as a stre'],
  [
    { ...file, size: 5, content: locked() },
    'the content of "f" is a ReadableStream that is being read, expected one of Uint8Array',
  ],
  [{ path: "l", type: "symlink", linkTarget: 5 }, 'the entry "l" has the linkTarget 5, expected a'],
  [
    { ...file, size: 5, content: Readable.from(["hello"]) },
    'the content of "f" gave "hello", expected a Uint8Array',
  ],
  [
    { ...file, size: 5, content: endless(1) },
    'the content of "f" gave 1, expected a Uint8Array',
  ],
];

/** A stream that has a reader. */
function locked(): ReadableStream {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
}

function endless(piece: unknown): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(piece) });
}

for (const [entry, message] of ENTRIES) {
  test(`does not push that ${message}`, async () => {
    const store = new MemoryStore();
    const input = { entries: [{ path: "d", type: "directory" }, entry] } as unknown as PushInput;
    const push = new Client({ jobs: 0 }).push(input, { store });
    await assert.rejects(push, (error: BlobberError) => {
      assert.equal(error.code, "invalid-option", String(error));
      assert.ok(error.message.startsWith(`cannot push: ${message}`), error.message);
      return true;
    });
    assert.deepEqual(await Array.fromAsync(store.tags()), []);
  });
}

test("does not push a tar of text", async () => {
  for (const tar of [Readable.from(["x"]), endless("x")]) {
    const push = new Client({ jobs: 0 }).push({ tar }, { store: new MemoryStore() });
    await assert.rejects(push, {
      code: "invalid-option",
      message: 'cannot push: the tar gave "x", expected a Uint8Array',
      hint: /TextEncoder/,
    });
  }
});

test("says how what is no source of bytes becomes one", async () => {
  for (
    const [content, hint] of [
      ["hello", /TextEncoder/],
      [HELLO.buffer, /new Uint8Array/],
      [new Blob(["x"]), /blob\.stream/],
      [new Response("x"), /response\.body/],
    ] as const
  ) {
    const { hint: said } = await refused({ entries: [{ ...file, size: 5, content }] });
    assert.match(said!, hint);
  }
});

test("content has the size that its entry says, and is given up when it has another", async () => {
  for (
    const [size, message] of [
      [11, 'the content of "f" ended after 10 bytes, expected 11 bytes'],
      [9, 'the content of "f" goes on, expected 9 bytes'],
      [5, 'the content of "f" goes on, expected 5 bytes'],
      [0, 'the content of "f" goes on, expected 0 bytes'],
    ] as const
  ) {
    let isOver = false;
    const content = async function* () {
      try {
        yield HELLO;
        yield HELLO;
      } finally {
        isOver = true;
      }
    };
    const store = new MemoryStore();
    const entries: InputEntry[] = [{ path: "f", type: "file", size, content: content() }];
    await assert.rejects(new Client({ jobs: 0 }).push({ entries }, { store }), {
      code: "source-changed",
      message,
    });
    assert.equal(isOver, true);
    assert.deepEqual(await Array.fromAsync(store.tags()), []);
  }
});

test("content is given up when the push fails for another reason", async () => {
  let reason: unknown;
  const content = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(HELLO),
    cancel: () => void (reason = "given up"),
  });
  const entries: InputEntry[] = [{ path: "f", type: "file", size: 1e9, content }];
  const failing = { onProgress: () => assert.fail("progress") };
  const store = new MemoryStore();
  await assert.rejects(new Client({ jobs: 0 }).push({ entries }, { store }, failing));
  assert.equal(reason, "given up");
});

test("takes what stat says of a mode, entries of a Set, and a stream of Node's", async () => {
  const store = new MemoryStore();
  const client = new Client({ jobs: 0 });
  const entries = new Set<InputEntry>([
    { path: "a", type: "file", mode: 0o100755, content: HELLO },
    { path: "b", type: "file", size: 5, content: Readable.from([HELLO]) },
  ]);
  await client.push({ entries }, { store });
  const image = await client.openImage({ store });
  const found = await image.entries();
  assert.deepEqual(found.map(({ path, mode, size }) => [path, mode, size]), [
    ["a", 0o755, 5],
    ["b", 0o644, 5],
  ]);
  await image.close();
});
