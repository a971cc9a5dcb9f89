import { test } from "node:test";
import assert from "node:assert/strict";
import { invalidSignature } from "./malformed.ts";
import { parseStrictJson } from "./strict_json.ts";

const parse = (text: string | Uint8Array) =>
  parseStrictJson(
    typeof text === "string" ? new TextEncoder().encode(text) : text,
    "it",
    invalidSignature,
  );

for (
  const text of [
    '{"a":[1,{"a":2}],"b":{"a":"\\"a\\":1,\\"a\\""}}',
    '[{"a":1},{"a":2}]',
    '{"a":"}{","\\u0061b":1}',
    '"x"',
    " [ ] ",
    '{"constructor":1,"toString":2}',
  ]
) {
  test(`what is unambiguous is parsed as everybody does: ${text}`, () => {
    assert.deepEqual(parse(text), JSON.parse(text));
  });
}

for (
  const [name, text] of [
    ["a key twice", '{"a":1,"a":2}'],
    ["a key twice, once escaped", '{"a":1,"\\u0061":2}'],
    ["a key twice with an object between", '{"a":{"b":[1,2]},"c":[{}],"a":1}'],
    ["a key twice deep inside", '[[{"x":{"a":1,"b":2,"a":3}}]]'],
    ["__proto__", '{"__proto__":{"a":1}}'],
    ["__proto__, escaped", '{"\\u005f_proto__":{}}'],
    ["a byte order mark", '\ufeff{"a":1}'],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xc3, 0x28, 0x22])],
    ["deep nesting", "[".repeat(100) + "]".repeat(100)],
    ["very deep nesting", '{"a":'.repeat(200_000)],
    ["nothing", ""],
    ["a key that is not a string", '{"a\\":1}'],
    ["a malformed key", '{"\\u00":1}'],
    ["two documents", "{}{}"],
    ["a comment", "{/**/}"],
    ["a trailing comma", '{"a":1,}'],
    ["NaN", "NaN"],
    ["a lone bracket", "}"],
    ["an open string", '{"a'],
  ] as const
) {
  test(`JSON with ${name} is refused with a typed error`, () => {
    assert.throws(() => parse(text), { name: "BlobberError", code: "signature-invalid" });
  });
}
