import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { blobOf, manifestOf } from "./manifests.ts";
import { must, TempDir } from "./processes.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { REGISTRIES } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

const CLIENTS: Peer[] = ["crane", "oras", "regctl", "tar", "zstd"];
/** Flags that let regctl speak plain HTTP, which the others do on loopback or when told so. */
const plain = (host: string) => ["--host", `reg=${host},tls=disabled`];
const run = (peer: Peer, args: string[], home: Home, cwd = home.dir.path) =>
  must(requirePeer(peer), args, { env: home.env, cwd });

/** `crane export`, unpacked. */
async function exported(reference: string, out: string, home: Home): Promise<void> {
  await run("crane", ["export", reference, `${out}.tar`], home);
  Deno.mkdirSync(out);
  await run("tar", ["xf", `${out}.tar`, "-C", out], home);
}

for (const { name, needs, start } of REGISTRIES) {
  for (const how of ["gzip", "zstd", "gzip, reproducible"]) {
    const [compression, reproducible] = how.split(", ") as [string, string?];
    interop(
      `${name}: others read what we push, ${how}`,
      [...needs, ...CLIENTS],
      async () => {
        await using registry = await start();
        using home = new Home();
        home.logIn(registry);
        using tree = new TempDir();
        sampleTree(tree.path);
        const at = (path: string) => home.dir.at(path);
        const repository = "interop/ours";
        const reference = `${registry.host}/${repository}:v1`;
        const flags = ["--compression", compression, "--tag", "v2", "--annotation", "org.test=yes"];
        if (reproducible) flags.push("--reproducible");
        const { stdout } = await home.must(["push", tree.path, reference, ...flags]);
        const digest = stdout.trim().split("\n").at(-1)!;

        // crane validates gzip layers only.
        if (compression === "gzip") await run("crane", ["validate", "--remote", reference], home);
        assert.equal((await run("crane", ["digest", reference], home)).stdout.trim(), digest);
        const tags = (await run("crane", ["ls", `${registry.host}/${repository}`], home)).stdout;
        assert.deepEqual(tags.trim().split("\n").sort(), ["v1", "v2"]);
        await exported(reference, at("crane"), home);
        removeTable(at("crane"));
        sameTree(at("crane"), tree.path);

        // GNU tar reads the blob as it is.
        const manifest = await manifestOf(registry.host, repository, digest);
        assert.equal(manifest.annotations?.["org.test"], "yes");
        Deno.writeFileSync(
          at("blob"),
          await blobOf(registry.host, repository, manifest.layers[0]!.digest),
        );
        Deno.mkdirSync(at("tar"));
        await run("tar", ["x", `--${compression}`, "-f", at("blob"), "-C", at("tar")], home);
        removeTable(at("tar"));
        sameTree(at("tar"), tree.path);

        // oras and regctl copy it into a layout, and we read it there.
        await run("oras", [
          "cp",
          "--from-plain-http",
          "--to-oci-layout",
          reference,
          `${at("oras")}:v1`,
        ], home);
        await run("regctl", [
          ...plain(registry.host),
          "image",
          "copy",
          reference,
          `ocidir://${at("regctl")}:v1`,
        ], home);
        for (const layout of ["oras", "regctl"]) {
          await home.must(["pull", `oci:${at(layout)}@${digest}`, at(`from-${layout}`)]);
          sameTree(at(`from-${layout}`), tree.path);
        }
        const file = await run("regctl", [
          ...plain(registry.host),
          "image",
          "get-file",
          reference,
          "dir/run.sh",
        ], home);
        assert.equal(file.stdout, "#!/bin/sh\necho run\n");
      },
    );
  }

  interop(`${name}: we read what others push`, [...needs, ...CLIENTS], async () => {
    await using registry = await start();
    using home = new Home();
    home.logIn(registry);
    using tree = new TempDir();
    sampleTree(tree.path);
    const at = (path: string) => home.dir.at(path);

    // crane: a plain tar that it compresses itself, gzip, not eStargz
    await run("tar", ["cf", at("tree.tar"), "-C", tree.path, "."], home);
    const cranes = `${registry.host}/interop/crane:v1`;
    await run("crane", ["append", "-f", at("tree.tar"), "-t", cranes], home);
    await home.must(["pull", cranes, at("crane")]);
    sameTree(at("crane"), tree.path);
    const cat = await home.must(["cat", cranes, "dir/run.sh"]);
    assert.equal(cat.stdout, "#!/bin/sh\necho run\n");

    // oras: a directory, which it packs under its own name, and tars as the layers of an image: without the
    // config they would be files with titles
    const orass = `${registry.host}/interop/oras:v1`;
    Deno.mkdirSync(at("cwd"));
    await run("tar", ["cf", at("sample.tar"), "-C", tree.path, "."], home);
    Deno.mkdirSync(at("cwd/sample"));
    await run("tar", ["xf", at("sample.tar"), "-C", at("cwd/sample")], home);
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    await run("oras", ["push", "--plain-http", orass, `sample:${gzip}`], home, at("cwd"));
    await home.must(["pull", orass, at("oras")]);
    sameTree(at("oras"), at("cwd"));

    Deno.writeTextFileSync(at("cwd/config.json"), '{"architecture":"amd64","os":"linux"}');
    const config = ["--config", "config.json:application/vnd.oci.image.config.v1+json"];
    const zstds = `${registry.host}/interop/zstd:v1`;
    await run("zstd", ["-q", at("tree.tar"), "-o", at("cwd/tree.tar.zst")], home);
    const zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    await run(
      "oras",
      [
        ...["push", "--plain-http", ...config, zstds, `tree.tar.zst:${zstd}`],
      ],
      home,
      at("cwd"),
    );
    await home.must(["pull", zstds, at("zstd")]);
    sameTree(at("zstd"), tree.path);

    const plains = `${registry.host}/interop/plain:v1`;
    Deno.copyFileSync(at("tree.tar"), at("cwd/tree.tar"));
    const tar = "application/vnd.oci.image.layer.v1.tar";
    await run(
      "oras",
      [
        ...["push", "--plain-http", ...config, plains, `tree.tar:${tar}`],
      ],
      home,
      at("cwd"),
    );
    await home.must(["pull", plains, at("plain")]);
    sameTree(at("plain"), tree.path);

    // regctl: an image that it copies from the layout that we made
    await home.must(["push", tree.path, `oci:${at("layout")}:v1`]);
    const regctls = `${registry.host}/interop/regctl:v1`;
    await run("regctl", [
      ...plain(registry.host),
      "image",
      "copy",
      `ocidir://${at("layout")}:v1`,
      regctls,
    ], home);
    await home.must(["pull", regctls, at("regctl")]);
    sameTree(at("regctl"), tree.path);
  });

  interop(`${name}: layers with whiteouts come out as crane exports them`, [
    ...needs,
    ...CLIENTS,
  ], async () => {
    await using registry = await start();
    using home = new Home();
    home.logIn(registry);
    const at = (path: string) => home.dir.at(path);
    const layer = async (number: number, files: Record<string, string>, links: string[][] = []) => {
      const root = at(`layer${number}`);
      for (const [path, text] of Object.entries(files)) {
        Deno.mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
        Deno.writeTextFileSync(`${root}/${path}`, text);
      }
      for (const [from, to] of links) Deno.linkSync(`${root}/${from}`, `${root}/${to}`);
      await run("tar", ["cf", `${root}.tar`, "-C", root, "."], home);
      return ["-f", `${root}.tar`];
    };
    const image = `${registry.host}/interop/layers:v1`;
    const layers = [
      await layer(1, { "keep/a": "1", "keep/b": "1", "gone/x": "1", "opaque/old": "1", "f": "1" }, [
        ["keep/a", "keep/hard"],
      ]),
      await layer(2, {
        "keep/b": "2",
        "keep/.wh.a": "",
        ".wh.gone": "",
        "opaque/.wh..wh..opq": "",
      }),
      await layer(3, { "opaque/new": "3", "gone/y": "3", ".wh.f": "" }),
    ];
    await run("crane", ["append", ...layers.flat(), "-t", image], home);
    await exported(image, at("crane"), home);
    await home.must(["pull", image, at("ours")]);
    sameTree(at("ours"), at("crane"));
    assert.equal((await home.must(["cat", image, "keep/b"])).stdout, "2");
    assert.equal((await home.blobber(["cat", image, "keep/a"])).code, 4);
  });
}

/** Takes the table of contents away, which other readers take for a file. */
function removeTable(root: string): void {
  for (const name of ["stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark"]) {
    try {
      Deno.removeSync(`${root}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
