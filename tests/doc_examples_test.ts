/**
 * Everything that is public and does something has an example, which `deno test --doc` runs. The names of those that
 * lack one are what this prints.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Documentation, JsDoc } from "../tasks/packages/score_rules.ts";
import { publicDoors } from "../tasks/packages/doors.ts";
import { deno, inRoot } from "../tasks/run.ts";

/** Numbers alone: the door of limits. */
const WITHOUT_BEHAVIOUR = "lib/limits.ts";

/** Constants that are data: what is done with them is another's example. */
const DATA = [
  "ANNOTATION",
  "CLAIM_NAMES",
  "CODES",
  "ENTRY",
  "MEDIA_TYPE",
  "PUBLIC",
  "STATUS",
  "isThread",
];

/** Blocks of TypeScript that run: `ts ignore` and other languages do not. */
const RUNS = /^```ts\n([\s\S]*?)^```/gm;

function codeOf(doc: JsDoc | undefined): string {
  const texts = [doc?.doc ?? "", ...(doc?.tags ?? []).map(({ doc }) => doc ?? "")];
  return texts.flatMap((text) => [...text.matchAll(RUNS)].map(([, code]) => code)).join("\n");
}

Deno.test("every public function, class and constant that does something has an example that runs", async () => {
  const lacking = new Set<string>();
  let found = 0;
  for (const { folder, name, files } of publicDoors()) {
    const { ok, output } = await deno(["doc", "--json", "--quiet", ...files], folder);
    assert.ok(ok, output);
    const { nodes } = JSON.parse(output) as Documentation;
    for (const [address, { module_doc, symbols }] of Object.entries(nodes)) {
      if (fileURLToPath(address) === inRoot(WITHOUT_BEHAVIOUR)) continue;
      const ofModule = codeOf(module_doc);
      for (const symbol of symbols) {
        for (const { kind, declarationKind, jsDoc } of symbol.declarations) {
          if (declarationKind === "private") continue;
          if (!["function", "class", "variable"].includes(kind)) continue;
          if (kind === "variable" && DATA.includes(symbol.name)) continue;
          found++;
          // Alone it may be called anything; among others, by its name.
          const named = new RegExp(`\\b${symbol.name}\\b`);
          if (codeOf(jsDoc) !== "" || named.test(ofModule)) continue;
          lacking.add(`${name}: ${symbol.name}`);
        }
      }
    }
  }
  assert.deepEqual([...lacking].sort(), []);
  assert.ok(found > 40, `${found}`);
});

Deno.test("examples run in deno task test", () => {
  const { tasks } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));
  assert.match(tasks.test, /^deno test .*--doc\b/);
});
