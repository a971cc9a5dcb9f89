import { test } from "node:test";
import assert from "node:assert/strict";
import { setTime } from "./file_time.ts";

/** A file system that refuses what `accepts` does not. */
function setOn(seconds: number, accepts: (seconds: number) => boolean, code = "EINVAL"): number[] {
  const tried: number[] = [];
  setTime(seconds, (time) => {
    tried.push(time.getTime() / 1000);
    if (!accepts(tried.at(-1)!)) throw Object.assign(new Error(code), { code });
  });
  return tried;
}

test("old-times: a time that a file system refuses becomes the nearest that all take", () => {
  const has32Bits = (seconds: number) => Math.abs(seconds) <= 2 ** 31 && seconds !== 2 ** 31;
  assert.deepEqual(setOn(-5, has32Bits), [-5]);
  assert.deepEqual(setOn(2 ** 40, () => true), [2 ** 40]);
  assert.deepEqual(setOn(2 ** 40, has32Bits), [2 ** 40, 2 ** 31 - 1]);
  assert.deepEqual(setOn(-(2 ** 40), has32Bits, "EOVERFLOW"), [-(2 ** 40), -(2 ** 31)]);
});

test("old-times: 0 is no time, and other failures are told", () => {
  assert.deepEqual(setOn(0, () => false), []);
  assert.throws(() => setOn(2 ** 40, () => false, "EIO"), { code: "EIO" });
  assert.throws(() => setOn(5, () => false), { code: "EINVAL" });
});
