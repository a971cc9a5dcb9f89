import { test } from "node:test";
import assert from "node:assert/strict";
import { uriForm } from "./uri_form.ts";

for (
  const [text, form] of [
    ["a b/é#1%@x", "a%20b/%C3%A9%231%25@x"],
    ["a%20b/%c3%a9%231%25@x", "a%20b/%C3%A9%231%25@x"],
    ["%41%2d%2e%7E%5f", "A-.~_"],
    ["%2F%40%3F%5c", "%2F%40%3F%5C"],
    ["100%", "100%25"],
    ["100%zz", "100%25zz"],
    ["%252e", "%252e"],
    ["https://h:1/a//b@refs/tags/v1+x", "https://h:1/a//b@refs/tags/v1+x"],
    ["😀\ud800", "%F0%9F%98%80%EF%BF%BD"],
  ] as const
) {
  test(`ref-characters: ${JSON.stringify(text)} in one form`, () => {
    assert.equal(uriForm(text), form);
    assert.equal(uriForm(form), form, "the form of a form is another");
  });
}
