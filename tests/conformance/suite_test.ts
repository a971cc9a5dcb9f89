import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { listChecks, runCheck } from "./suite.ts";

const directory = process.env["CONFORMANCE_DIR"] ?? "../shared/conformance";
const skip = !existsSync(directory);
if (skip) test(`skipped: no verification vectors at ${directory}`, { skip }, () => {});

test("every public verification vector has the expected result", { skip }, async () => {
  const checks = listChecks(directory);
  assert.ok(checks.length > 0);
  const wrong: string[] = [];
  for (const check of checks) {
    const { name, by, holds, says } = await runCheck(directory, check);
    if (!holds) wrong.push(`${name} by ${by}: ${says}`);
  }
  assert.deepEqual(wrong, []);
});

test("a case counts as refused only for a BlobberError", { skip }, async () => {
  const missing = { name: "no-such-case_fail", by: "bytes" as const, mustPass: false };
  assert.equal((await runCheck(directory, missing)).holds, false);
});
