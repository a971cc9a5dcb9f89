/** `cp`: files and directories of an artifact on a disk. */

import assert from "node:assert/strict";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("modes", "shell");

Deno.test("cp puts a file under a name, into a directory, and makes parents", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await Deno.mkdir(`${at.dir}/into`);
  assert.equal(await at.ok(["cp", "oci:layout:v1", "bin/run", "new/deep/name"]), "");
  await at.ok(["cp", "oci:layout:v1", "bin/run", "into"]);
  await at.ok(["cp", "oci:layout:v1", "css/site.css", "made/"]);
  assert.equal(await at.read("new/deep/name"), "#!/bin/sh\n");
  assert.equal((await Deno.stat(`${at.dir}/into/run`)).mode! & 0o777, 0o755);
  assert.equal(await at.read("made/site.css"), "body {}\n");
  const names = [...Deno.readDirSync(`${at.dir}/into`)].map(({ name }) => name);
  assert.deepEqual(names, ["run"]);
});

Deno.test("cp keeps a file's mode however its path is written, and behind links", async () => {
  await using at = await Workplace.open();
  await at.site();
  await Deno.symlink("bin/run", `${at.dir}/site/start`);
  await at.ok(["push", "site", "oci:layout:v1"]);
  for (const [i, path] of ["/bin/run", "./bin/run", "start"].entries()) {
    await at.ok(["cp", "oci:layout:v1", path, `copy${i}`]);
    assert.equal((await Deno.stat(`${at.dir}/copy${i}`)).mode! & 0o777, 0o755, path);
  }
});

Deno.test("CVE-2026-35206: a path of dots names no file outside of the directory", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await Deno.mkdir(`${at.dir}/into`);
  for (const path of [".", "..", "css/..", "../css/site.css"]) {
    for (const destination of ["into", "into/"]) {
      const { status } = await at.run(["cp", "oci:layout:v1", path, destination]);
      assert.ok([2, 4, 10].includes(status), `${path} ${status}`);
    }
  }
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/into`)], []);
});

Deno.test("cp replaces a file in one step, keeps a link, and refuses a directory", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.write("real", "old\n");
  await Deno.symlink("real", `${at.dir}/link`);
  await at.ok(["cp", "oci:layout:v1", "index.html", "link"]);
  assert.equal(await at.read("real"), "<h1>hi</h1>\n");
  assert.ok((await Deno.lstat(`${at.dir}/link`)).isSymlink);
  await Deno.mkdir(`${at.dir}/into/index.html`, { recursive: true });
  const { status, stderr } = await at.run(["cp", "oci:layout:v1", "index.html", "into"]);
  assert.equal(status, 10);
  assert.match(stderr, /into\/index\.html is a directory/);
});

Deno.test("cp copies several files into a directory, and writes none where one cannot be", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/css/index.html", "other\n");
  await at.write("site/css/print.css", "p {}\n");
  await Deno.mkdir(`${at.dir}/into`);
  await at.ok(["push", "site", "oci:layout:v1"]);
  const cp = (...args: string[]) => at.run(["cp", "oci:layout:v1", ...args]);
  const names = (dir: string) =>
    [...Deno.readDirSync(`${at.dir}/${dir}`)].map((e) => e.name).sort();
  for (
    const [args, status, message] of [
      [["index.html", "css/site.cs", "into"], 4, 'did you mean "css/site.css"?'],
      [["index.html", "css/*.js", "into"], 4, "matches nothing"],
      [["index.html", "css/index.html", "into"], 10, 'would both be "index.html"'],
      [["index.html", "bin/run", "nowhere"], 13, "a slash at the end of its name makes it"],
      [["css/*.css", "nowhere"], 13, "directory not found: nowhere"],
      [["index.html", "bin/run", "site/index.html"], 10, "not a directory"],
      [["c*", "into"], 2, "directories alone"],
      [["index.html", "css", "into"], 2, '"css" is a directory'],
      [["index.html", "bin/run", "-"], 2, "cat writes files to stdout"],
    ] as const
  ) {
    const ran = await cp(...args);
    assert.deepEqual([args, ran.status], [args, status]);
    assert.ok(ran.stderr.includes(message), ran.stderr);
  }
  assert.deepEqual([names("into"), names(".")], [[], ["home", "into", "layout", "site", "tmp"]]);
  assert.deepEqual(
    (await cp("index.html", "css/*.css", "index.html", "bin/run", "into")).stderr,
    "",
  );
  assert.deepEqual(names("into"), ["index.html", "print.css", "run", "site.css"]);
  assert.equal((await Deno.stat(`${at.dir}/into/run`)).mode! & 0o777, 0o755);
  assert.equal(await at.read("into/print.css"), "p {}\n");
  const left = await cp("*", "new/deep/");
  assert.deepEqual([left.status, names("new/deep")], [
    0,
    ["home.html", "index.html", "naïve 名.txt"],
  ]);
  assert.match(left.stderr, /directories are left out without --recursive: "bin" and 1 more/);
  assert.equal(await at.read("new/deep/home.html"), "<h1>hi</h1>\n");
  const { files } = JSON.parse((await cp("css/p*", "into/", "-ojson")).stdout);
  assert.deepEqual(files.map(({ path, size }: { path: string; size: number }) => [path, size]), [
    ["css/print.css", 5],
  ]);
});

Deno.test("cp -r copies directories to where cp -r of GNU does", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/css/deep/x.css", "x\n");
  await Deno.symlink("site.css", `${at.dir}/site/css/main.css`);
  await Deno.symlink("css", `${at.dir}/site/current`);
  await Deno.mkdir(`${at.dir}/site/empty`);
  for (const name of ["css/deep", "empty"]) await Deno.chmod(`${at.dir}/site/${name}`, 0o755);
  await at.ok(["push", "site", "oci:layout:v1"]);
  /** Runs both in directories that begin alike, and compares what there is then. */
  const compare = async (paths: string[], destination: string) => {
    for (const dir of ["ours", "theirs"]) {
      await Deno.mkdir(`${at.dir}/${dir}/there/css`, { recursive: true });
      await at.write(`${dir}/there/css/site.css`, "old\n");
      await at.write(`${dir}/there/own`, "own\n");
    }
    const ran = await at.run(["cp", "-r", "oci:layout:v1", ...paths, `ours/${destination}`]);
    assert.deepEqual([paths, destination, ran.stderr, ran.status], [paths, destination, "", 0]);
    const gnu = await new Deno.Command("cp", {
      args: ["-r", ...paths.map((path) => `site/${path}`), `theirs/${destination}`],
      cwd: at.dir,
    }).output();
    assert.ok(gnu.success, new TextDecoder().decode(gnu.stderr));
    const diff = await new Deno.Command("diff", {
      args: ["-r", "--no-dereference", "ours", "theirs"],
      cwd: at.dir,
    }).output();
    assert.equal(new TextDecoder().decode(diff.stdout), "", `${paths} to ${destination}`);
    for (const dir of ["ours", "theirs"]) {
      await Deno.remove(`${at.dir}/${dir}`, { recursive: true });
    }
  };
  await compare(["css"], "new");
  await compare(["css/"], "there");
  await compare(["css"], "there/");
  await compare(["css/."], "there/css");
  await compare(["."], "there");
  await compare(["."], "new");
  await compare(["css/deep", "bin", "index.html"], "there");
  await compare(["current"], "there");
  await compare(["current"], "new");
  await compare(["css/deep/x.css"], "there/css/site.css");
  await compare(["empty"], "new");
});

Deno.test("cp -r refuses before it writes", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/x/css/print.css", "p {}\n");
  await Deno.symlink("../index.html", `${at.dir}/site/x/home.html`);
  await at.ok(["push", "site", "oci:layout:v1"]);
  await Deno.mkdir(`${at.dir}/into`);
  const cp = (...args: string[]) => at.run(["cp", "oci:layout:v1", ...args]);
  for (
    const [args, status, message] of [
      [["-r", "css", "x/cs", "into"], 4, 'did you mean "x/css"?'],
      [["-r", "css", "x/css", "into"], 10, 'would both be "css"'],
      [["-r", "css", "bin", "nowhere"], 13, "a slash at the end of its name makes it"],
      [["-r", "css", "site/index.html"], 10, "not a directory"],
      [["-r", "x", "new"], 9, 'link "home.html" "../index.html" leads out of it'],
      [["css", "into"], 2, "directories are copied with --recursive"],
      [["c*", "into"], 2, "directories are copied with --recursive"],
    ] as const
  ) {
    const ran = await cp(...args);
    assert.deepEqual([args, ran.status], [args, status]);
    assert.ok(ran.stderr.includes(message), ran.stderr);
  }
  const names = (dir: string) =>
    [...Deno.readDirSync(`${at.dir}/${dir}`)].map((e) => e.name).sort();
  assert.deepEqual([names("into"), names(".")], [[], ["home", "into", "layout", "site", "tmp"]]);
  const { entries, files, bytes, destination } = JSON.parse(
    (await cp("--recursive", "b*", "x/css/", "made/", "-ojson")).stdout,
  );
  assert.deepEqual([entries, files, bytes, destination], [4, 2, 15, "made/"]);
  assert.deepEqual([names("made"), names("made/bin")], [["bin", "css"], ["run"]]);
  assert.equal((await Deno.stat(`${at.dir}/made/bin/run`)).mode! & 0o777, 0o755);
});
