import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { Home, interop } from "./harness.ts";
import { must, TempDir } from "./processes.ts";
import { requirePeer } from "./peers.ts";
import { distribution } from "./servers.ts";
import { sameTree, snapshot } from "./tree.ts";

/** Enough of Debian to have what images have: absolute links, hard links, setuid programs. */
const PACKAGES = ["base-files", "bash", "coreutils", "perl-base", "passwd", "libc6", "tzdata"];

/** Packs the packages of this machine's release as one layer, and a second that takes something away. */
async function debian(dir: TempDir): Promise<string[]> {
  const debs = dir.at("debs");
  const root = dir.at("root");
  Deno.mkdirSync(debs);
  Deno.mkdirSync(root);
  await must(requirePeer("apt-get"), ["download", "-q", ...PACKAGES], { cwd: debs });
  for (const { name } of Deno.readDirSync(debs)) {
    await must(requirePeer("dpkg-deb"), ["-x", `${debs}/${name}`, root]);
  }
  await must(requirePeer("tar"), ["cf", dir.at("base.tar"), "-C", root, "."]);
  Deno.mkdirSync(dir.at("top/usr/share"), { recursive: true });
  Deno.writeTextFileSync(dir.at("top/usr/share/.wh.doc"), "");
  Deno.mkdirSync(dir.at("top/etc"));
  Deno.writeTextFileSync(dir.at("top/etc/hostname"), "interop\n");
  await must(requirePeer("tar"), ["cf", dir.at("top.tar"), "-C", dir.at("top"), "."]);
  return ["-f", dir.at("base.tar"), "-f", dir.at("top.tar")];
}

interop(
  "an image of Debian's packages is pulled as crane exports it",
  ["registry", "crane", "tar", "apt-get", "dpkg-deb"],
  async () => {
    await using registry = await distribution();
    using home = new Home();
    using dir = new TempDir();
    const image = `${registry.host}/debian/image:stable`;
    await must(requirePeer("crane"), ["append", ...await debian(dir), "-t", image]);
    await must(requirePeer("crane"), ["export", image, dir.at("export.tar")]);
    Deno.mkdirSync(dir.at("expected"));
    await must(requirePeer("tar"), ["xf", dir.at("export.tar"), "-C", dir.at("expected")]);

    const refused = await home.blobber(["pull", image, dir.at("ours")]);
    assert.equal(refused.code, 9, refused.stderr);
    assert.throws(() => lstatSync(dir.at("ours")));

    await home.must(["pull", "--links", "keep", image, dir.at("ours")]);
    const expected = snapshot(dir.at("expected"));
    const absolute = [...expected.values()].filter((entry) => entry.startsWith("link /"));
    assert.ok(absolute.length > 0, "the image has no absolute link");
    assert.ok(![...expected.keys()].some((path) => path.startsWith("usr/share/doc")));
    sameTree(dir.at("ours"), dir.at("expected"));
  },
);
