import assert from "node:assert/strict";
import { programWords, Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("pipes");

const QUOTED = programWords().map((word) => `'${word}'`).join(" ");

/** Runs a line of shell in which `blobber` is the program. */
async function shell(
  at: Workplace,
  line: string,
): Promise<{ status: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `set -o pipefail; blobber() { ${QUOTED} "$@"; }; ${line}`],
    cwd: at.dir,
    env: at.environment(),
    clearEnv: true,
  }).output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("a reader that goes away is not an error, for a list and for a large file", async () => {
  await using at = await Workplace.open();
  for (let i = 0; i < 3000; i++) await at.write(`many/${"n".repeat(60)}${i}`, "");
  await at.write("many/large", new Uint8Array(8 * 1024 * 1024));
  await at.ok(["push", "many", "oci:layout:v1"]);
  for (
    const line of [
      "blobber ls oci:layout:v1 | head -n 1 > first",
      "blobber cat oci:layout:v1 large | head -c 10 > first",
      "blobber cat oci:layout:v1 large large '*' | head -c 10 > first",
      "blobber ls -o json oci:layout:v1 | head -c 10 > first",
      "blobber ls -o paths0 oci:layout:v1 '*' | head -c 10 > first",
      "blobber pull oci:layout:v1 - | head -c 10 > first",
      "blobber --help | true",
    ]
  ) {
    assert.deepEqual([line, await shell(at, line)], [line, { status: 0, out: "", err: "" }]);
  }
});

Deno.test("a full disk behind stdout is reported and exits 13", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  const { status, err } = await shell(at, "blobber ls oci:layout:v1 > /dev/full");
  assert.equal(status, 13);
  assert.match(err, /^Error: cannot write to standard output: /);
});

Deno.test("a closed stderr does not affect the result", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  const { status, out } = await shell(at, "blobber cat -v oci:layout:v1 index.html 2>&-");
  assert.deepEqual([status, out], [0, "<h1>hi</h1>\n"]);
});

Deno.test("names that could control a terminal are shown escaped, and JSON keeps them", async () => {
  await using at = await Workplace.open();
  const name = "invoice\u202Efdp.exe";
  await at.write(`site/${name}`, "x");
  await at.ok(["push", "site", "oci:layout:v1"]);
  const text = await at.ok(["ls", "oci:layout:v1"]);
  assert.equal(text, "invoice\\u{202e}fdp.exe\n");
  const json = await at.ok(["ls", "oci:layout:v1", "-ojson"]);
  assert.ok(!json.includes("\u202E"), "the character stands in the JSON as it is");
  assert.equal(JSON.parse(json).entries[0].path, name);
});

Deno.test("no color, no bar and no escape sequence if stderr is not a terminal", async () => {
  await using at = await Workplace.open();
  const { stderr } = await at.run(["ls", "oci:nowhere:v1"]);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(stderr, /\x1b|\r/);
});
