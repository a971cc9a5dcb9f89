import { test } from "node:test";
import assert from "node:assert/strict";
import type { PartProgress, Progress } from "../events.ts";
import { SteadyProgress, withSteadyProgress } from "./steady_progress.ts";

/** Short for a report: `3/10`, with `.` behind it when it is the last. */
function text({ done, total, finished }: Progress): string {
  return `${done}${total === undefined ? "" : `/${total}`}${finished ? "." : ""}`;
}

function make() {
  const told: string[] = [];
  const steady = new SteadyProgress((progress) => void told.push(text(progress)));
  const report = (done: number, total?: number, more: Partial<PartProgress> = {}) =>
    steady.onProgress({ phase: "download", done, total, unit: "bytes", finished: false, ...more });
  return { steady, report, seen: () => told.splice(0).join(" ") };
}

test("a phase goes forward, stays within its total, and ends once", () => {
  const { steady, report, seen } = make();
  report(5, 10);
  report(3, 10);
  report(12, 10);
  report(12, 20);
  report(20, 20, { finished: true });
  report(1, 20);
  report(20, 20, { finished: true });
  steady.end();
  assert.equal(seen(), "5/10 5/10 12/12 12/20 20/20.");
});

test("parts of a phase are summed up, and end with the call", () => {
  const { steady, report, seen } = make();
  report(0, 10, { part: "a" });
  report(0, 30, { part: "b" });
  report(10, 10, { part: "a", finished: true });
  report(30, 30, { part: "b", finished: true });
  report(1, undefined, { part: "c" });
  steady.end();
  assert.equal(seen(), "0/10 0/40 10/40 40/40 41 41.");
});

test("a phase that reports its own end waits for no part", () => {
  const { steady, report, seen } = make();
  report(1, 2, { part: "a" });
  report(5, 5, { finished: true });
  report(2, 2, { part: "a" });
  steady.end();
  assert.equal(seen(), "1/2 6/7.");
});

test("after the call a phase ends with its last part, and may begin again", () => {
  const { steady, report, seen } = make();
  steady.end();
  report(1, 2, { part: "a" });
  report(1, 3, { part: "b" });
  report(2, 2, { part: "a", finished: true });
  report(3, 3, { part: "b", finished: true });
  report(1, 2, { part: "a" });
  report(2, 2, { part: "a", finished: true });
  assert.equal(seen(), "1/2 2/5 3/5 5/5. 1/2 2/2.");
});

test("where no callback listens nothing is put in between", () => {
  const options = { onProgress: undefined, other: 1 };
  assert.equal(withSteadyProgress(options).options, options);
});
