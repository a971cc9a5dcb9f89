import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { isBlobberError } from "@blobber/core";
import { bundleOf, keyless, manifest, ownKey, services } from "../../tests/fakes/signing.ts";
import {
  type FakeService,
  type FakeSigstore,
  type SigstoreFault,
  startSigstore,
} from "../../tests/fakes/sigstore.ts";
import { type ServiceContext, serviceContext } from "../service.ts";
import { createSigner } from "./signer.ts";
import { browserToken } from "../tokens/browser.ts";
import { findToken } from "../tokens/find.ts";
import { givenToken } from "../tokens/given.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const OUTAGES: [string, FakeService, SigstoreFault, RegExp][] = [
  ["is down", "fulcio", "cut", /^Fulcio at 127\.0\.0\.1:\d+ did not answer/],
  ["is overloaded", "fulcio", { status: 503, body: "busy" }, /^Fulcio at .* answered 503: busy$/],
  ["is down", "rekor1", "cut", /^Rekor at 127\.0\.0\.1:\d+ did not answer/],
  [
    "fails",
    "rekor1",
    { status: 500, body: '{"message":"oops"}' },
    /^Rekor at .* answered 500: oops$/,
  ],
  ["is down", "tsa", "cut", /^the timestamp authority at 127\.0\.0\.1:\d+ did not answer/],
  ["answers HTML", "fulcio", { status: 200, body: "<html>" }, /something else than a JSON object/],
  ["answers HTML", "rekor1", { status: 201, body: "<html>" }, /something else than a JSON object/],
  ["answers HTML", "tsa", { status: 200, body: "<html>" }, /something else than a timestamp/],
  ["answers nothing", "fulcio", { status: 200, body: "{}" }, /without a certificate/],
  ["answers nothing", "rekor1", { status: 201, body: "{}" }, /an incomplete entry/],
  [
    "answers a flood",
    "rekor1",
    { status: 201, body: "x".repeat(2 ** 21) },
    /more than 1048576 bytes/,
  ],
  ["cannot do it", "rekor1", { status: 501 }, /^Rekor at .* answered 501$/],
  [
    "redirects",
    "fulcio",
    { status: 307, headers: { location: "http://evil.example/" } },
    /redirect/,
  ],
  [
    "refuses for an hour",
    "tsa",
    { status: 429, headers: { "retry-after": "3600" } },
    /answered 429/,
  ],
];
for (const [what, service, fault, said] of OUTAGES) {
  test(`outage: ${service} ${what}: the error names the service and what can be done`, async () => {
    sigstore.onRequest = (request) => request.service === service ? fault : undefined;
    await assert.rejects(
      bundleOf(keyless(sigstore, { timestampUrl: sigstore.urls.tsa })),
      (error) => {
        assert.ok(isBlobberError(error, "signing-service"), String(error));
        assert.equal(error.exitStatus, 11);
        assert.match(error.message, said);
        assert.match(error.hint!, /a key of your own/);
        return true;
      },
    );
    const tries = sigstore.requests.filter((request) => request.service === service).length;
    const { status = 0 } = fault as { status?: number };
    const again = fault === "cut" || [500, 503].includes(status);
    // A connection that is cut while it is kept alive is tried once more by fetch itself.
    const most = fault === "cut" ? 6 : 3;
    assert.ok(again ? tries >= 3 && tries <= most : tries === 1, `${tries} tries`);
    // What comes after a failed step is not asked: nothing is published that cannot be used.
    const order: FakeService[] = ["fulcio", "tsa", "rekor1"];
    const later = order.slice(order.indexOf(service) + 1);
    assert.ok(!sigstore.requests.some((request) => later.includes(request.service)));
  });
}

test("outage: a service that says nothing is given up", async () => {
  sigstore.onRequest = () => "hang";
  const options = { ...keyless(sigstore), services: { ...services, idleTimeoutMs: 5 } };
  await assert.rejects(bundleOf(options), /Fulcio at .* did not answer: no byte came for 0\.005 s/);
  assert.ok(sigstore.requests.length <= 1, "asked again");
});

/** An answer that comes a byte at a time, each two seconds of the test's clock after the one before. */
function trickle(whole: Uint8Array): { services: Partial<ServiceContext>; bytes: () => number } {
  let time = 0;
  let sent = 0;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === whole.length) return controller.close();
        time += 2000;
        controller.enqueue(whole.subarray(sent, ++sent));
      },
    }, { highWaterMark: 0 });
  return {
    services: {
      pause: () => Promise.resolve(),
      now: () => time,
      fetch: () => Promise.resolve(new Response(body())),
    },
    bytes: () => sent,
  };
}

test("slow-fulcio: an answer has a minute to be whole, whichever service it is of", async () => {
  const whole = new TextEncoder().encode(JSON.stringify({ long: "x".repeat(1000) }));
  const { fulcio: fulcioUrl, rekor1: rekorUrl, rekor2, tsa: timestampUrl } = sigstore.urls;
  const key = ownKey("ec");
  const asked: [RegExp, (services: Partial<ServiceContext>) => Promise<unknown>][] = [
    [/^Fulcio at /, (services) => bundleOf({ ...keyless(sigstore), fulcioUrl, services })],
    [/^Rekor at /, (services) => bundleOf({ key, rekorUrl, services })],
    [
      /^the timestamp authority at /,
      (services) => bundleOf({ key, rekorUrl: rekor2, rekorVersion: 2, timestampUrl, services }),
    ],
    [/^the OIDC issuer at .*not whole/, (services) =>
      browserToken({
        issuer: sigstore.urls.oidc,
        openBrowser: () => assert.fail("opened"),
      }).token({ clientId: "sigstore", context: serviceContext(services) })],
    [
      /^the token service of GitHub Actions at /,
      (services) =>
        findToken({ env: sigstore.githubEnvironment() }).token({
          clientId: "sigstore",
          context: serviceContext(services),
        }),
    ],
  ];
  for (const [said, ask] of asked) {
    const { services, bytes } = trickle(whole);
    await assert.rejects(ask(services), (error) => {
      assert.ok(isBlobberError(error, "signing-service"), String(error));
      assert.match(error.message, said);
      assert.match(error.message, /its answer was not whole after 60 s/);
      return true;
    });
    assert.equal(bytes(), 30, "and it is not asked again");
  }
});

test("slow-fulcio: a slow answer that is whole in time is taken", async () => {
  let time = 0;
  const services: Partial<ServiceContext> = {
    pause: () => Promise.resolve(),
    now: () => time,
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      return new Response(
        answer.body!.pipeThrough(
          new TransformStream({
            transform(part, controller) {
              time += 20_000;
              controller.enqueue(part);
            },
          }),
        ),
        answer,
      );
    },
  };
  await bundleOf({ ...keyless(sigstore), services });
  assert.ok(time >= 40_000);
});

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`a service that answers ${status} for a moment is asked again`, async () => {
    const failures = new Set<FakeService>(["fulcio", "tsa", "rekor1"]);
    sigstore.onRequest = ({ service }) => failures.delete(service) ? { status } : undefined;
    const bundle = await bundleOf(keyless(sigstore, { timestampUrl: sigstore.urls.tsa }));
    assert.equal(bundle.verificationMaterial.tlogEntries.length, 1);
    assert.equal(sigstore.requests.length, 6);
  });
}

test("a service is given the time that it asks for, and else a pause that grows", async () => {
  const paused: number[] = [];
  const pause = (ms: number) => Promise.resolve(void paused.push(ms));
  let answers = 0;
  sigstore.onRequest = () => {
    answers++;
    if (answers === 1) return { status: 429, headers: { "retry-after": "3" } };
    return answers === 2 || answers === 4 ? { status: 503 } : undefined;
  };
  await bundleOf({ ...keyless(sigstore), services: { pause } });
  const [asked, second, first, ...others] = paused;
  assert.equal(asked, 3000);
  assert.ok(second! >= 1000 && second! <= 2000, `${second} ms after the second try`);
  assert.ok(first! >= 250 && first! <= 500, `${first} ms after the first try`);
  assert.deepEqual(others, []);
});

test("an entry that was added, but answered with an error, is found by the next try", async () => {
  let added = 0;
  sigstore.onRequest = ({ service, method, body }) => {
    if (service !== "rekor1" || method !== "POST" || added++ > 0) return undefined;
    const { status } = sigstore.rekor1.add(JSON.parse(new TextDecoder().decode(body)));
    assert.equal(status, 201);
    return { status: 500 };
  };
  const bundle = await bundleOf(keyless(sigstore));
  assert.equal(added, 2);
  assert.equal(bundle.verificationMaterial.tlogEntries.length, 1);
  assert.match(sigstore.requests.at(-1)!.path, /^\/api\/v1\/log\/entries\/[0-9a-f]{80}$/);
});

test("signing stops when it is interrupted, and the signal's reason is its cause", async () => {
  sigstore.onRequest = () => "hang";
  const stop = new AbortController();
  const signer = await createSigner(keyless(sigstore));
  const reason = new Error("stop");
  const signing = signer.sign(manifest, { signal: stop.signal });
  queueMicrotask(() => stop.abort(reason));
  await assert.rejects(signing, { code: "interrupted", cause: reason });
});

test("a token is never in an error, whatever a service says", async () => {
  const token = sigstore.oidc.token();
  for (
    const said of [token, token.slice(0, 250), token.split(".")[1]!, `cut ${token.slice(0, 40)}`]
  ) {
    sigstore.onRequest = () => ({ status: 400, body: JSON.stringify({ message: `bad: ${said}` }) });
    await assert.rejects(bundleOf(keyless(sigstore, { token: givenToken(token) })), (error) => {
      assert.ok(isBlobberError(error, "signing-service"));
      for (const part of token.split(".")) {
        assert.ok(!`${error.message}${error.hint}`.includes(part.slice(0, 14)), error.message);
      }
      return true;
    });
  }
});
