/** Images of small fake parts: what they say, who owns what, and that they are the same wherever they are made. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Client, type Index, type Manifest } from "@blobber/core";
import type { InputEntry } from "@blobber/core/estargz";
import { buildImages, type ImageInput } from "./build.ts";
import type { ImageParts } from "./parts.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const file = (path: string, text: string): InputEntry => ({
  type: "file",
  path,
  content: new TextEncoder().encode(text),
});

/** Parts in one order, or in the other. */
const fakeParts = (turned = false): ImageParts => {
  const order = (entries: InputEntry[]) => Promise.resolve(turned ? entries.reverse() : entries);
  return {
    base: (name) =>
      order([
        file("etc/passwd", "root:x:0:0\n"),
        file(`lib/${name}/libc.so.6`, name),
        { type: "symlink", path: "lib64/ld.so", linkTarget: `../lib/${name}/libc.so.6` },
      ]),
    shell: () => order([file("bin/sh", "shell"), file("bin/cat", "cat")]),
    deno: (name) => order([file("usr/local/bin/deno", name), file("usr/share/doc/deno/a", "a")]),
    library: () => order([file("deno.json", "{}"), file("usr/local/lib/blobber/a.js", "1")]),
  };
};

function inDirectory(name: string, run: (dir: string) => Promise<void>): void {
  test(name, async () => {
    const dir = mkdtempSync(join(tmpdir(), "blobber-images-"));
    try {
      mkdirSync(join(dir, "binaries"));
      for (const name of ["x64", "arm64"]) {
        writeFileSync(join(dir, "binaries", `blobber-linux-${name}`), `program ${name}`);
      }
      await run(dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

const inputIn = (dir: string, more: Partial<ImageInput> = {}): ImageInput => ({
  binaries: join(dir, "binaries"),
  version: "1.2.3",
  commit: COMMIT,
  created: "2026-11-30T23:30:00+02:00",
  out: join(dir, "layout"),
  parts: fakeParts(),
  ...more,
});

interface Config {
  created: string;
  architecture: string;
  os: string;
  config: Record<string, unknown> & { Labels: Record<string, string>; Env: string[] };
  rootfs: { diff_ids: string[] };
  history: unknown[];
}

const blob = (layout: string, digest: string) =>
  readFileSync(join(layout, "blobs", digest.replace(":", "/")));
const json = <T>(layout: string, digest: string) =>
  JSON.parse(blob(layout, digest).toString()) as T;

inDirectory("the images say whose they are, of what, and how they start", async (dir) => {
  const built = await buildImages(inputIn(dir));
  assert.deepEqual(built.map(({ tag }) => tag), ["v1.2.3", "v1.2.3-deno"]);
  const layout = join(dir, "layout");
  const titles: string[] = [];
  for (const { digest } of built) {
    const index = json<Index>(layout, digest);
    assert.deepEqual(index.manifests.map(({ platform }) => platform), [
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux" },
    ]);
    for (const { digest, platform } of index.manifests) {
      const manifest = json<Manifest>(layout, digest);
      const config = json<Config>(layout, manifest.config.digest);
      assert.equal(config.architecture, platform!.architecture);
      assert.equal(config.created, "2026-11-30T21:30:00Z");
      assert.deepEqual(config.config.Labels, manifest.annotations);
      assert.deepEqual(index.annotations, manifest.annotations);
      const { Labels, Env } = config.config;
      assert.equal(Labels["org.opencontainers.image.revision"], COMMIT);
      assert.equal(Labels["org.opencontainers.image.version"], "1.2.3");
      assert.equal(Labels["org.opencontainers.image.created"], config.created);
      assert.equal(Labels["org.opencontainers.image.licenses"], "Apache-2.0");
      assert.equal(config.config.User, "65532:65532");
      assert.equal(config.config.WorkingDir, "/work");
      assert.ok(Env.includes("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"), `${Env}`);
      assert.ok(Env.includes("HOME=/home/blobber"), `${Env}`);
      assert.equal(config.history.length, manifest.layers.length);
      assert.equal(config.rootfs.diff_ids.length, manifest.layers.length);
      titles.push(`${Labels["org.opencontainers.image.title"]}: ${config.config.Entrypoint}`);
    }
  }
  const minimal = "blobber: /usr/local/bin/blobber";
  const deno = "blobber with Deno: /usr/local/bin/deno";
  assert.deepEqual(titles, [minimal, minimal, deno, deno]);
});

inDirectory(
  "each processor has its own program, and the minimal image has no shell",
  async (dir) => {
    await buildImages(inputIn(dir));
    await using client = new Client();
    for (const [architecture, name] of [["amd64", "x64"], ["arm64", "arm64"]] as const) {
      const platform = { os: "linux", architecture };
      const minimal = await client.openImage(`oci:${dir}/layout:v1.2.3`, { platform });
      const text = async (path: string) => new TextDecoder().decode(await minimal.read(path));
      assert.equal(await text("usr/local/bin/blobber"), `program ${name}`);
      assert.equal((await minimal.stat("usr/local/bin/blobber")).mode, 0o755);
      assert.equal(await text("lib64/ld.so"), architecture);
      assert.match(await text("usr/share/doc/blobber/copyright"), /Apache License/);
      const paths = await minimal.paths();
      assert.ok(!paths.some((path) => path.startsWith("bin/")), `${paths}`);
      await minimal.close();
      const deno = await client.openImage(`oci:${dir}/layout:v1.2.3-deno`, { platform });
      assert.ok((await deno.paths()).includes("bin/sh"));
      assert.equal(new TextDecoder().decode(await deno.read("usr/local/bin/deno")), architecture);
      await deno.close();
    }
  },
);

inDirectory("the user owns its home and work directory, and all may write to /tmp", async (dir) => {
  const [minimal] = await buildImages(inputIn(dir));
  const layout = join(dir, "layout");
  const index = json<Index>(layout, minimal!.digest);
  const { layers } = json<Manifest>(layout, index.manifests[0]!.digest);
  const tar = gunzipSync(blob(layout, layers[1]!.digest));
  const rows: string[] = [];
  for (let at = 0; tar[at] !== 0; at += 512) {
    const field = (from: number, to: number) =>
      tar.subarray(at + from, at + to).toString().split("\0")[0]!;
    const number = (from: number, to: number) => parseInt(field(from, to), 8);
    rows.push(
      `${number(100, 108).toString(8)} ${number(108, 116)}:${number(116, 124)} ${field(0, 100)}`,
    );
  }
  assert.deepEqual(rows, [
    "1777 0:0 tmp/",
    "755 0:0 home/",
    "755 65532:65532 home/blobber/",
    "755 65532:65532 home/blobber/.cache/",
    "755 65532:65532 home/blobber/.config/",
    "755 65532:65532 work/",
  ]);
});

inDirectory("the digests depend on the input alone", async (dir) => {
  const first = await buildImages(inputIn(dir));
  const umask = Deno.umask(0o077);
  const zone = Deno.env.get("TZ");
  try {
    Deno.env.set("TZ", "Pacific/Kiritimati");
    const again = inputIn(dir, {
      out: join(dir, "again"),
      parts: fakeParts(true),
      created: new Date("2026-11-30T21:30:00Z"),
    });
    assert.deepEqual(await buildImages(again), first);
  } finally {
    Deno.umask(umask);
    if (zone === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", zone);
  }
  for (
    const more of [
      { commit: "f".repeat(40) },
      { version: "1.2.4" },
      { created: "2026-11-30T21:30:01Z" },
    ]
  ) {
    const other = await buildImages(inputIn(dir, { ...more, out: join(dir, "other") }));
    assert.notEqual(other[0]!.digest, first[0]!.digest);
    assert.notEqual(other[1]!.digest, first[1]!.digest);
  }
  writeFileSync(join(dir, "binaries/blobber-linux-arm64"), "another");
  const other = await buildImages(inputIn(dir, { out: join(dir, "other") }));
  assert.notEqual(other[0]!.digest, first[0]!.digest);
  assert.equal(other[1]!.digest, first[1]!.digest);
});

inDirectory("a base of one's own comes below, and only by its digest", async (dir) => {
  const [base] = await buildImages(inputIn(dir, { out: join(dir, "base"), version: "0.0.1" }));
  const name = `oci:${dir}/base`;
  const built = await buildImages(inputIn(dir, { base: `${name}@${base!.digest}` }));
  const layout = join(dir, "layout");
  const layersOf = (layout: string, digest: string) =>
    json<Manifest>(layout, json<Index>(layout, digest).manifests[1]!.digest).layers
      .map(({ digest }) => digest);
  const below = layersOf(join(dir, "base"), base!.digest);
  assert.deepEqual(layersOf(layout, built[0]!.digest).slice(0, below.length), below);
  const { annotations } = json<Index>(layout, built[0]!.digest);
  assert.equal(annotations!["org.opencontainers.image.base.digest"], base!.digest);

  await assert.rejects(buildImages(inputIn(dir, { base: `${name}:v0.0.1` })), /has no digest/);
  // A layer of the base that was changed is not taken.
  const changed = join(dir, "base/blobs", below[0]!.replace(":", "/"));
  const bytes = readFileSync(changed);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.chmodSync(changed, 0o644);
  writeFileSync(changed, bytes);
  const out = join(dir, "never");
  await assert.rejects(buildImages(inputIn(dir, { base: `${name}@${base!.digest}`, out })), {
    code: "integrity",
  });
});

inDirectory("what makes no image is refused before anything is made", async (dir) => {
  for (
    const [more, message] of [
      [{ version: "1/2" }, /makes no tag/],
      [{ commit: "HEAD" }, /is no commit/],
      [{ created: "today" }, /is no time/],
      [{ binaries: dir }, /there is no .*blobber-linux-x64/],
    ] as const
  ) {
    await assert.rejects(buildImages(inputIn(dir, more)), message);
  }
  await assert.rejects(Deno.stat(join(dir, "layout")), Deno.errors.NotFound);
});
