/** The program of a binary: the same bytes wherever it is made, and the command line whole. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { canonicalProgram, ENTRY, makeProgram, writeProgram } from "./program.ts";

const FACTS = { commit: "0123456789abcdef0123456789abcdef01234567", target: "linux-x64" } as const;

test("files are numbered as they are named, and tell nothing of the machine", () => {
  const on = (machine: string, digests: [string, string]) => {
    const [a, b] = digests.map((digest) => `part-${digest}.js`) as [string, string];
    const files: Record<string, string> = {
      "cli.js": `// cli/main.ts\nawait import("./${b}");\nimport "./${a}";\n`,
      [a]: `// ${machine}/npm/registry.example/yaml/2.9.1/dist/x.js\nlet a = "./${b}";\n`,
      [b]: 'import { createRequire as made } from "node:module";\n' +
        "var __require = made(import.meta.url);\n\nvar x = __commonJS({\n" +
        `  "${machine}/npm/registry.example/yaml/2.9.1/dist/y.js"(exports) {\n`,
    };
    return canonicalProgram((name) => files[name]!);
  };
  const program = on("../../root/.cache/deno", ["AAAAAAAA", "22BBBBBB"]);
  assert.deepEqual([...program.keys()], [ENTRY, "1.js", "2.js"]);
  assert.equal(program.get(ENTRY), '// cli/main.ts\nawait import("./1.js");\nimport "./2.js";\n');
  assert.equal(program.get("2.js"), '// npm/yaml/2.9.1/dist/x.js\nlet a = "./1.js";\n');
  assert.match(program.get("1.js")!, /^ {2}"npm\/yaml\/2\.9\.1\/dist\/y\.js"\(exports\) \{$/m);
  assert.doesNotMatch(program.get("1.js")!, /^import/m);
  assert.deepEqual(on("/other", ["ZZZZZZZZ", "11111111"]), program);
});

test("a package whose names would be lost is not bundled", () => {
  const text = 'import {\n  require_dist\n} from "./part-AAAAAAAA.js";\n' +
    "export default require_dist();\n";
  assert.throws(() => canonicalProgram(() => text), /the package of require_dist is imported late/);
});

test("the program of this tree runs alone, tells its making, and pushes with threads", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-program-"));
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-config",
        "--no-lock",
        join(dir, "program", ENTRY),
        ...args,
      ],
      cwd: dir,
      env: { HOME: dir, BLOBBER_PROGRESS: "none" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    return decoder.decode(stdout) + decoder.decode(stderr);
  };
  try {
    const program = await makeProgram();
    writeProgram(program, join(dir, "program"), { time: 1_700_000_000, facts: FACTS });
    for (const [name, text] of program) {
      assert.doesNotMatch(text, /\/npm\/registry\.|\.cache\/deno|createRequire as/, name);
    }
    assert.match(
      await run("--version"),
      new RegExp(`^blobber version \\S+ \\(commit ${FACTS.commit}\\)\n$`),
    );
    // Enough for threads to be worth their start.
    mkdirSync(join(dir, "tree"));
    const bytes = new Uint8Array(24 << 20);
    for (let i = 0; i < bytes.length; i += 7) bytes[i] = i;
    for (const name of ["a", "b"]) writeFileSync(join(dir, "tree", name), bytes);
    const said = await run("push", "tree", "oci:layout:v1", "--jobs=2", "-v");
    assert.match(said, /^sha256:[0-9a-f]{64}$/m);
    assert.doesNotMatch(said, /thread/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
