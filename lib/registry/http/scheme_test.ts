import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectionOptions } from "../../options.ts";
import type { FailureKind, HttpResponse } from "./exchange.ts";
import { ExchangeError } from "./failure.ts";
import { SchemeChoice } from "./scheme.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

function answerOf(url: URL, status = 200, text = ""): HttpResponse {
  let left: Uint8Array | undefined = new TextEncoder().encode(text);
  const body = {
    read: () => {
      const piece = left?.length ? left : undefined;
      left = undefined;
      return Promise.resolve(piece);
    },
    cancel: () => Promise.resolve(),
  };
  return { status, headers: new Headers(), url, body };
}

/** A host that answers by one scheme, and fails in a certain way by the other. */
function host(speaks: "http:" | "https:" | "nothing", otherwise: FailureKind) {
  const asked: string[] = [];
  const send = async (origin: URL): Promise<HttpResponse> => {
    asked.push(origin.protocol);
    await turn();
    if (origin.protocol === speaks) return answerOf(origin);
    throw new ExchangeError(otherwise, `${origin.protocol} does not work`);
  };
  return { asked, send };
}

for (
  const [endpoint, connection, expected] of [
    ["registry.example", {}, ["https:"]],
    ["registry.example", { insecure: true }, ["https:", "http:"]],
    ["127.0.0.1:5000", {}, ["http:", "https:"]],
    ["127.0.0.1:443", {}, ["https:", "http:"]],
    ["localhost:5000", { insecureSkipTlsVerify: true }, ["https:", "http:"]],
    ["localhost:5000", { caCerts: ["x"] }, ["https:", "http:"]],
  ] as [string, ConnectionOptions, string[]][]
) {
  test(`${endpoint} with ${JSON.stringify(connection)} is tried by ${expected}`, async () => {
    const { asked, send } = host("nothing", "broken");
    await assert.rejects(new SchemeChoice(endpoint, connection).send(send, undefined));
    assert.deepEqual(asked, expected);
  });
}

test("requests side by side wait for the first, and all go by the scheme that it settles", async () => {
  const { asked, send } = host("https:", "broken");
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const answers = await Promise.all([1, 2, 3].map(() => scheme.send(send, undefined)));
  assert.deepEqual(asked, ["http:", "https:", "https:", "https:"]);
  assert.deepEqual(answers.map(({ url }) => url.protocol), ["https:", "https:", "https:"]);
  assert.equal(scheme.origin.protocol, "https:");
});

test("a scheme that is settled stays, whatever comes later", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  await scheme.send(host("http:", "broken").send, undefined);
  await assert.rejects(scheme.send(host("https:", "broken").send, undefined));
  assert.equal(scheme.origin.protocol, "http:");
});

test("where the first request fails, those that wait fail like it, and the next tries anew", async () => {
  const down = host("nothing", "broken");
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const results = await Promise.allSettled([1, 2].map(() => scheme.send(down.send, undefined)));
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(down.asked, ["http:", "https:"]);
  await scheme.send(host("https:", "broken").send, undefined);
  assert.equal(scheme.origin.protocol, "https:");
});

test("where the first request is aborted, the next in line settles the scheme", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const aborted = scheme.send(() => Promise.reject(new Error("enough")), undefined);
  const { asked, send } = host("http:", "broken");
  const waiting = scheme.send(send, undefined);
  await assert.rejects(aborted, { message: "enough" });
  await waiting;
  assert.deepEqual(asked, ["http:"]);
});

test("an abort of the second try is of that request alone: the next in line settles the scheme", async () => {
  const scheme = new SchemeChoice("registry.example", { insecure: true });
  const aborted = scheme.send((origin) =>
    Promise.reject(
      origin.protocol === "https:"
        ? new ExchangeError("refused", "https does not work")
        : new Error("enough"),
    ), undefined);
  const { asked, send } = host("http:", "refused");
  const waiting = scheme.send(send, undefined);
  await assert.rejects(aborted, { message: "enough" });
  assert.equal((await waiting).url.protocol, "http:");
  assert.deepEqual(asked, ["https:", "http:"]);
});

test("a request that waits for another stops when its own signal says so", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const first = Promise.withResolvers<HttpResponse>();
  const settling = scheme.send(() => first.promise, undefined);
  const stop = new AbortController();
  const waiting = scheme.send(host("http:", "broken").send, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, { code: "interrupted", cause: new Error("enough") });
  first.resolve(answerOf(new URL("http://127.0.0.1:5000/")));
  await settling;
  assert.equal(scheme.origin.protocol, "http:");
});

for (const kind of ["tls", "proxy", "blocked-port", "timeout"] as const) {
  test(`https that fails with "${kind}" is not tried by plain HTTP`, async () => {
    const { asked, send } = host("http:", kind);
    const scheme = new SchemeChoice("registry.example", { insecure: true });
    await assert.rejects(scheme.send(send, undefined));
    assert.deepEqual(asked, ["https:"]);
  });
}

test("a server that says that plain HTTP reached its TLS port is asked by https", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const said = "Client sent an HTTP request to an HTTPS server.\n";
  const answer = await scheme.send((origin) =>
    Promise.resolve(
      origin.protocol === "http:" ? answerOf(origin, 400, said) : answerOf(origin, 404),
    ), undefined);
  assert.equal(answer.status, 404);
  assert.equal(scheme.origin.protocol, "https:");
});

test("a body that breaks before it says that plain HTTP reached a TLS port leads to https too", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const asked: string[] = [];
  const answer = await scheme.send((origin) => {
    asked.push(origin.protocol);
    if (origin.protocol === "https:") return Promise.resolve(answerOf(origin, 404));
    const read = () => Promise.reject(new ExchangeError("broken", "the body broke"));
    return Promise.resolve({
      ...answerOf(origin, 400),
      body: { read, cancel: () => Promise.resolve() },
    });
  }, undefined);
  assert.equal(answer.status, 404);
  assert.deepEqual(asked, ["http:", "https:"]);
  assert.equal(scheme.origin.protocol, "https:");
});

test("another answer with status 400 is an answer, and its body is whole", async () => {
  const scheme = new SchemeChoice("127.0.0.1:5000", {});
  const answer = await scheme.send(
    (origin) => Promise.resolve(answerOf(origin, 400, "bad request")),
    undefined,
  );
  assert.equal(new TextDecoder().decode(await answer.body.read()), "bad request");
  assert.equal(await answer.body.read(), undefined);
  assert.equal(scheme.origin.protocol, "http:");
});

test("the error of the scheme that was meant is told, unless the other got further", async () => {
  const failing = (https: FailureKind, http: FailureKind) => (origin: URL) =>
    Promise.reject(new ExchangeError(origin.protocol === "https:" ? https : http, origin.protocol));
  const told = (https: FailureKind, http: FailureKind) =>
    new SchemeChoice("registry.example", { insecure: true }).send(failing(https, http), undefined)
      .catch((error: Error) => error.message);
  assert.equal(await told("refused", "refused"), "https:");
  assert.equal(await told("not-tls", "broken"), "http:");
  assert.equal(
    await new SchemeChoice("127.0.0.1:5000", {}).send(failing("tls", "broken"), undefined)
      .catch((error: Error) => error.message),
    "https:",
  );
});
