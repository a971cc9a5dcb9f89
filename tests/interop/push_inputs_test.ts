/**
 * What is pushed beside directories: files, which ORAS pulls; tars of GNU tar; and several artifacts at once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inRoot } from "../../tasks/run.ts";
import { Home, interop } from "./harness.ts";
import { manifestOf } from "./manifests.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { exec, must, TempDir } from "./processes.ts";
import { REGISTRIES } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

const first = REGISTRIES[0]!;

for (const { name, needs, start } of REGISTRIES) {
  interop(`${name}: oras pulls files that we push, and its flags say the same`, [
    ...needs,
    "oras",
  ], async () => {
    await using registry = await start();
    using home = new Home();
    home.logIn(registry);
    using tree = new TempDir();
    const cwd = tree.path;
    const oras = (...words: string[]) => must(requirePeer("oras"), words, { env: home.env, cwd });
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    Deno.mkdirSync(tree.at("deep/er"), { recursive: true });
    Deno.writeTextFileSync(tree.at("hello.txt"), "hello\n");
    Deno.writeTextFileSync(tree.at("empty"), "");
    Deno.writeTextFileSync(tree.at("co:lon"), "colon\n");
    Deno.writeFileSync(tree.at("deep/er/noise.bin"), noise);
    Deno.writeTextFileSync(
      tree.at("annotations.json"),
      JSON.stringify({
        $manifest: { "com.acme.m": "1" },
        $config: { "com.acme.c": "2" },
        "./hello.txt": { "com.acme.f": "3" },
        "deep/er/noise.bin": { "org.opencontainers.image.title": "renamed.bin" },
      }),
    );
    const files = ["./hello.txt:text/plain", "deep/er/noise.bin", "co:lon:", "empty"];
    const flags = [
      "--artifact-type=application/vnd.acme.docs+type",
      "--annotation-file=annotations.json",
    ];
    const repository = "interop/inputs";
    const reference = (tag: string) => `${registry.host}/${repository}:${tag}`;
    const ours = (await home.must(["push", ...files, reference("ours"), ...flags], { cwd })).stdout
      .trim();
    await oras("push", "--plain-http", ...flags, reference("theirs"), ...files);
    const { stdout } = await oras("resolve", "--plain-http", reference("theirs"));
    const [mine, its] = [
      await manifestOf(registry.host, repository, ours),
      await manifestOf(registry.host, repository, stdout.trim()),
    ];
    // deno-lint-ignore no-explicit-any
    const bare = (manifest: any) => {
      const { annotations, config: { data: _, ...config }, ...rest } = manifest;
      const { "org.opencontainers.image.created": __, "dev.blobber.tree.digest": ___, ...own } =
        annotations;
      return { ...rest, config, annotations: own };
    };
    assert.deepEqual(bare(mine), bare(its));
    await oras("pull", "--plain-http", reference("ours"), "-o", home.dir.at("pulled"));
    await oras("pull", "--plain-http", reference("theirs"), "-o", home.dir.at("expected"));
    sameTree(home.dir.at("pulled"), home.dir.at("expected"));
    assert.deepEqual(Deno.readFileSync(home.dir.at("pulled/renamed.bin")), noise);
    assert.equal(Deno.readTextFileSync(home.dir.at("pulled/co:lon")), "colon\n");
    await home.must(["pull", reference("theirs"), home.dir.at("read")]);
    sameTree(home.dir.at("read"), home.dir.at("expected"));
    // What is a directory has an artifact type too, where oras reads it.
    await home.must(["push", "deep", reference("dir"), flags[0]!], { cwd });
    const discovered = await oras("manifest", "fetch", "--plain-http", reference("dir"));
    assert.equal(JSON.parse(discovered.stdout).artifactType, "application/vnd.acme.docs+type");
  });
}

interop("GNU tar's archives are pushed as the directory that they hold", [
  ...first.needs,
  "tar",
  "zstd",
], async () => {
  await using registry = await first.start();
  using home = new Home();
  home.logIn(registry);
  using tree = new TempDir();
  sampleTree(tree.path);
  const long = "n".repeat(90);
  Deno.mkdirSync(tree.at(`${long}/${long}`), { recursive: true });
  Deno.writeTextFileSync(tree.at(`${long}/${long}/file`), "long\n");
  const { stdout } = await home.must(["digest", "--tree", tree.path]);
  const push = async (tag: string, words: string[], filter = "cat") => {
    const reference = `${registry.host}/interop/tars:${tag}`;
    const tar = [requirePeer("tar"), ...words].map((word) => `'${word}'`).join(" ");
    const blobber = `'${Deno.execPath()}' run -A --quiet '${
      inRoot("cli.ts")
    }' push - '${reference}'`;
    const ran = await exec("bash", ["-c", `${tar} | ${filter} | ${blobber}`], { env: home.env });
    return { ...ran, reference };
  };
  const all = ["-c", "-C", tree.path, "."];
  const ways: [tag: string, words: string[], filter?: string][] = [
    ["gnu", ["--format=gnu", ...all]],
    ["pax", ["--format=pax", "--xattrs", ...all]],
    ["gzip", ["-z", ...all]],
    ["zstd", all, `'${requirePeer("zstd")}' -q`],
    ["members", all, "(head -c 20000 | gzip; gzip)"],
    ["blocks", ["-b", "64", ...all]],
  ];
  for (const [tag, words, filter] of ways) {
    const { code, stderr, reference } = await push(tag, words, filter);
    assert.equal(code, 0, `${tag}: ${stderr}`);
    const tree = await home.must(["digest", "--tree", reference]);
    assert.equal(tree.stdout, stdout, tag);
  }
  // In the order of a walk it is the same artifact.
  const sorted = await push("sorted", ["--sort=name", ...all]);
  const { stdout: packed } = await home.must(["digest", tree.path]);
  assert.equal(sorted.stdout, packed);

  // Formats that cannot hold every name, of a tree that has none of these.
  using plain = new TempDir();
  Deno.mkdirSync(plain.at("d"));
  Deno.writeTextFileSync(plain.at("d/f"), "x\n");
  Deno.linkSync(plain.at("d/f"), plain.at("d/hard"));
  const { stdout: expected } = await home.must(["digest", "--tree", plain.path]);
  for (const format of ["v7", "ustar", "oldgnu", "pax"]) {
    const words = [`--format=${format}`, "-c", "-C", plain.path, "."];
    const { code, stderr, reference } = await push(format, words);
    assert.equal(code, 0, `${format}: ${stderr}`);
    assert.equal((await home.must(["digest", "--tree", reference])).stdout, expected, format);
  }

  // What says that it was cut off, or cannot be kept, ends without a tag.
  Deno.truncateSync(plain.at("d/f"), 5_000_000);
  const sparse = await push("sparse", ["-S", "-c", "-C", plain.path, "."]);
  assert.notEqual(sparse.code, 0);
  assert.match(sparse.stderr, /sparse/);
  const cut = await push("cut", ["-c", "-C", tree.path, ".", "--totals"], "head -c 30000");
  assert.notEqual(cut.code, 0);
  assert.match(cut.stderr, /cut off|in the middle of/);
  for (const { reference } of [sparse, cut]) {
    assert.notEqual((await home.blobber(["resolve", reference])).code, 0);
  }
});

const COPIERS: Peer[] = ["crane", "regctl"];
interop("all tags are copied as crane copies them, and regctl sees them", [
  ...first.needs,
  ...COPIERS,
], async () => {
  await using registry = await first.start();
  await using other = await first.start();
  using home = new Home();
  for (const one of [registry, other]) home.logIn(one);
  using tree = new TempDir();
  sampleTree(tree.path);
  const from = `${registry.host}/interop/all`;
  await home.must(["push", tree.path, `${from}:v1`, "--tag", "stable"]);
  await home.must(["push", tree.path, `${from}:v2`, "--annotation", "org.test=yes"]);
  const run = (peer: Peer, ...args: string[]) =>
    must(requirePeer(peer), args, { env: home.env, cwd: home.dir.path });
  const digests = async (repository: string) => {
    const tags = (await run("crane", "ls", repository)).stdout.trim().split("\n");
    return await Promise.all(
      tags.sort().map(async (tag) => {
        return `${tag} ${(await run("crane", "digest", `${repository}:${tag}`)).stdout.trim()}`;
      }),
    );
  };
  const [ours, theirs] = [`${other.host}/ours/all`, `${other.host}/theirs/all`];
  const { stdout } = await home.must(["copy", "--all-tags", from, ours]);
  assert.equal(stdout.trim().split("\n").length, 3);
  await run("crane", "copy", "--all-tags", from, theirs);
  assert.deepEqual(await digests(ours), await digests(theirs));
  assert.deepEqual(await digests(ours), await digests(from));
  const hosts = ["--host", `reg=${other.host},tls=disabled`];
  const listed = await run("regctl", ...hosts, "tag", "ls", ours);
  assert.deepEqual(listed.stdout.trim().split("\n").sort(), ["stable", "v1", "v2"]);
});
