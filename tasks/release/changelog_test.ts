/** `CHANGELOG.md` is read strictly: what a release says must be what stands there. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { inRoot } from "../run.ts";
import { parseChangelog, sectionFor } from "./changelog.ts";

const TEXT = `# Changelog

About it.

## Unreleased

- next

## [1.1.0] - 2026-02-03

### Added

- \`ls\`

## [1.0.0] - 2026-02-03

First.
`;

test("sections are found by their version", () => {
  assert.equal(parseChangelog(TEXT).unreleased, "- next");
  assert.deepEqual(sectionFor(TEXT, "1.1.0"), {
    version: "1.1.0",
    date: "2026-02-03",
    text: "### Added\n\n- `ls`",
  });
  assert.equal(sectionFor(TEXT, "1.0.0").text, "First.");
  assert.throws(() => sectionFor(TEXT, "1.2.0"), /no section for 1\.2\.0/);
});

const WRONG: [string, string, RegExp][] = [
  ["# Changelog", "Changelog", /title/],
  ["## Unreleased\n", "## [Unreleased]\n", /first section/],
  ["## [1.1.0] - 2026-02-03", "## 1.1.0 - 2026-02-03", /heading/],
  ["## [1.1.0] - 2026-02-03", "## [1.1.0] - 2026-02-30", /heading/],
  ["## [1.1.0] - 2026-02-03", "## [1.1.0] 2026-02-03", /heading/],
  ["## [1.1.0]", "## [1.1]", /heading/],
  ["## [1.1.0]", "## [1.0.0]", /stands above/],
  ["## [1.1.0] - 2026-02-03", "## [1.1.0] - 2026-02-02", /stands above/],
  ["First.\n", "", /empty/],
];

for (const [from, to, why] of WRONG) {
  test(`refused: ${to.trim() || "an empty section"} (${why.source})`, () => {
    assert.ok(TEXT.includes(from));
    assert.throws(() => parseChangelog(TEXT.replace(from, to)), why);
  });
}

test("this tree's can be read", { skip: !existsSync(inRoot("CHANGELOG.md")) }, () => {
  parseChangelog(readFileSync(inRoot("CHANGELOG.md"), "utf8"));
});
