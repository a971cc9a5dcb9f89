import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { programWords, Workplace } from "./program.ts";
import { fileNeeds, lacks } from "../fakes/only_on.ts";

fileNeeds("modes", "shell");

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

Deno.test("a tar that fails behind its first bytes leaves no file, and no directory made for it", async () => {
  await using at = await Workplace.open();
  await at.write("site/a", "a\n");
  await at.write("site/b", new Uint8Array(randomBytes(2_000_000)));
  await at.ok(["push", "site", "oci:layout:v1"]);
  const blobs = [...Deno.readDirSync(`${at.dir}/layout/blobs/sha256`)]
    .map(({ name }) => `${at.dir}/layout/blobs/sha256/${name}`);
  const layer = blobs.find((path) => Deno.statSync(path).size > 1_000_000)!;
  const bytes = Deno.readFileSync(layer);
  bytes.fill(0, 1_500_000, 1_500_100);
  Deno.writeFileSync(layer, bytes);
  await Deno.mkdir(`${at.dir}/kept/empty`, { recursive: true });
  for (const place of ["made/in/x.tar", "kept/empty/new/x.tar"]) {
    const { status, stderr } = await at.run(["pull", "oci:layout:v1", "--to-tar", place]);
    assert.equal(status, 8);
    assert.match(stderr, /^Error: bytes \d+ to \d+ of "b" do not have the digest/);
  }
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/kept/empty`)], []);
  assert.ok(![...Deno.readDirSync(at.dir)].some(({ name }) => name === "made"));
  // What was written before the wrong bytes is right, and the status says that it is not all.
  const { status, bytes: begun } = await at.run(["pull", "oci:layout:v1", "-"]);
  assert.equal(status, 8);
  assert.ok(begun.length < 2_000_000);
});

/** What takes away root's right to write where nobody may; nothing for another user, who has none. */
const AS_A_USER = Deno.uid() === 0
  ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
  : [];

Deno.test({
  name: "row 45: a place that is read-only, a file or a link is refused for a part and for a tar",
  ignore: lacks("owners", "GNU") !== false,
  async fn() {
    await using at = await Workplace.open();
    await at.site();
    await at.ok(["push", "site", "oci:layout:v1"]);
    await at.write("file", "mine");
    for (const name of ["ro", "dir"]) await Deno.mkdir(`${at.dir}/${name}`);
    await Deno.symlink("file", `${at.dir}/to-file`);
    await Deno.symlink("dir", `${at.dir}/to-dir`);
    await Deno.symlink("nothing", `${at.dir}/to-nothing`);
    await Deno.chmod(`${at.dir}/ro`, 0o555);
    const part = ["--include", "/css"];
    const cases: [string[], number, RegExp][] = [
      [["ro", ...part], 13, /permission denied$/m],
      [["ro/new", ...part], 13, /permission denied$/m],
      [["to-file", ...part], 10, /is not a directory, expected one or nothing/],
      [["to-nothing", ...part], 10, /is a link to nothing, expected a directory/],
      [["--to-tar", "ro/x.tar"], 13, /^Error: cannot write ro\/x\.tar: permission denied$/m],
      [["--to-tar", "ro/new/x.tar"], 13, /^Error: cannot make ".*\/ro\/new": permission denied$/m],
      [["--to-tar", `new/${"n".repeat(300)}/x.tar`], 13, /^Error: cannot make ".*": /m],
      [["--to-tar", "to-dir"], 10, /^Error: to-dir is a directory$/m],
    ];
    await Promise.all(cases.map(async ([words, status, message]) => {
      const [program, ...args] = [...AS_A_USER, ...programWords(), "pull", "oci:layout:v1"];
      const ran = await new Deno.Command(program!, {
        args: [...args, ...words],
        cwd: at.dir,
        clearEnv: true,
        env: at.environment(),
      }).output();
      const said = new TextDecoder().decode(ran.stderr);
      assert.deepEqual([words, ran.code, ran.stdout.length], [words, status, 0], said);
      assert.match(said, message);
    }));
    // Links to directories are followed, and stay.
    await at.ok(["pull", "oci:layout:v1", "to-dir/sub", ...part]);
    await at.ok(["pull", "oci:layout:v1", "--to-tar", "to-dir/x.tar", ...part]);
    const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    assert.deepEqual(names(`${at.dir}/dir`), ["sub", "x.tar"]);
    assert.deepEqual(names(`${at.dir}/ro`), []);
    assert.equal(await at.read("file"), "mine");
    for (const name of ["new", "nothing"]) assert.ok(!names(at.dir).includes(name), name);
  },
});
