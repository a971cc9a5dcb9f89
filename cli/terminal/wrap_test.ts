import assert from "node:assert/strict";
import { fold, table, widthOf } from "./wrap.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

Deno.test("a text takes the columns that a terminal gives it", () => {
  for (
    const [text, width] of [
      ["abc", 3],
      ["naïve", 5],
      ["nai\u0308ve", 5],
      ["名前", 4],
      ["ｆｕｌｌ", 8],
      ["한글", 4],
      ["🎉!", 3],
      ["𠀀", 2],
      ["\x1b[31;1mError:\x1b[0m a", 8],
      ["… — “”", 6],
    ] as const
  ) assert.deepEqual([text, widthOf(text)], [text, width]);
});

Deno.test("lines are broken between words, and what fits stays as it is", () => {
  assert.equal(fold("one two three", { columns: 7 }), "one two\nthree");
  assert.equal(fold("one  two", { columns: 8 }), "one  two");
  assert.equal(fold("  one two three", { columns: 9, hang: 2 }), "  one two\n    three");
  assert.equal(fold("one two\nthree four", { columns: 9 }), "one two\nthree\nfour");
  assert.equal(fold("名前 名前", { columns: 8 }), "名前\n名前");
  assert.equal(fold("one two", { columns: 5, mark: " \\", hang: 2 }), "one \\\n  two");
});

Deno.test("in a pipe nothing is broken", () => {
  const text = "word ".repeat(1000) + "end";
  assert.equal(fold(text, { columns: Infinity, hang: 2 }), text);
  assert.deepEqual(table([["a", text]], { columns: Infinity }), [`a  ${text}`]);
});

Deno.test("a word that is too long for the line stays whole in one of its own", () => {
  assert.equal(fold(`is ${DIGEST} now`, { columns: 40 }), `is\n${DIGEST}\nnow`);
  assert.equal(
    fold(`      is ${DIGEST}`, { columns: 75, hang: 10 }),
    `      is\n    ${DIGEST}`,
    "it moves to the left as far as it has to",
  );
});

Deno.test("cells stand below each other, and the last one is folded beside them", () => {
  assert.deepEqual(
    table([["a", "passed", "one two three four five six"], ["名前", "no", "seven"]], {
      columns: 36,
      indent: 2,
    }),
    [
      "  a     passed  one two three four",
      "                five six",
      "  名前  no      seven",
    ],
  );
});

Deno.test("without room beside the others, the last cell stands below them", () => {
  assert.deepEqual(table([["certificate", "passed", "one two three"]], { columns: 30 }), [
    "certificate  passed",
    "    one two three",
  ]);
  assert.deepEqual(
    table([["--a", "first"], ["--very-long", "second"]], { columns: 60, indent: 2, most: 5 }),
    ["  --a    first", "  --very-long", "         second"],
  );
});
