import { test } from "node:test";
import assert from "node:assert/strict";
import { PathFilter } from "./path_filter.ts";

const PATHS = ["css/", "css/print/", "css/print/a.css", "css/site.css", "index.html", "js/app.js"];

function taken(filter: PathFilter): string[] {
  return PATHS.filter((name) => filter.takes(name.replace(/\/$/, ""), name.endsWith("/")));
}

test("without patterns everything is taken", () => {
  assert.deepEqual(taken(new PathFilter([], [])), PATHS);
});

test("one include pattern has to match, and a directory that one matches is taken with all below it", () => {
  assert.deepEqual(taken(new PathFilter(["/css/print/", "*.html"], [])), [
    "css/print/",
    "css/print/a.css",
    "index.html",
  ]);
  assert.deepEqual(taken(new PathFilter(["js"], [])), ["js/app.js"]); // only implied by a name
  assert.deepEqual(taken(new PathFilter(["css/*", "!css/print"], [])), ["css/site.css"]);
});

test("what an exclude pattern matches is not taken, whatever includes it", () => {
  assert.deepEqual(taken(new PathFilter([], ["css"])), ["index.html", "js/app.js"]);
  assert.deepEqual(taken(new PathFilter(["*.css"], ["print/"])), ["css/site.css"]);
  assert.deepEqual(taken(new PathFilter([], ["*.css", "!site.css", "*.html", "js"])), [
    "css/",
    "css/print/",
    "css/site.css",
  ]);
});

test("patterns that are about nothing are told, also where another one decides", () => {
  const filter = new PathFilter(["css/", "*.css", "/site.css", "# a comment"], [
    "print",
    "!x",
    "*.jsx",
  ]);
  taken(filter);
  assert.deepEqual(filter.unmatched(), ["/site.css", "# a comment", "!x", "*.jsx"]);
});
