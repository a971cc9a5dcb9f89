import assert from "node:assert/strict";
import { test } from "node:test";
import { compareTags, sortTags } from "./version_order.ts";

/** Each in its order. */
const ORDERED = [
  // semver.org, 11.4
  [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
  ],
  ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "2.0.0", "2.1.0", "2.1.1"],
  ["v1.9", "v1.10", "v1.10.1", "v2"],
  ["1.0.0-rc2", "1.0.0-rc10", "1.0.0"],
  ["1", "1.0", "1.0.0", "1.0.0_build.2", "1.0.0_build.10", "1.1-rc.1", "1.1"],
  ["9.9.9", "99999999999999999999.0", "100000000000000000000.0"],
  ["2023-12-31", "2024-01-15", "2024-02-01"],
  ["3.9-alpine", "3.9", "3.18-alpine", "3.18"],
  // The same version: the order of characters decides.
  ["01.2", "1.2", "v1.2"],
  // What is no version stands before all versions.
  ["latest", "main", "release-1.9", "release-1.10", "sha-0a1b", "v", "0.1", "v0.1.1"],
  ["1.x", "0.1"],
];

test("tags are sorted as versions are", () => {
  for (const tags of ORDERED) {
    assert.deepEqual(sortTags(tags.toReversed()), tags);
    for (const [i, one] of tags.entries()) {
      for (const [j, two] of tags.entries()) {
        assert.equal(Math.sign(compareTags(one, two)), Math.sign(i - j), `${one}, ${two}`);
      }
    }
  }
});

test("the order is total, whatever the tags are", () => {
  const parts = ["1", "01", "v1", "1.0", "-", "-rc", "-rc.1", "_b", "a", "10", "."];
  const tags = parts.flatMap((one) =>
    parts.flatMap((two) => parts.map((three) => one + two + three))
  );
  const sorted = sortTags(new Set(tags));
  for (const [i, tag] of sorted.entries()) {
    if (i === 0) continue;
    assert.ok(compareTags(sorted[i - 1]!, tag) < 0, `${sorted[i - 1]} ${tag}`);
    assert.ok(compareTags(tag, sorted[i - 1]!) > 0);
  }
  let state = 1;
  const random = () => (state = state * 48271 % 2147483647);
  const shuffled = [...sorted].map((tag) => ({ tag, key: random() }))
    .sort((a, b) => a.key - b.key).map(({ tag }) => tag);
  assert.deepEqual(sortTags(shuffled), sorted);
  for (let n = 0; n < 20_000; n++) {
    const [a, b, c] = [0, 0, 0].map(() => sorted[random() % sorted.length]!) as [
      string,
      string,
      string,
    ];
    if (compareTags(a, b) < 0 && compareTags(b, c) < 0) {
      assert.ok(compareTags(a, c) < 0, `${a} ${b} ${c}`);
    }
  }
});
