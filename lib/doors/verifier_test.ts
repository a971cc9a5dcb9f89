import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Client } from "../client.ts";
import type { Signable, Signature, Verifier } from "../signing.ts";
import { CheckedVerifier, checkedVerifiers } from "./verifier.ts";

const verifier: Verifier = {
  accepts: () => true,
  verify: () =>
    Promise.resolve({
      signer: { kind: "other", description: "test" },
      checks: [{ name: "signature", result: "passed", evidence: "it says so" }],
    }),
};
const manifest = {} as Signable;
const signature = {} as Signature;

const hole = [verifier, verifier];
delete hole[1];

/** What stands where a verifier belongs, and what is said of it. */
const BAD: [unknown, RegExp][] = [
  [null, /^invalid option verifier: null, expected a verifier or a list of at least one$/],
  [false, /^invalid option verifier: false, /],
  ["", /^invalid option verifier: "", /],
  [0, /^invalid option verifier: 0, /],
  [() => true, /^invalid option verifier: a function, /],
  [[], /^invalid option verifier: an empty list, expected a verifier or a list of at least one$/],
  [{}, /^invalid option verifier\.accepts: undefined, expected a function$/],
  [{ ...verifier, verify: undefined }, /^invalid option verifier\.verify: undefined, /],
  [{ ...verifier, verify: true }, /^invalid option verifier\.verify: true, /],
  [{ ...verifier, mayFit: true }, /^invalid option verifier\.mayFit: true, /],
  [{ ...verifier, title: 5 }, /^invalid option verifier\.title: 5, /],
  [Promise.resolve(verifier), /^invalid option verifier\.accepts: undefined, /],
  [new Set([verifier]), /^invalid option verifier\.accepts: undefined, /],
  [[verifier, undefined], /^invalid option verifier\[1\]: undefined, expected a verifier$/],
  [hole, /^invalid option verifier\[1\]: undefined, expected a verifier$/],
  [[[verifier]], /^invalid option verifier\[0\]: a list, expected a verifier$/],
];

for (const [value, message] of BAD) {
  const option = value as Verifier;
  const error = { code: "invalid-option", message };
  test(`a client is not made with what reads as ${message.source}`, () => {
    assert.throws(() => new Client({ verifier: option }), error);
  });

  test(`no verb reads with what reads as ${message.source}`, async () => {
    for (const client of [new Client(), new Client({ verifier })]) {
      const options = { verifier: option };
      const ref = "oci:/nowhere:v1";
      await assert.rejects(client.pull(ref, "/nowhere/out", options), error);
      await assert.rejects(client.openImage(ref, options), error);
      await assert.rejects(client.list(ref, options), error);
      await assert.rejects(client.copy(ref, "oci:/nowhere/else:v1", options), error);
      await assert.rejects(client.tag(ref, ["v2"], options), error);
      await assert.rejects(client.verify(ref, options), error);
    }
  });
}

test("a client keeps the demand that it was made with", async () => {
  const list = [verifier];
  const options: { verifier?: Verifier[] | undefined } = { verifier: list };
  const client = new Client(options);
  options.verifier = undefined;
  // Nothing is there to be found: with a verifier it was looked for.
  await assert.rejects(client.verify("oci:/nowhere:v1"), { code: "not-found" });
  list.length = 0;
  await assert.rejects(client.verify("oci:/nowhere:v1"), { code: "not-found" });
});

test("one verifier is one, and a list is all of them", () => {
  assert.equal(checkedVerifiers(verifier).length, 1);
  assert.equal(checkedVerifiers([verifier, { ...verifier, title: "rule" }])[1]!.title, "rule");
});

test("a verifier is asked with what it was made with", async () => {
  class Own {
    #type = "a/b";
    accepts(type: string): boolean {
      return type === this.#type;
    }
    mayFit(): boolean {
      return this.#type === "";
    }
    verify() {
      return verifier.verify(manifest, signature);
    }
  }
  const one = new CheckedVerifier(new Own());
  assert.deepEqual([one.accepts("a/b"), one.accepts("c/d")], [true, false]);
  assert.equal(one.mayFit(manifest, signature), false);
  assert.equal((await one.verify(manifest, signature)).signer.kind, "other");
  assert.equal(new CheckedVerifier(verifier).mayFit(manifest, signature), true);
});

test("what accepts and mayFit return is true or false", () => {
  for (
    const [answer, shown] of [[undefined, "undefined"], [1, "1"], [["a/b"], "a list"], [
      Promise.resolve(false),
      "a Promise",
    ]] as const
  ) {
    const method = () => answer as unknown as boolean;
    const careless = new CheckedVerifier({
      ...verifier,
      title: "T",
      accepts: method,
      mayFit: method,
    });
    const error = (name: string) => ({
      code: "invalid-option",
      message: `T: ${name} of the verifier returned ${shown}, expected true or false`,
    });
    assert.throws(() => careless.accepts("a/b"), error("accepts"));
    assert.throws(() => careless.mayFit(manifest, signature), error("mayFit"));
  }
});

test("a promise that was refused as an answer is caught", async () => {
  const late: unknown[] = [];
  const onLate = (reason: unknown) => void late.push(reason);
  process.on("unhandledRejection", onLate);
  try {
    const method = () => Promise.reject(new Error("late")) as unknown as boolean;
    const careless = new CheckedVerifier({ ...verifier, accepts: method, mayFit: method });
    assert.throws(() => careless.accepts("a/b"), { code: "invalid-option" });
    assert.throws(() => careless.mayFit(manifest, signature), { code: "invalid-option" });
    await new Promise((done) => setTimeout(done, 10));
  } finally {
    process.off("unhandledRejection", onLate);
  }
  assert.deepEqual(late, []);
});
