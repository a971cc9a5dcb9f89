import assert from "node:assert/strict";
import { hunksOf } from "./unified.ts";

/** Applies hunks as `patch` does, strictly. */
function applied(old: string, hunks: readonly string[]): string {
  const lines = old.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const made: string[] = [];
  let at = 0;
  for (const [i, line] of hunks.entries()) {
    const begin = /^@@ -(\d+)(,0)?/.exec(line);
    if (begin !== null && line.startsWith("@@")) {
      const to = Number(begin[1]) - (begin[2] === undefined ? 1 : 0);
      made.push(...lines.slice(at, to));
      at = to;
      continue;
    }
    if (line.startsWith("\\")) continue;
    const text = hunks[i + 1]?.startsWith("\\") ? line.slice(1, -1) : line.slice(1);
    if (line[0] !== "+") assert.equal(lines[at++], text);
    if (line[0] !== "-") made.push(text);
  }
  return [...made, ...lines.slice(at)].join("");
}

Deno.test("hunks are those of diff -u, and make one text of the other", () => {
  assert.deepEqual(hunksOf("a\nb\nc\n", "a\nB\nc"), [
    "@@ -1,3 +1,3 @@\n",
    " a\n",
    "-b\n",
    "-c\n",
    "+B\n",
    "+c\n",
    "\\ No newline at end of file\n",
  ]);
  assert.deepEqual(hunksOf("", "x\r\n"), ["@@ -0,0 +1 @@\n", "+x\r\n"]);
  assert.deepEqual(hunksOf("x", ""), ["@@ -1 +0,0 @@\n", "-x\n", "\\ No newline at end of file\n"]);
  assert.deepEqual(hunksOf("same\n", "same\n"), []);
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 300; round++) {
    const text = () =>
      Array.from({ length: next(40) }, () => "ab\xe9\r"[next(4)]).join("\n") +
      (next(2) ? "\n" : "");
    const old = text();
    const lines = old.split("\n");
    lines.splice(next(lines.length), next(3), ...text().split("\n").slice(0, next(4)));
    const now = next(3) ? lines.join("\n") : text();
    assert.equal(applied(old, hunksOf(old, now)), now);
  }
});

Deno.test("texts of which nearly nothing is the same are shown one after the other", () => {
  const old = Array.from({ length: 5000 }, (_, i) => `old ${i}\n`).join("");
  const now = Array.from({ length: 5000 }, (_, i) => i === 2500 ? "old 1\n" : `new ${i}\n`).join(
    "",
  );
  const hunks = hunksOf(`head\n${old}`, `head\n${now}`);
  assert.equal(hunks[0], "@@ -1,5001 +1,5001 @@\n");
  assert.equal(applied(`head\n${old}`, hunks), `head\n${now}`);
});
