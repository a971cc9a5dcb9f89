/**
 * Artifacts of others, pulled in part and as a tar, and our tars read by others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inRoot } from "../../tasks/run.ts";
import { Home, interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { exec, must, TempDir } from "./processes.ts";
import { distribution } from "./servers.ts";
import { sameTree, sampleTree, snapshot } from "./tree.ts";

/** `blobber pull … - | tar -x`, as a shell does it. */
async function pullThroughTar(home: Home, words: string[], out: string): Promise<void> {
  Deno.mkdirSync(out);
  const program = [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    inRoot("cli.ts"),
    "pull",
    ...words,
    "-",
  ];
  const [left, tar] = [program, [requirePeer("tar"), "-xp", "-C", out]]
    .map((line) => line.map((word) => `'${word}'`).join(" "));
  const { code, stderr } = await exec("bash", ["-c", `set -o pipefail; ${left} | ${tar}`], {
    env: home.env,
  });
  assert.equal(code, 0, stderr);
}

/** What of a tree is below a directory, with that. */
function below(root: string, dir: string): [string, string][] {
  return [...snapshot(root)].filter(([path]) => path === dir || path.startsWith(`${dir}/`));
}

interop("what crane and oras pushed is pulled in part and as a tar as they pull it", [
  "registry",
  "crane",
  "oras",
  "tar",
], async () => {
  await using registry = await distribution();
  using home = new Home();
  using tree = new TempDir();
  sampleTree(tree.path);
  Deno.linkSync(tree.at("hello.txt"), tree.at("dir/hard"));
  const at = (path: string) => home.dir.at(path);
  const run = (peer: "crane" | "oras" | "tar", args: string[], cwd = home.dir.path) =>
    must(requirePeer(peer), args, { env: home.env, cwd });

  // crane: two layers, the second of which takes something away
  const image = `${registry.host}/interop/part:crane`;
  Deno.mkdirSync(at("top/dir"), { recursive: true });
  Deno.writeTextFileSync(at("top/dir/.wh.run.sh"), "");
  Deno.writeTextFileSync(at("top/dir/new"), "new\n");
  await run("tar", ["cf", at("base.tar"), "-C", tree.path, "."]);
  await run("tar", ["cf", at("top.tar"), "-C", at("top"), "."]);
  await run("crane", ["append", "-f", at("base.tar"), "-f", at("top.tar"), "-t", image]);
  await run("crane", ["export", image, at("export.tar")]);
  Deno.mkdirSync(at("export"));
  await run("tar", ["xpf", at("export.tar"), "-C", at("export")]);
  await pullThroughTar(home, [image], at("crane"));
  sameTree(at("crane"), at("export"));
  await home.must(["pull", image, at("crane-part"), "--include", "/dir/"]);
  assert.deepEqual([...snapshot(at("crane-part"))], below(at("export"), "dir"));
  assert.ok(below(at("export"), "dir").length > 6);

  // oras: files, and a directory that it packs
  const files = `${registry.host}/interop/part:oras`;
  Deno.mkdirSync(at("cwd/deep/er"), { recursive: true });
  Deno.writeTextFileSync(at("cwd/hello.txt"), "hello\n");
  Deno.writeFileSync(at("cwd/deep/er/noise"), crypto.getRandomValues(new Uint8Array(60_000)));
  sampleTree(at("cwd/packed"));
  const pushed = ["hello.txt", "deep/er/noise", "packed"];
  await run("oras", ["push", "--plain-http", files, ...pushed], at("cwd"));
  await run("oras", ["pull", "--plain-http", files, "-o", at("oras")]);
  await pullThroughTar(home, [files], at("ours"));
  sameTree(at("ours"), at("oras"));
  const part = ["--include", "/packed/dir/", "--include", "noise"];
  await home.must(["pull", files, at("oras-part"), ...part]);
  assert.deepEqual(below(at("oras-part"), "packed/dir"), below(at("oras"), "packed/dir"));
  assert.deepEqual(below(at("oras-part"), "deep"), below(at("oras"), "deep"));
  assert.deepEqual([...Deno.readDirSync(at("oras-part"))].map(({ name }) => name).sort(), [
    "deep",
    "packed",
  ]);
});

/** Prints each entry of a tar on standard input: type, mode, size and name, target, and digest. */
const GO_READER = `package main

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

func main() {
	r := tar.NewReader(os.Stdin)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			panic(err)
		}
		fmt.Printf("%c %03o %d %q %q %x\\n", h.Typeflag, h.Mode, h.Size, h.Name, h.Linkname, sum.Sum(nil))
	}
}
`;

interop("Go's archive/tar reads our tars as it reads GNU tar's", ["go", "tar"], async () => {
  using home = new Home();
  using tree = new TempDir();
  sampleTree(tree.path);
  const long = `${"lö".repeat(60)}/${"n".repeat(200)}`;
  Deno.mkdirSync(tree.at(long), { recursive: true });
  Deno.writeTextFileSync(tree.at(`${long}/file`), "far\n");
  Deno.linkSync(tree.at(`${long}/file`), tree.at(`${long}/hard`));
  Deno.symlinkSync(`${long}/file`, tree.at("to-far"));
  const reference = `oci:${home.dir.at("layout")}:v1`;
  const { bytes: theirs } = await must(requirePeer("tar"), [
    ...["-c", "--format=pax", "--sort=name", "-C", tree.path],
    ...[...Deno.readDirSync(tree.path)].map(({ name }) => `./${name}`),
  ]);
  // Out of a directory a push takes the names of one file for files.
  await home.must(["push", "-", reference], { stdin: theirs });
  const { bytes: ours } = await home.must(["pull", reference, "-"]);

  Deno.mkdirSync(home.dir.at("go"));
  Deno.writeTextFileSync(home.dir.at("go/main.go"), GO_READER);
  const goEnv = { ...home.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOPROXY: "off" };
  const program = home.dir.at("go/reader");
  await must(requirePeer("go"), ["build", "-o", program, "main.go"], {
    cwd: home.dir.at("go"),
    env: { ...goEnv, ...cacheOfGo() },
  });
  const lines = async (stdin: Uint8Array) =>
    (await must(program, [], { stdin })).stdout.trim().split("\n")
      .map((line) => line.replaceAll('"./', '"')).sort();
  const found = await lines(ours);
  assert.deepEqual(found, await lines(theirs));
  assert.ok(found.some((line) => line.startsWith("1 ")), "no hard link");
  assert.ok(found.some((line) => line.startsWith("2 ")), "no symbolic link");
});

/** Where Go keeps what it compiled: the standard library takes long. */
function cacheOfGo(): Record<string, string> {
  const { stdout } = new Deno.Command(requirePeer("go"), { args: ["env", "GOCACHE"] }).outputSync();
  return { GOCACHE: new TextDecoder().decode(stdout).trim() };
}
