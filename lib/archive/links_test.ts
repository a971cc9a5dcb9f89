import { test } from "node:test";
import assert from "node:assert/strict";
import { StoppingPace } from "../../tests/fakes/pace.ts";
import { Pace, STEPS_A_TURN } from "../system/pace.ts";
import { checkLinkChains, checkOwnLinkChains, followLinks } from "./links.ts";
import { checkLink } from "./safe_path.ts";

const traversal = { code: "path-traversal", message: /path traversal detected/ };

test("GHSA-m37j-52j7-pjw7: a chain that leaves the tree is refused at the link", () => {
  const links = new Map([["a/b/up", "../.."], ["out", "a/b/up/../x"]]);
  for (const [path, target] of links) checkLink(path, target); // each by itself stays inside
  assert.throws(() => checkOwnLinkChains(links), traversal);
  checkOwnLinkChains(new Map([["a/b/up", "../.."], ["in", "a/b/up/x"]]));
  checkOwnLinkChains(new Map([["d/a", "../d/b"], ["d/b", "../d/a/.."]])); // a loop leads nowhere
});

test("paths are followed through links, within bounds", () => {
  const links = new Map([["cfg", "etc"], ["etc/l", "../usr/x"], ["abs", "/usr"], ["o", "o"]]);
  assert.deepEqual(followLinks(links, "cfg/l", "root"), { path: "usr/x" });
  assert.deepEqual(followLinks(links, "abs/y", "root"), { path: "usr/y" });
  assert.equal(followLinks(links, "abs/y", "stop"), "absolute");
  assert.equal(followLinks(links, "o/x", "root"), "loop");
  assert.equal(followLinks(links, "../x", "root"), "outside");
});

/** Links each of which leads through the one before it many times, and at last to nothing. */
function web(links: number): Map<string, string> {
  const name = (i: number) => `l${i}`;
  const targets = Array.from({ length: links }, (_, i): [string, string] => {
    return [name(i), i === 0 ? "." : `${`${name(i - 1)}/x/../`.repeat(100)}y`];
  });
  return new Map(targets.reverse());
}

async function stepsOf(links: Map<string, string>): Promise<number> {
  const pace = new Pace();
  await checkLinkChains(links, pace);
  return pace.steps;
}

test("link-web: each link is followed once, however many lead through it", async () => {
  const [some, twice] = [await stepsOf(web(500)), await stepsOf(web(1000))];
  assert.ok(some < 500 * 310, `${some} steps`);
  assert.ok(twice <= 2 * some + 500, `${twice} steps`);
  // A chain longer than any kernel follows is no reason to stop looking.
  const chain = new Map([["d/l0", "../d/x/../../.."]]);
  for (let i = 1; i < 5000; i++) chain.set(`d/l${i}`, `../d/l${i - 1}`);
  await assert.rejects(checkLinkChains(chain, new Pace()), traversal);
});

test("link-web: following links stops soon when it is told to", async () => {
  const pace = new StoppingPace(3);
  await assert.rejects(checkLinkChains(web(2000), pace), { code: "interrupted" });
  assert.ok(pace.late <= 2 * STEPS_A_TURN, `${pace.late} steps`);
});

test("chains that lead out are found whatever leads through them", async () => {
  const out: Record<string, string>[] = [
    { a: "b/..", b: "c/..", c: "d/e/../../..", "d/e": "." },
    { "x/up": "..", a: "x/up/.." },
    { "x/up": "..", b: "x/up/x/up/x/..", a: "b/x/up/../q" },
    { "d/l": "../e/m/..", "e/m": ".." },
  ];
  for (const links of out) {
    await assert.rejects(checkLinkChains(new Map(Object.entries(links)), new Pace()), traversal);
  }
  const inside: Record<string, string>[] = [
    { "x/up": "..", b: "x/up/x/up/x/..", a: "b/x/up/q" },
    { "d/l": "../e/m", "e/m": ".." },
    { a: "/abs/../..", b: "x/../a/../../.." },
    { "d/a": "../d/b/../../..", "d/b": "../d/a/.." },
    { a: "nothing/at/all/../../../../y".replace("../y", "y") },
  ];
  for (const links of inside) await checkLinkChains(new Map(Object.entries(links)), new Pace());
});
