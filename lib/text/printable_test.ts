import { test } from "node:test";
import assert from "node:assert/strict";
import { escapeUnseen, printable, printableLines, printableSentence, quote } from "./printable.ts";

test("what steers a terminal or hides is escaped", () => {
  assert.equal(printable("a\u001b[31m\u202eb\ud800"), "a\\x1b[31m\\u{202e}b\\u{d800}");
  assert.equal(quote("x".repeat(300)).length, 203);
});

const INVISIBLE = {
  "hangul fillers": "\u3164\u115f\u1160\uffa0",
  "the empty Braille cell": "\u2800",
  "the combining grapheme joiner": "\u034f",
  "variation selectors": "\ufe00\ufe0f\u{e0100}\u{e01ef}",
  "Mongolian selectors": "\u180b\u180e\u180f",
  "Khmer vowels that are not shown": "\u17b4\u17b5",
  "spaces but the one of ASCII": "\u00a0\u1680\u2003\u202f\u205f\u3000",
  "ends of lines": "\r\n\u0085\u2028\u2029",
  "formats and joiners": "\u00ad\u200b\u200c\u200d\u2060\u2064\ufeff\u{1d173}",
  "bidirectional controls": "\u061c\u200e\u200f\u202a\u202e\u2066\u2069",
  "tags": "\u{e0001}\u{e0041}\u{e007f}",
  "blank letters and symbols": "\u{1d159}\u{13441}\u{13442}\u{16fe4}",
  "private use": "\ue000\uf8ff\u{f0000}\u{10fffd}",
  "what Unicode has not assigned": "\u0378\ufffe\uffff\u{1ffff}\u{10ffff}",
  "halves of characters": "\ud800",
};
for (const [what, text] of Object.entries(INVISIBLE)) {
  test(`invisible-letters: ${what}`, () => {
    for (const character of text) {
      const code = character.codePointAt(0)!.toString(16);
      const escape = code.length < 3 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
      assert.equal(printable(`a${character}b`), `a${escape}b`);
      assert.equal(
        printableLines(`Ä\na${character === "\n" ? "" : character}b`).includes(character),
        character === "\n",
      );
      assert.equal(printableSentence(`a${character}b`), `a${escape}b`);
    }
  });
}

test("invisible-letters: names in the scripts of the world stay as they are", () => {
  for (
    const name of [
      "naïve 名.txt",
      "файл",
      "ملف",
      "קובץ",
      "ไฟล์",
      "e\u0301",
      "😀",
      "a~!@#$%^&*()[]{}|;'\"<>?/",
    ]
  ) {
    assert.equal(printable(name), name);
    assert.equal(printableLines(name), name);
  }
});

test("invisible-letters: a name that holds the text of an escape looks like no other", () => {
  assert.equal(printable("a\\u{200b}"), "a\\\\u{200b}");
  assert.equal(printable("a\u200b"), "a\\u{200b}");
  assert.equal(printableLines("a\\x1b\nb"), "a\\\\x1b\nb");
  assert.equal(quote("C:\\new"), '"C:\\\\new"');
  // Every text has one form, and every form one text.
  const alphabet = ["\\", "\u200b", "\x1b", "u", "{", "200b", "}", "x", "1b"];
  const seen = new Map<string, string>();
  for (const a of alphabet) {
    for (const b of alphabet) {
      for (const c of alphabet) {
        for (const d of ["", ...alphabet]) {
          const text = a + b + c + d;
          const shown = printable(text);
          assert.ok((seen.get(shown) ?? text) === text, shown);
          seen.set(shown, text);
        }
      }
    }
  }
});

test("invisible-letters: a sentence whose values were escaped is not escaped again", () => {
  const message = `cannot read ${quote("a\\b\u200b")}`;
  assert.equal(printableSentence(message), message);
  assert.equal(printableSentence(`${message}\u202e`), `${message}\\u{202e}`);
  assert.equal(printableSentence("x".repeat(9), 3), "xxx…");
});

test("invisible-letters: a caller's own escape", () => {
  assert.equal(escapeUnseen("a\\\u3164\u{e0041}", (c) => `<${c.length}>`), "a\\<1><2>");
});

test("lines are escaped as each of them is", () => {
  for (
    const text of [
      "",
      "\n",
      "plain\na\u001b[31m\n",
      "Þ\u202e\u{1f600}\ud800\n\u{e0001}x",
      "\ud83d\n\ude00",
    ]
  ) {
    const each = text.split("\n").map((line) => printable(line));
    assert.equal(printableLines(text), each.join("\n"));
  }
});

test("whatever JSON holds in place of text can be quoted", () => {
  assert.equal(quote(undefined), '"undefined"');
  assert.equal(quote(5), '"5"');
  assert.equal(quote(null), '"null"');
  assert.equal(quote(JSON.parse('{"toString": 1, "valueOf": 1}')), "an object");
  assert.equal(quote(JSON.parse("[".repeat(99_999) + "]".repeat(99_999))), "a list");
});
