import assert from "node:assert/strict";
import { Workplace } from "./program.ts";

/** Runs another program in a workplace, and gives what it prints. */
async function other(at: Workplace, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: at.dir,
    env: { LC_ALL: "C", TZ: "UTC" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `${program} ${args.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

/** A directory of everything that is pushed, with names that tar headers do not hold. */
async function everything(at: Workplace): Promise<void> {
  await at.site();
  const deep = `${"d".repeat(120)}/${"e".repeat(200)}`;
  await at.write(`site/${deep}/${"f".repeat(90)}`, "long\n");
  await at.write("site/big", new Uint8Array(300_000).fill(7));
  await at.write("site/secret", "s\n", 0o600);
  await at.write("site/with\\backslash and  spaces", "");
  await Deno.mkdir(`${at.dir}/site/empty`, { mode: 0o750 });
  await Deno.link(`${at.dir}/site/secret`, `${at.dir}/site/bin/same`);
  await Deno.symlink(`${deep}/${"f".repeat(90)}`, `${at.dir}/site/far`);
}

Deno.test("GNU tar unpacks what - and --to-tar write to what a pull into a directory leaves", async () => {
  await using at = await Workplace.open();
  await everything(at);
  for (const [mtime, flags] of [["0", []], ["kept", ["--keep-mtime"]]] as const) {
    const ref = `oci:layout:${mtime}`;
    await at.ok(["push", "site", ref, ...flags]);
    await at.ok(["pull", ref, `dest-${mtime}`]);
    const { status, bytes } = await at.run(["pull", ref, "-"]);
    assert.equal(status, 0);
    await Deno.writeFile(`${at.dir}/${mtime}.tar`, bytes);
    assert.equal(await at.ok(["pull", ref, "--to-tar", `file-${mtime}.tar`]), "");
    assert.deepEqual(await Deno.readFile(`${at.dir}/file-${mtime}.tar`), bytes);
    await Deno.mkdir(`${at.dir}/tar-${mtime}`);
    await other(at, "tar", "-xpf", `${mtime}.tar`, "-C", `tar-${mtime}`);
    await other(at, "diff", "-r", "--no-dereference", `dest-${mtime}`, `tar-${mtime}`);
    // Where the artifact states no time, a pull leaves that of the files it made.
    const format = mtime === "kept" ? "%P %m %n %l %T@\\n" : "%P %m %n %l\\n";
    const lines = async (dir: string) =>
      (await other(at, "find", dir, "-mindepth", "1", "!", "-type", "d", "-printf", format))
        .split("\n").sort();
    assert.deepEqual(await lines(`tar-${mtime}`), await lines(`dest-${mtime}`));
    const modes = async (dir: string) =>
      (await other(at, "find", dir, "-mindepth", "1", "-type", "d", "-printf", "%P %m\\n"))
        .split("\n").sort();
    assert.deepEqual(await modes(`tar-${mtime}`), await modes(`dest-${mtime}`));
  }
  const details = await other(at, "tar", "-tvf", "0.tar");
  assert.match(details, /^-rw------- 0\/0 .* bin\/same$/m);
  assert.match(details, /^lrwxrwxrwx 0\/0 .* home\.html -> index\.html$/m);
  // Also a part, to other paths.
  const options = ["--include", "/css/", "--include", "run", "--strip-components", "1"];
  await at.ok(["pull", "oci:layout:0", "part", ...options]);
  await at.ok(["pull", "oci:layout:0", "--to-tar", "new/part.tar", ...options]);
  await Deno.mkdir(`${at.dir}/part-tar`);
  await other(at, "tar", "-xf", "new/part.tar", "-C", "part-tar");
  await other(at, "diff", "-r", "part", "part-tar");
  assert.equal(await other(at, "tar", "-tf", "new/part.tar"), "run\nsite.css\n");
});

Deno.test("a tar that stands there is kept, and an error leaves none", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.write("mine.tar", "mine");
  await Deno.symlink("mine.tar", `${at.dir}/link.tar`);
  const cases: [string[], number, RegExp][] = [
    [
      ["--to-tar", "mine.tar"],
      10,
      /^Error: file already exists: mine\.tar \(use --overwrite to replace\)$/m,
    ],
    [["--to-tar", "link.tar"], 10, /^Error: file already exists: link\.tar/m],
    [["--to-tar", "site"], 10, /^Error: site is a directory$/m],
    [["--to-tar", "mine.tar/x"], 10, /./],
    [["--to-tar", "new/x.tar", "--include", "*.jss"], 4, /"\*\.jss" matches nothing/],
    [["out", "--exclude", "indx.html"], 4, /did you mean "index\.html"\?/],
    [["out", "--to-tar", "x.tar"], 2, /a directory and --to-tar were both given/],
    [[], 2, /missing DIR/],
    [["-", "-o", "json"], 2, /no JSON/],
  ];
  for (const [words, status, message] of cases) {
    const result = await at.run(["pull", "oci:layout:v1", ...words]);
    assert.deepEqual([words, result.status, result.stdout], [words, status, ""]);
    assert.match(result.stderr, message);
  }
  assert.equal(await at.read("mine.tar"), "mine");
  const names = [...Deno.readDirSync(at.dir)].map(({ name }) => name);
  for (const name of ["new", "out", "x.tar"]) assert.ok(!names.includes(name), name);
  assert.ok(!names.some((name) => name.endsWith(".tmp")), `${names}`);
  const words = ["pull", "oci:layout:v1", "--to-tar", "link.tar", "--overwrite", "-o", "json"];
  const document = JSON.parse(await at.ok(words));
  assert.deepEqual([document.file, document.entries, document.files], ["link.tar", 7, 4]);
  assert.ok(document.fetched > 0);
  assert.equal(await Deno.readLink(`${at.dir}/link.tar`), "mine.tar");
  assert.match(await other(at, "tar", "-tf", "mine.tar"), /^index\.html$/m);
});
