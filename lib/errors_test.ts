import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobberError, checkAborted, interruption, isBlobberError, STATUS } from "./errors.ts";

test("an error is called by what it is: stopped work as the platform calls it", () => {
  const late = new DOMException("late", "TimeoutError");
  const names = [
    new BlobberError("not-found", "x"),
    new BlobberError("interrupted", "x"),
    new BlobberError("terminated", "x"),
    new BlobberError("interrupted", "x", { cause: late }),
    new BlobberError("network", "x", { cause: late }),
  ].map(({ name }) => name);
  assert.deepEqual(names, [
    "BlobberError",
    "AbortError",
    "AbortError",
    "TimeoutError",
    "BlobberError",
  ]);
  assert.match(new BlobberError("not-found", "no such tag").stack!, /^BlobberError: no such tag\n/);
});

test("whatever a signal's reason is, it is the cause, and the same one", () => {
  const reasons = [undefined, null, "enough", 7, new Error("enough"), { own: true }];
  for (const reason of [...reasons, new BlobberError("not-found", "of theirs")]) {
    const signal = AbortSignal.abort(reason);
    const error = interruption(signal);
    assert.deepEqual([error.code, error.name], ["interrupted", "AbortError"]);
    assert.equal(error.cause, signal.reason);
    assert.throws(() => checkAborted(signal), { code: "interrupted" });
  }
  checkAborted(undefined);
  checkAborted(new AbortController().signal);
});

test("a reason that says why work ends is the error itself", () => {
  for (const code of ["interrupted", "terminated", "closed"] as const) {
    const reason = new BlobberError(code, "operation canceled");
    assert.equal(interruption(AbortSignal.abort(reason)), reason);
  }
});

test("an error of another copy of the package is known, and what only looks like one is not", () => {
  class Copy extends Error { // all that two versions of the class have in common
    readonly code = "conflict";
  }
  const brand = Symbol.for("blobber.error");
  Object.defineProperty(Copy.prototype, brand, { value: true });
  const error: unknown = new Copy("x");
  assert.ok(brand in BlobberError.prototype);
  assert.ok(isBlobberError(error) && isBlobberError(error, "busy", "conflict"));
  assert.equal(isBlobberError(error, "busy"), false);
  for (const other of [undefined, null, "x", new Error("x"), JSON.parse(JSON.stringify(error))]) {
    assert.equal(isBlobberError(other), false);
  }
});

test("an error and its causes survive JSON", () => {
  const system = Object.assign(new Error("no space"), { code: "ENOSPC", fd: 7 });
  const inner = new BlobberError("file-system", "cannot write", { cause: system });
  const error = new BlobberError("conflict", '"a" exists', {
    hint: ["set ", { option: "overwrite", value: true }],
    remedies: [{ call: "sign" }],
    cause: inner,
  });
  const json = JSON.parse(JSON.stringify(error));
  assert.deepEqual(json, {
    name: "BlobberError",
    code: "conflict",
    message: '"a" exists',
    hint: "set the option overwrite: true",
    remedies: [{ option: "overwrite", value: true }, { call: "sign" }],
    exitStatus: STATUS.conflict.status,
    cause: {
      name: "BlobberError",
      code: "file-system",
      message: "cannot write",
      remedies: [],
      exitStatus: STATUS.fileSystem.status,
      cause: { name: "Error", message: "no space", code: "ENOSPC" },
    },
  });
  const restored = BlobberError.fromJSON(json);
  assert.ok(restored instanceof BlobberError && isBlobberError(restored.cause, "file-system"));
  assert.equal((restored.cause.cause as { code?: string }).code, "ENOSPC");
  assert.deepEqual(JSON.parse(JSON.stringify(restored)), json);
});

test("JSON ends where causes go in a circle, and where they have no end", () => {
  const outer = new Error("outer");
  const circle = new BlobberError("unexpected", "inner", { cause: outer });
  outer.cause = circle;
  assert.deepEqual(JSON.parse(JSON.stringify(circle)).cause, { name: "Error", message: "outer" });
  let deep: unknown = "the first";
  for (let i = 0; i < 10_000; i++) deep = new Error(String(i), { cause: deep });
  const text = JSON.stringify(new BlobberError("unexpected", "x", { cause: deep }));
  assert.ok(text.length < 2000, `${text.length}`);
});

test("JSON holds no secret of another's error, and nothing but its words", () => {
  const token = `e${btoa('{"alg":"x"}').slice(1)}.${btoa('{"sub":"me"}')}.c2ln`;
  const cause = Object.assign(
    new Error(`GET https://jo:pa@ss@host.test/v2/?sig=abc#def failed: Bearer ${token}`),
    { headers: { authorization: "Basic c2VjcmV0" } },
  );
  const text = JSON.stringify(new BlobberError("network", "failed", { cause }));
  for (const secret of ["jo:", "pa@ss", "sig", "abc", "def", "c2ln", "c2VjcmV0"]) {
    assert.ok(!text.includes(secret), `${secret} in ${text}`);
  }
  assert.match(text, /https:\/\/host\.test\/v2\/\?…/);
  const own = { error: new BlobberError("network", "x", { cause: { password: "c2VjcmV0" } }) };
  assert.ok(!JSON.stringify(own).includes("c2VjcmV0"));
});

test("what another sent as an error is one, whatever it is", () => {
  for (
    const json of [undefined, null, 7, "x", [], {}, { code: "toString", message: 7, cause: [] }]
  ) {
    assert.equal(BlobberError.fromJSON(json).code, "unexpected");
  }
  const late = BlobberError.fromJSON(
    JSON.parse(
      JSON.stringify(
        new BlobberError("interrupted", "x", { cause: new DOMException("late", "TimeoutError") }),
      ),
    ),
  );
  assert.deepEqual([late.name, (late.cause as Error).name], ["TimeoutError", "TimeoutError"]);
});
