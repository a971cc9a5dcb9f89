import assert from "node:assert/strict";
import { type Field, fieldLines } from "./fields.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const FIELDS: Field[] = [
  ["Kind", "manifest"],
  ["Digest", DIGEST],
  ["Layer 1", DIGEST, "598 B, gzip, a table of some files, and more to say of it than fits"],
];

Deno.test("in a pipe each value is one line, below the others", () => {
  assert.deepEqual(fieldLines(FIELDS, Infinity), [
    "Kind:     manifest",
    `Digest:   ${DIGEST}`,
    `Layer 1:  ${DIGEST}`,
    "          598 B, gzip, a table of some files, and more to say of it than fits",
  ]);
});

Deno.test("at a terminal a word that has no room beside its name stands whole below it", () => {
  assert.deepEqual(fieldLines(FIELDS, 80), [
    "Kind:     manifest",
    "Digest:",
    `  ${DIGEST}`,
    "Layer 1:",
    `  ${DIGEST}`,
    "  598 B, gzip, a table of some files, and more to say of it than fits",
  ]);
  const narrow = fieldLines(FIELDS, 40);
  assert.deepEqual(narrow, [
    "Kind:     manifest",
    "Digest:",
    `  ${DIGEST}`,
    "Layer 1:",
    `  ${DIGEST}`,
    "  598 B, gzip, a table of some files,",
    "    and more to say of it than fits",
  ]);
  const [, , moved] = fieldLines(FIELDS, DIGEST.length + 1);
  assert.equal(moved, ` ${DIGEST}`);
});

Deno.test("without room beside names, every value stands below its own", () => {
  assert.deepEqual(fieldLines([["A long name of a value", "some words of text"]], 40), [
    "A long name of a value:",
    "  some words of text",
  ]);
});
