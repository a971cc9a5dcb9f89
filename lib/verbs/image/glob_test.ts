import { test } from "node:test";
import assert from "node:assert/strict";
import { imageOf, stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import { type BlobberError, isBlobberError } from "../../errors.ts";
import { type Image, openImage } from "../image.ts";

const NAMES = [
  ".env",
  "a*b",
  "a+b",
  "a.css",
  "axb",
  "b.CSS",
  "css/",
  "css/deep/",
  "css/deep/er/x.css",
  "css/deep/x.css",
  "css/empty/",
  "css/x.css",
  "css/é.css",
  "css.d/y.css",
  "current>css",
  "deep/er/x.js",
  "dir [1]/odd name",
  "home>a.css",
  "loop>loop",
  "n1",
  "n10",
  "n2",
  "out>../../etc",
  "up/to>../css/deep",
];

function itemOf(text: string): TarItem {
  const [name, link] = text.split(">") as [string, string?];
  if (link !== undefined) return { name, type: "2", link };
  return name.endsWith("/") ? { name, type: "5", mode: 0o755 } : { name, data: name };
}

/** The same image of one layer, whose table is bisected, and of two, which are a tree. */
async function images(names: readonly string[] = NAMES): Promise<Image[]> {
  const items = names.map(itemOf);
  const half = items.length >> 1;
  const layers = [[items], [items.slice(half), items.slice(0, half)]];
  return await Promise.all(layers.map(async (all) => {
    const { source, manifest } = imageOf(...all.map((some) => stargz(some)));
    return await openImage(source, manifest);
  }));
}

async function pathsOf(image: Image, patterns: string | string[]): Promise<string[]> {
  return (await Array.fromAsync(image.glob(patterns))).map(({ path }) => path);
}

async function refused(image: Image, patterns: string | string[]): Promise<BlobberError> {
  try {
    assert.fail(`found ${await pathsOf(image, patterns)}`);
  } catch (error) {
    if (!isBlobberError(error)) throw error;
    return error;
  }
}

test("globs stand for entries as in a shell, and an exact path for its entry alone", async () => {
  const css = ["css/deep/er/x.css", "css/deep/x.css", "css/x.css", "css/é.css"];
  const expected: Record<string, string[]> = {
    // names
    "a.css": ["a.css"],
    "/a.css": ["a.css"],
    "./css//x.css": ["css/x.css"],
    "css": ["css"],
    "css/": ["css"],
    // a name comes before what it means
    "a*b": ["a*b"],
    "a\\*b": ["a*b"],
    "a?b": ["a*b", "a+b", "axb"],
    "a[*+]b": ["a*b", "a+b"],
    "a[!*]b": ["a+b", "axb"],
    // within one name
    "*.css": ["a.css"],
    "*.[cC][sS][sS]": ["a.css", "b.CSS"],
    "n?": ["n1", "n2"],
    "n[0-9]*": ["n1", "n10", "n2"],
    "n[[:digit:]]": ["n1", "n2"],
    ".*": [".env"],
    "?env": [".env"],
    "css/?.css": ["css/x.css", "css/é.css"],
    "css/*": ["css/deep", "css/empty", "css/x.css", "css/é.css"],
    "c*/*.css": ["css.d/y.css", "css/x.css", "css/é.css"],
    "dir \\[1\\]/*": ["dir [1]/odd name"],
    "dir [1]": ["dir [1]"],
    // any depth
    "**/*.css": ["a.css", "css.d/y.css", ...css],
    "css/**/*.css": css,
    "**/er/*": ["css/deep/er/x.css", "deep/er/x.js"],
    "css/**": ["css/deep", "css/deep/er", "css/empty", ...css].sort(),
    "**/deep/**": ["css/deep/er", "css/deep/er/x.css", "css/deep/x.css", "deep/er", "deep/er/x.js"],
    // directories, also those that no entry names, and links to them
    "*/": ["css", "css.d", "current", "deep", "dir [1]", "up"],
    "**/er": ["css/deep/er", "deep/er"],
    "**/e*/": ["css/deep/er", "css/empty", "deep/er"],
    // links on the way, before the first wildcard
    "current/*.css": ["css/x.css", "css/é.css"],
    "up/to/x*": ["css/deep/x.css"],
    "current": ["current"],
    "current/": ["css"],
    "current/x.css": ["css/x.css"],
    "css/../a.css": ["a.css"],
    "up/*": ["up/to"],
    "h*": ["home"],
    // the root
    ".": [""],
    "/": [""],
  };
  for (const image of await images()) {
    for (const [pattern, paths] of Object.entries(expected)) {
      assert.deepEqual([pattern, await pathsOf(image, pattern)], [pattern, paths]);
    }
    assert.deepEqual(
      await pathsOf(image, "**"),
      [
        ...new Set([
          ...await image.paths(),
          "css.d",
          "css/deep/er",
          "deep",
          "deep/er",
          "dir [1]",
          "up",
        ]),
      ].sort(),
    );
    assert.deepEqual(await pathsOf(image, ["n*", "a.css", "n1"]), ["a.css", "n1", "n10", "n2"]);
    assert.deepEqual(await pathsOf(image, []), []);
  }
});

test("what a glob gives are entries with all that is known of them", async () => {
  for (const image of await images()) {
    const entries = new Map((await image.entries()).map((entry) => [entry.path, entry]));
    for (const pattern of ["**", "css/*", "n1*"]) {
      for await (const entry of image.glob(pattern)) {
        const known = entries.get(entry.path);
        assert.deepEqual(entry, known ?? await image.stat(entry.path), entry.path);
      }
    }
    const [first] = await Array.fromAsync(image.glob("n1"));
    first!.path = "changed";
    assert.equal((await image.stat("n1")).path, "n1", "an entry is the caller's own");
  }
});

test("what stands for nothing is not found, and the error says what is near", async () => {
  const top = 'at its top there is ".env", "a*b", "a+b", "a.css", "axb", "b.CSS" and 12 more';
  const near: Record<string, string | undefined> = {
    "indx": top,
    "a.cs": 'did you mean "a.css"?',
    "css/z.css/": 'did you mean "css/x.css"?',
    "n1/": 'did you mean "n1"?',
    "a\\.cs": 'did you mean "a.css"?',
    "*.js": 'did you mean "**/*.js", which matches "deep/er/x.js"?',
    "css/er/*": 'did you mean "css/deep/er/*", which matches "css/deep/er/x.css"?',
    "css/depp/*.css": 'did you mean "css/deep/*.css", which matches "css/deep/x.css"?',
    "nothing/*.js": 'did you mean "**/*.js", which matches "deep/er/x.js"?',
    "dir \\[2]/*": 'did you mean "dir \\\\[1]/*", which matches "dir [1]/odd name"?',
    "x.[j]": top,
    "loop/*": undefined,
    "out/*": undefined,
    "a[": top,
    "*.py": top,
  };
  for (const image of await images()) {
    for (const [pattern, hint] of Object.entries(near)) {
      const error = await refused(image, pattern);
      assert.deepEqual([pattern, error.code, error.hint], [pattern, "not-found", hint]);
      assert.match(error.message, /file not found: /);
    }
    // Nothing is given out where one of several is missing.
    await assert.rejects(image.glob(["a.css", "nothing"]).next(), { code: "not-found" });
    // The same for the calls that take one path.
    for (const call of [image.stat("a.cs"), image.open("a.cs"), image.files(["a.cs"]).next()]) {
      await assert.rejects(call, { code: "not-found", hint: 'did you mean "a.css"?' });
    }
  }
});

test("wrong options and a signal end a call", async () => {
  const [image] = await images() as [Image];
  const reason = new Error("enough");
  for (const call of [image.glob, image.files] as ((...args: unknown[]) => AsyncGenerator)[]) {
    const run = (...args: unknown[]) => call.apply(image, args).next();
    await assert.rejects(run(["n*"], { signal: AbortSignal.abort(reason) }), {
      code: "interrupted",
      cause: reason,
    });
    await assert.rejects(run(["n*"], { sginal: undefined, followLinks: true }), {
      code: "invalid-option",
    });
    await assert.rejects(run(7), { code: "invalid-option" });
    await assert.rejects(run([7]), { code: "invalid-option" });
  }
  const stop = new AbortController();
  const each = image.glob("n*", { signal: stop.signal });
  await each.next();
  stop.abort(reason);
  await assert.rejects(each.next(), { code: "interrupted" });
  const later = image.glob("n*");
  await image.close();
  await assert.rejects(later.next(), { code: "closed" });
});

test("few of many are read one by one, and none of them twice", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `d${i % 10}/${i}`);
  for (const image of await images(names.sort())) {
    assert.deepEqual(await pathsOf(image, "d3/[15]3"), ["d3/13", "d3/53"]);
    assert.equal((await pathsOf(image, "d*/*")).length, 100);
    assert.equal((await pathsOf(image, "d*")).length, 10);
  }
});
