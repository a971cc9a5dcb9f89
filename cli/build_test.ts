/** What a binary says about how it was made, and what is no such thing. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { build, versionLine } from "./build.ts";

const KEY = Symbol.for("blobber.build");
const set = (value: unknown) => Object.assign(globalThis, { [KEY]: value });
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

afterEach(() => {
  delete (globalThis as { [KEY]?: unknown })[KEY];
});

test("without facts the program is none of a binary", () => {
  assert.equal(build(), undefined);
  assert.match(versionLine(), /^blobber version \d+\.\d+\.\d+$/);
});

test("a binary tells its commit", () => {
  set({ commit: COMMIT, target: "linux-x64", more: 1 });
  assert.deepEqual(build(), { commit: COMMIT, target: "linux-x64" });
  assert.match(versionLine(), new RegExp(`^blobber version \\S+ \\(commit ${COMMIT}\\)$`));
});

test("facts of another form count as none", () => {
  const others: unknown[] = [
    {},
    { commit: COMMIT },
    { commit: COMMIT.toUpperCase(), target: "linux-x64" },
    { commit: `${COMMIT}0`, target: "linux-x64" },
    { commit: COMMIT, target: "linux" },
    { commit: COMMIT, target: "linux-x64\n" },
    { commit: [COMMIT], target: "linux-x64" },
    7,
  ];
  for (const facts of others) {
    set(facts);
    assert.equal(build(), undefined, JSON.stringify(facts));
  }
});
