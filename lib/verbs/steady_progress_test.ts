import assert from "node:assert/strict";
import { test } from "node:test";
import type { PartProgress, Progress } from "../events.ts";
import { SteadyProgress } from "./steady_progress.ts";

/** What is told of reports: done, total, and whether that was the last. */
function told(reports: Partial<PartProgress>[], isLater = false): unknown[] {
  const found: Progress[] = [];
  const steady = new SteadyProgress((progress) => void found.push(progress));
  if (isLater) steady.end();
  for (const report of reports) {
    steady.onProgress({ phase: "download", unit: "bytes", done: 0, finished: false, ...report });
  }
  if (!isLater) steady.end();
  return found.map(({ done, total, finished }) => [done, total, finished]);
}

test("a phase never goes back, and never beyond its total", () => {
  assert.deepEqual(told([{ done: 5, total: 9 }, { done: 3, total: 9 }, { done: 12, total: 9 }]), [
    [5, 9, false],
    [5, 9, false],
    [12, 12, false],
    [12, 12, true],
  ]);
});

test("parts are added up, and the total is known when that of each is", () => {
  const parts = [{ part: "a", done: 1, total: 2 }, { part: "b", done: 3 }];
  assert.deepEqual(told([...parts, { part: "b", done: 4, total: 4, finished: true }]), [
    [1, 2, false],
    [4, undefined, false],
    [5, 6, false],
    [5, 6, true],
  ]);
});

test("after the call a phase ends with its parts, and one that broke off counts no more", () => {
  const broken = { part: "a", done: 1, total: 9, brokenOff: true };
  const whole = { part: "b", done: 4, total: 4, finished: true };
  const begun = { part: "a", done: 1, total: 9 };
  assert.deepEqual(told([begun, broken, whole], true), [[1, 9, false], [4, 4, true]]);
  assert.deepEqual(told([begun, whole, broken], true), [
    [1, 9, false],
    [5, 13, false],
    [5, 13, true],
  ]);
});
