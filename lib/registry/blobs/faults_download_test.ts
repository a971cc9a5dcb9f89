import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { bench, noise, plant, readBlob } from "../../../tests/fakes/registry/registry_bench.ts";
import { NodeEngine } from "../http/node_engine.ts";
import {
  failure,
  type FakeAnswer,
  type FakeRequest,
} from "../../../tests/fakes/registry/fake_registry.ts";

const MiB = 1024 * 1024;
const big = noise(3 * MiB);
const rewrite = (change: (answer: FakeAnswer) => Partial<FakeAnswer>) => () => ({
  rewrite: (answer: FakeAnswer) => ({ ...answer, ...change(answer) }),
});
const withHeaders = (headers: Record<string, string>) =>
  rewrite((answer) => ({ headers: { ...answer.headers, ...headers } }));
function streamed(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
  return (async function* () {
    yield* parts;
  })();
}
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield await Promise.resolve(noise(64 * 1024));
}

test("a body cut off in the middle is taken up where it broke", async () => {
  const { registry, store, clock } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = ({ number }) => number === 1 ? { breakAfter: MiB } : undefined;
  assert.deepEqual(await readBlob(store, blob), big);
  assert.equal(registry.requests.length, 2);
  const [first, second] = registry.requests;
  assert.equal(first!.headers["range"], undefined);
  const from = Number(/^bytes=(\d+)-/.exec(second!.headers["range"]!)![1]);
  assert.ok(from > 0 && from <= MiB, `taken up at ${from}`);
  assert.equal(second!.headers["if-range"], `"${blob.digest}"`);
  assert.equal(second!.sent, big.length - from);
  assert.equal(clock.pauses.length, 1);
});

test("a range cut off in the middle is taken up too", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = ({ number }) => number === 1 ? { breakAfter: 1000 } : undefined;
  assert.deepEqual(
    await readBlob(store, blob, { start: 500, end: MiB }),
    big.slice(500, MiB),
  );
  assert.match(registry.requests[1]!.headers["range"]!, new RegExp(`^bytes=\\d+-${MiB - 1}$`));
});

test("a connection that breaks every time is given up after five tries", async () => {
  const { registry, store, clock } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = () => ({ breakAfter: 1 });
  await assert.rejects(readBlob(store, blob), { code: "network" });
  assert.ok(registry.requests.length <= 5, `${registry.requests.length} requests`);
  assert.ok(clock.pauses.length <= 4);
});

test("reset before the answer, and nothing is lost", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = ({ number }) => number === 1 ? { reset: true } : undefined;
  assert.deepEqual(await readBlob(store, blob), big);
});

test("an answer that never comes ends with the idle timeout", async () => {
  const { registry, store, clock } = await bench({}, { seams: { idleMs: 30 } });
  const blob = plant(registry, big);
  registry.onRequest = () => ({ hang: true });
  await assert.rejects(readBlob(store, blob), { code: "timeout" });
  // On a busy machine a request may be given up before the registry has seen it.
  assert.equal(clock.pauses.length, 4);
});

test("a body that stalls is taken up after the idle timeout", async () => {
  const { registry, store } = await bench({}, { seams: { idleMs: 1000 } });
  const blob = plant(registry, big);
  registry.onRequest = ({ number }) => number === 1 ? { stallAfter: MiB } : undefined;
  assert.deepEqual(await readBlob(store, blob), big);
  assert.equal(registry.requests.length, 2);
});

test("a consumer that takes its time is no idle connection", async () => {
  const { registry, store } = await bench({}, { seams: { idleMs: 500 } });
  const blob = plant(registry, big);
  const reader = (await store.fetch(blob)).getReader();
  let size = 0;
  for (let n = 0;; n++) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (n === 2) await new Promise((resolve) => setTimeout(resolve, 700));
  }
  assert.equal(size, big.length);
  assert.equal(registry.requests.length, 1);
});

test("a shorter or longer Content-Length than the descriptor's is refused at once", async () => {
  for (const size of [big.length - 1, big.length + 1]) {
    const { registry, store } = await bench();
    const blob = plant(registry, big);
    registry.onRequest = rewrite(() => ({ body: noise(size) }));
    await assert.rejects(readBlob(store, blob), { code: "integrity" });
    assert.equal(registry.requests.length, 1);
  }
});

test("a chunked body of the right size is right", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = rewrite(() => ({ body: streamed(big.slice(0, 7), big.slice(7)) }));
  assert.deepEqual(await readBlob(store, blob), big);
});

test("one byte more than the descriptor says is refused", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = rewrite(() => ({ body: streamed(big, noise(1)) }));
  await assert.rejects(readBlob(store, blob), { code: "integrity" });
});

test("an infinite body is stopped", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, noise(10));
  registry.onRequest = rewrite(() => ({ body: endless() }));
  await assert.rejects(readBlob(store, blob), { code: "integrity" });
});

test("a body that ends early without an error is taken up, then refused", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = () => ({
    answer: { status: 200, body: streamed(big.slice(0, 1000)) },
  });
  await assert.rejects(readBlob(store, blob), { code: "network" });
  // Five tries, and one more request for the first that could not be taken up by its range.
  assert.equal(registry.requests.length, 6);
});

test("a Content-Encoding applied by a CDN is never decoded", async () => {
  const { registry, store } = await bench();
  const layer = gzipSync("a layer that is compressed by itself");
  const blob = plant(registry, layer);
  registry.onRequest = withHeaders({ "content-encoding": "gzip" });
  assert.deepEqual(await readBlob(store, blob), new Uint8Array(layer));
  assert.equal(registry.requests[0]!.headers["accept-encoding"], "identity");
});

test("what a CDN compressed on the way is refused", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, new Uint8Array(1000));
  registry.onRequest = rewrite((answer) => ({
    headers: { ...answer.headers, "content-encoding": "gzip" },
    body: new Uint8Array(gzipSync(new Uint8Array(1000))),
  }));
  await assert.rejects(readBlob(store, blob), { code: "integrity" });
});

for (
  const [name, change, code] of [
    ["200 and the whole", () => ({ status: 200, body: big }), "range-not-supported"],
    ["206 with a wrong start", (answer: FakeAnswer) => ({
      headers: { ...answer.headers, "content-range": `bytes 101-200/${big.length}` },
    }), "range-not-supported"],
    ["206 with a wrong end", (answer: FakeAnswer) => ({
      headers: { ...answer.headers, "content-range": `bytes 100-200/${big.length}` },
      body: big.slice(100, 201),
    }), "range-not-supported"],
    ["206 with another size", (answer: FakeAnswer) => ({
      headers: { ...answer.headers, "content-range": `bytes 100-199/${big.length + 1}` },
    }), "integrity"],
    ["206 without Content-Range", () => ({
      headers: { "content-type": "application/octet-stream" },
    }), "range-not-supported"],
    ["206 in parts", () => ({
      headers: { "content-type": "multipart/byteranges; boundary=x" },
      body: new TextEncoder().encode("--x\r\n\r\n--x--"),
    }), "range-not-supported"],
    ["206 with a byte too many", (answer: FakeAnswer) => ({
      headers: answer.headers,
      body: big.slice(100, 201),
    }), "range-not-supported"],
    ["206 with a byte too few", (answer: FakeAnswer) => ({
      headers: answer.headers,
      body: big.slice(100, 199),
    }), "range-not-supported"],
    ["206 with a byte too many, chunked", (answer: FakeAnswer) => ({
      headers: answer.headers,
      body: streamed(big.slice(100, 201)),
    }), "range-not-supported"],
  ] as [string, (answer: FakeAnswer) => Partial<FakeAnswer>, string][]
) {
  test(`${name} to a request for a range is refused`, async () => {
    const { registry, store } = await bench();
    const blob = plant(registry, big);
    registry.onRequest = rewrite(change);
    await assert.rejects(readBlob(store, blob, { start: 100, end: 200 }), { code });
    assert.equal(registry.requests[0]!.headers["range"], "bytes=100-199");
    assert.ok(registry.requests.length <= 1, registry.log().join("\n"));
  });
}

test("the whole in place of a range is not downloaded", async () => {
  const { registry, store } = await bench({ ranges: false });
  const huge = noise(24 * MiB);
  const blob = plant(registry, huge);
  await assert.rejects(store.fetch(blob, { range: { start: 0, end: 100 } }), {
    code: "range-not-supported",
  });
  await registry.close();
  assert.ok(registry.requests[0]!.sent < huge.length / 2, `${registry.requests[0]!.sent} bytes`);
});

test("the whole in place of a range serves when it is small", async () => {
  const { registry, store } = await bench({ ranges: false });
  const small = big.slice(0, MiB);
  const blob = plant(registry, small);
  for (const [start, end] of [[1000, small.length - 1000], [1000, 1001]] as const) {
    assert.deepEqual(await readBlob(store, blob, { start, end }), small.slice(start, end));
  }
  assert.equal(registry.requests.length, 2);
});

const refusedRanges: [string, (request: FakeRequest) => FakeAnswer | undefined][] = [
  ...[400, 403, 416, 501].map((status): [string, () => FakeAnswer] => [
    `status ${status}`,
    () => failure(status, "UNSUPPORTED", "no ranges here"),
  ]),
  ["200 with a part of the body", ({ headers }) => {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers["range"]!)!;
    return { status: 200, headers: {}, body: big.slice(Number(start), Number(end) + 1) };
  }],
  ["200 with a part of the body, chunked", ({ headers }) => {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers["range"]!)!;
    return { status: 200, headers: {}, body: streamed(big.slice(Number(start), Number(end) + 1)) };
  }],
];
for (const [name, answer] of refusedRanges) {
  const refuse = (request: FakeRequest) =>
    request.headers["range"] === undefined ? undefined : { answer: answer(request)! };

  test(`range-refused: ${name}: of a large blob no range is given, and the whole is`, async () => {
    const { registry, store } = await bench();
    const blob = plant(registry, big);
    registry.onRequest = refuse;
    await assert.rejects(readBlob(store, blob, { start: 100, end: 200 }), {
      code: "range-not-supported",
    });
    assert.deepEqual(await readBlob(store, blob), big);
    assert.deepEqual(registry.requests.map(({ headers }) => headers["range"]), [
      "bytes=100-199",
      undefined,
    ]);
  });

  test(`range-refused: ${name}: a small blob is asked for whole, and cut`, async () => {
    const { registry, store, notices } = await bench();
    const small = big.slice(0, MiB);
    const blob = plant(registry, small);
    registry.onRequest = refuse;
    assert.deepEqual(
      await readBlob(store, blob, { start: 100, end: 9000 }),
      small.slice(100, 9000),
    );
    assert.equal(registry.requests.length, 2);
    assert.ok(notices.some(({ code, level }) => code === "range-refused" && level === "debug"));
  });

  test(`range-refused: ${name}: a download that broke is read again from its start`, async () => {
    const { registry, store } = await bench();
    const blob = plant(registry, big);
    registry.onRequest = (request) =>
      request.number === 1 ? { breakAfter: 2 * MiB } : refuse(request);
    assert.deepEqual(await readBlob(store, blob), big);
    assert.equal(registry.requests.length, 3);
    assert.equal(registry.requests[2]!.headers["range"], undefined);
  });
}

test("range-refused: what is refused without a range too is told as it is", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big.slice(0, MiB));
  registry.onRequest = () => ({ answer: failure(403, "DENIED", "not for you") });
  await assert.rejects(readBlob(store, blob, { start: 100, end: 200 }), { code: "denied" });
});

test("a server that sends something else is named by its host, not by the repository", async () => {
  const { registry, store } = await bench();
  const blob = plant(registry, big);
  registry.onRequest = rewrite(() => ({ body: noise(5) }));
  await assert.rejects(readBlob(store, blob), ({ message }: Error) => {
    assert.ok(message.startsWith(`${registry.host} sends 5 bytes`), message);
    return true;
  });
});

test("content that changed before it was taken up is refused", async () => {
  for (const status of [200, 206]) {
    const { registry, store } = await bench();
    const blob = plant(registry, big);
    registry.onRequest = ({ number }) =>
      number === 1 ? { breakAfter: MiB } : {
        rewrite: (answer) => ({
          ...answer,
          status,
          headers: { ...answer.headers, etag: '"another"' },
          body: status === 200 ? noise(big.length, 2) : answer.body,
        }),
      };
    await assert.rejects(readBlob(store, blob), { code: "integrity" });
    assert.equal(registry.requests.length, 2);
  }
});

test("a server that cannot take up is read again from the start, without a wrong byte", async () => {
  const { registry, store } = await bench({ ranges: false });
  const blob = plant(registry, big);
  registry.onRequest = ({ number }) => number === 1 ? { breakAfter: 2 * MiB } : undefined;
  assert.deepEqual(await readBlob(store, blob), big);
  assert.equal(registry.requests.length, 2);
});

test("a download that is cancelled ends the connection", async () => {
  const { registry, store } = await bench();
  const huge = noise(24 * MiB);
  const stream = await store.fetch(plant(registry, huge));
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  await registry.close();
  assert.ok(registry.requests[0]!.sent < huge.length);
});

test("a download stops when its signal says so", async () => {
  const { registry, store } = await bench();
  const stop = new AbortController();
  const blob = plant(registry, big);
  registry.onRequest = () => ({ stallAfter: MiB });
  const reader = (await store.fetch(blob, { signal: stop.signal })).getReader();
  await reader.read();
  const reading = (async () => {
    while (!(await reader.read()).done);
  })();
  stop.abort(new Error("enough"));
  await assert.rejects(reading, { code: "interrupted", cause: new Error("enough") });
});

test("where answers pile up in memory, a blob is asked for in parts", async () => {
  const engine = Object.assign(new NodeEngine({ skipVerify: false }), { pilesUp: () => true });
  const { registry, store } = await bench({}, { seams: { engine } });
  const blob = plant(registry, big);
  assert.deepEqual(await readBlob(store, blob), big);
  assert.deepEqual(registry.requests.map(({ headers }) => headers["range"]), [
    `bytes=0-${MiB - 1}`,
    `bytes=${MiB}-${2 * MiB - 1}`,
    `bytes=${2 * MiB}-${3 * MiB - 1}`,
  ]);
  registry.clear();
  registry.onRequest = ({ number }) => number === 1 ? { breakAfter: 100_000 } : undefined;
  const range = { start: 5, end: MiB + 10 };
  assert.deepEqual(await readBlob(store, blob, range), big.slice(5, MiB + 10));
  assert.equal(registry.requests.length, 2);
  registry.clear();
  registry.onRequest = undefined;
  registry.options.ranges = false;
  assert.deepEqual(await readBlob(store, blob), big);
  assert.equal(registry.requests.length, 1);
});
