import assert from "node:assert/strict";
import { parseAnnotations } from "./annotation_file.ts";

Deno.test("a file of annotations says what the manifest, the config and each file get, as oras has it", () => {
  const file = parseAnnotations(
    "a.json",
    JSON.stringify({
      $manifest: { m: "1" },
      $config: { c: "2" },
      "./docs//a.txt": { f: "3" },
      "/abs": { g: "4" },
    }),
  );
  assert.deepEqual([file.manifest, file.config], [{ m: "1" }, { c: "2" }]);
  assert.match(file.unused()!, /a\.json has annotations of ".\/docs\/\/a\.txt" and 1 more, which/);
  for (const name of ["docs/a.txt", "./docs/a.txt", "docs/./a.txt"]) {
    assert.deepEqual(file.of(name), { f: "3" });
  }
  assert.deepEqual(file.of("a.txt"), {});
  assert.match(file.unused()!, /"\/abs", which/);
  assert.deepEqual(file.of("/abs"), { g: "4" });
  assert.equal(file.unused(), undefined);
});

Deno.test("a flat object is for the manifest, and nothing for nothing", () => {
  const { manifest, config } = parseAnnotations("a.json", '{"a": "1", "b": ""}');
  assert.deepEqual([manifest, config], [{ a: "1", b: "" }, {}]);
  assert.deepEqual(parseAnnotations("a.json", "{}").manifest, {});
});

Deno.test("a file of annotations that says something else is refused, and where in it", () => {
  for (
    const [text, message] of [
      ['{"a": "1",\n "b" }', /^invalid annotation file a\.json: it is no JSON: .*line 2 column 6/],
      ["", /it is no JSON/],
      ["[]", /it is no JSON object/],
      ["null", /it is no JSON object/],
      ['{"a": 1}', /the value of "a" is a number, expected an object/],
      ['{"$manifest": {}, "a": "1"}', /the value of "a" is a string, expected an object/],
      [
        '{"$manifest": {"k": 5}}',
        /the value of "k" of "\$manifest" is a number, expected a string/,
      ],
      ['{"f": {"k": null}}', /the value of "k" of "f" is null, expected a string/],
      ['{"f": {}, "./f": {}}', /"f" and ".\/f" name the same file/],
    ] as const
  ) {
    assert.throws(() => parseAnnotations("a.json", text), { code: "usage", message }, text);
  }
});
