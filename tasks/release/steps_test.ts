/** The order of steps, where a release goes, and what stands in the way of one. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compileAll } from "./binaries.ts";
import { check } from "./check.ts";
import { notesText } from "./notes.ts";
import { identityOf, imagesOf, readPlaces, REAL } from "./places.ts";
import { demandReal, demandSame, PATHS, read, type Release, write } from "./state.ts";
import { demandTagged, STEPS } from "./steps.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

function inDirectory(run: (release: Release) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "blobber-steps-"));
  try {
    run({
      version: "9.9.9",
      tag: "v9.9.9",
      commit: COMMIT,
      time: 1_700_000_000,
      stable: true,
      dir,
      places: REAL,
      dry: false,
      sources: { commit: COMMIT, time: 1_700_000_000, changed: ["a.ts"] },
      problems: [],
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("everything is made before anything is sent, and what is found last comes last", () => {
  const sends = STEPS.map((step) => step.sends);
  assert.equal(sends.indexOf(true), sends.lastIndexOf(false) + 1);
  assert.deepEqual(STEPS.slice(-2).map(({ name }) => name), ["latest", "verify"]);
});

test("a release of a tree that is not the tag's is refused, with every reason", () => {
  inDirectory((release) => {
    assert.throws(() => check(release), (error: Error) => {
      for (
        const why of [/a\.ts/, /task version 9\.9\.9/, /tag v9\.9\.9/, /gate did not/, /9\.9\.9/]
      ) {
        assert.match(error.message, why);
      }
      return true;
    });
    assert.throws(() => read(release, PATHS.facts, "check"), /the step "check" makes it/);
    // A dry run goes on, and tells them in its plan.
    check({ ...release, dry: true });
    assert.equal(release.problems.length, 10);
    assert.match(read(release, PATHS.facts, "check"), /"tag": "v9\.9\.9"/);
  });
});

test("a directory of another release is refused by name, and says what to do", () => {
  inDirectory(({ dir, version, tag, commit, time, stable }) => {
    const facts = { version, tag, commit, time, stable };
    demandSame(dir, facts);
    write({ dir }, PATHS.facts, JSON.stringify(facts));
    demandSame(dir, facts);
    assert.throws(
      () => demandSame(dir, { ...facts, tag: "v9.9.10" }),
      /of another release \(v9\.9\.9, commit 0123.*expected v9\.9\.10.*remove it, or name another with --dir/,
    );
  });
});

test("what changes behind the check is neither made nor sent", () => {
  inDirectory((release) => {
    for (const step of STEPS.slice(2)) {
      assert.throws(() => demandTagged(release, step), /the tree is not as \w+ has it: a\.ts/);
      const other = { ...release.sources, commit: COMMIT.replace("0", "f"), changed: [] };
      assert.throws(() => demandTagged({ ...release, sources: other }, step), /the tree is of f/);
      demandTagged({ ...release, dry: true }, step);
      demandTagged({ ...release, sources: { ...release.sources, changed: [] } }, step);
    }
  });
});

test("a release embeds no runtime that a variable names", async () => {
  Deno.env.set("DENORT_BIN", "/bin/true");
  try {
    const release = { dry: false } as Release;
    await assert.rejects(compileAll(release), /^Error: DENORT_BIN is set/);
  } finally {
    Deno.env.delete("DENORT_BIN");
  }
});

test("nothing is sent without a check, or with something else in the place of binaries", () => {
  inDirectory((release) => {
    assert.throws(() => demandReal(release), /no release\.json/);
    write(release, PATHS.facts, "{}");
    demandReal(release);
    write(release, PATHS.placeholders, "no runtime\n");
    assert.throws(() => demandReal(release), /no binaries were compiled/);
  });
});

test("a rehearsal names all of its places", () => {
  inDirectory(({ dir }) => {
    const path = join(dir, "places.json");
    const places = { ...REAL, artifact: "localhost:5000/a/b" };
    writeFileSync(path, JSON.stringify(places));
    assert.equal(imagesOf(readPlaces(path)), "localhost:5000/a/b-image");
    for (
      const wrong of [{ ...places, npm: undefined }, { ...places, nmp: "x" }, {
        ...places,
        sigstore: {},
      }]
    ) {
      writeFileSync(path, JSON.stringify(wrong));
      assert.throws(() => readPlaces(path), /does not name the places/);
    }
  });
});

test("notes have the changes, every digest, and the identity of the tag", () => {
  const digests = `${"ab".repeat(32)}  blobber-linux-x64\n${"cd".repeat(32)}  install.sh\n`;
  const text = notesText({ tag: "v9.9.9", places: REAL }, "- [new](docs/new.md)", digests);
  assert.match(text, /^- \[new\]\(https:\/\/[^)]+\/blob\/v9\.9\.9\/docs\/new\.md\)$/m);
  assert.ok(text.startsWith("- [new](https://"));
  assert.ok(text.includes(`| \`install.sh\` | \`${"cd".repeat(32)}\` |`));
  assert.equal(text.split(identityOf(REAL, "v9.9.9")).length, 3);
});
