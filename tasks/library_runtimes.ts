/**
 * `deno task test:runtimes [NAME…]`: the programs in `tests/library/` under this Deno, the oldest supported
 * Node, the Node after it, and Bun, and the examples of the page for users of the library under the last
 * three; only those whose path holds a NAME where some are given.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  libraryScripts,
  runElsewhere,
  runScripts,
  THIS_DENO,
  writePageScripts,
} from "./library_scripts.ts";
import { say, type Tally, tallyLine } from "./run.ts";
import { copyForNode } from "./runtimes.ts";

const isWanted = (script: string) =>
  Deno.args.length === 0 || Deno.args.some((name) => script.includes(name));
const wanted = libraryScripts().filter(isWanted);
let failed = false;
const count = (name: string, tally: Tally) => {
  failed ||= tally.failed > 0 || tally.passed === 0;
  say(tallyLine(`library, ${name}`, tally));
};

count(`deno ${Deno.version.deno}`, await runScripts(wanted, THIS_DENO));
const copy = copyForNode();
try {
  await runElsewhere([...wanted, ...writePageScripts(copy).filter(isWanted)], copy, count);
} finally {
  rmSync(dirname(copy), { recursive: true });
}
Deno.exit(failed ? 1 : 0);
