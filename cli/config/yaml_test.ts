import assert from "node:assert/strict";
import { editConfig, setIn } from "./edit.ts";
import { lineOf, readYaml } from "./yaml.ts";

/** Nine times as many values in each line as in the one before. */
function web(lines: number): string {
  let text = "a0: &a0 [x]\n";
  for (let i = 1; i < lines; i++) {
    text += `a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(",")}]\n`;
  }
  return text;
}

const MANY = 120_000;

for (
  const [what, text, expected] of [
    ["a web of aliases", web(30), /^f:2: aliases are not supported/],
    ["an alias as a key", "a: &a b\n*a : c\n", /^f:2: aliases are not supported/],
    ["an alias of itself", "a: &a [*a]\n", /^f:1: aliases are not supported/],
    ["a merged mapping", "a: &a {b: c}\n<<: *a\n", /^f:2: aliases are not supported/],
    ["deep nesting", "[".repeat(500_000), /^f:1: not valid YAML: nesting/],
    ["deep block nesting", "- ".repeat(500_000), /^f:1: not valid YAML: nesting/],
    [
      "many keys",
      Array.from({ length: MANY }, (_, i) => `${i}:`).join("\n"),
      /^f: expected at most/,
    ],
    ["many values", `a: [${"x,".repeat(MANY)}]`, /^f: expected at most/],
    ["many documents", "---\na: 1\n".repeat(1000), /^f: expected one YAML document/],
    ["a mapping as a key", "? {a: b}\n: c\n", /^f:1: not valid YAML/],
    ["a key twice", "a: 1\na: 2\n", /^f:2: not valid YAML: dup/],
  ] as const
) {
  Deno.test(`yaml-aliases: ${what} is refused before it is built, and when a file is changed too`, async () => {
    assert.throws(() => readYaml(text, "f"), { code: "invalid-config", message: expected });
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, text);
      await assert.rejects(editConfig(path, (document) => setIn(document, ["b"], 1)), {
        code: "invalid-config",
      });
      assert.equal(await Deno.readTextFile(path), text);
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("yaml-aliases: a file that is too long to be changed is left alone", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "#\n".repeat(200_000));
    await assert.rejects(editConfig(path, (document) => setIn(document, ["b"], 1)), {
      message: /too long for a command to change/,
    });
    assert.deepEqual(readYaml(await Deno.readTextFile(path), path), {});
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("yaml-aliases: an anchor that nothing refers to is harmless", () => {
  assert.deepEqual(readYaml("a: &a [1, x]\n", "f"), { a: [1, "x"] });
  assert.deepEqual(readYaml("", "f"), {});
});

Deno.test("lines are those of keys and values, whatever the style", () => {
  const text = "# c\r\na: 1\nb:\n  - x\n  - k: v\n    'q r': [1,\n      2]\nc: {d: &x e}\n";
  for (
    const [path, onKey, line] of [
      [[], false, 2],
      [["a"], false, 2],
      [["b"], false, 4],
      [["b"], true, 3],
      [["b", 0], false, 4],
      [["b", 1], false, 5],
      [["b", 1, "k"], false, 5],
      [["b", 1, "q r"], true, 6],
      [["b", 1, "q r", 1], false, 7],
      [["b", 7], false, 4],
      [["c", "d"], false, 8],
      [["c", "nothing"], true, 8],
      [["nothing"], false, 2],
    ] as [(string | number)[], boolean, number][]
  ) assert.equal(lineOf(text, path, onKey), line, path.join("."));
  assert.equal(lineOf("", ["a"], false), undefined);
});
