import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { tarOf } from "../fakes/tar.ts";
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

/** Files that a layer adds and removes below directories that are links on a merged-usr system. */
async function writeUpper(dir: TempDir): Promise<void> {
  const top = dir.at("top");
  for (const path of ["lib/systemd", "sbin", "etc", "usr/share", "var/cache/apt"]) {
    Deno.mkdirSync(`${top}/${path}`, { recursive: true });
  }
  for (const path of WHITEOUTS) Deno.writeTextFileSync(`${top}/${path}`, "");
  Deno.writeTextFileSync(`${top}/lib/new.conf`, "below a link\n");
  Deno.writeTextFileSync(`${top}/lib/systemd/new`, "in a directory that the layer empties\n");
  Deno.writeTextFileSync(`${top}/sbin/tool`, "#!/bin/sh\n", { mode: 0o755 });
  Deno.writeTextFileSync(`${top}/etc/issue`, "replaced\n");
  Deno.writeTextFileSync(`${top}/var/cache/apt/keep`, "kept\n");
  Deno.linkSync(`${top}/lib/new.conf`, `${top}/sbin/hard`);
  Deno.symlinkSync("/etc/hostname", `${top}/usr/share/absolute`);
  // Files alone: an entry for `lib` itself would put a directory in the link's place.
  await must("sh", ["-c", "find . ! -type d | sed 's,^[.]/,,' | sort > ../names"], { cwd: top });
  await must(requirePeer("tar"), ["cf", "../top.tar", "--no-recursion", "-T", "../names"], {
    cwd: top,
  });
}

const WHITEOUTS = [
  "lib/.wh.udev",
  "lib/systemd/.wh..wh..opq",
  "usr/share/.wh.doc",
  "var/cache/apt/.wh..wh..opq",
];

interop(
  "a layer over Debian as debootstrap makes it reaches through its links, as at a container's start",
  ["registry", "crane", "tar", "debootstrap"],
  async () => {
    await using registry = await distribution();
    using home = new Home();
    using dir = new TempDir();
    const root = dir.at("root");
    const asRoot = async (command: string, ...args: string[]) => {
      const words = [...(Deno.uid() === 0 ? [] : ["sudo", "-n"]), command, ...args];
      await must(words[0]!, words.slice(1));
    };
    try {
      await asRoot(requirePeer("debootstrap"), "--variant=minbase", "stable", root);
      // Devices come with the running system; an image that holds some is refused.
      const members = ["--one-file-system", "--exclude=./dev/*", "-C", root, "."];
      await asRoot(requirePeer("tar"), "cf", dir.at("base.tar"), ...members);
    } finally {
      await asRoot("rm", "-rf", "--one-file-system", root);
    }
    await writeUpper(dir);
    const image = `${registry.host}/debian/minbase:stable`;
    const files = ["-f", dir.at("base.tar"), "-f", dir.at("top.tar")];
    await must(requirePeer("crane"), ["append", ...files, "-t", image]);
    const base = `${registry.host}/debian/minbase:base`;
    await must(requirePeer("crane"), ["append", "-f", dir.at("base.tar"), "-t", base]);

    // One layer: as crane exports it.
    const expected = dir.at("expected");
    await must(requirePeer("crane"), ["export", base, dir.at("export.tar")]);
    Deno.mkdirSync(expected);
    await must(requirePeer("tar"), ["xpf", dir.at("export.tar"), "-C", expected]);
    await home.must(["pull", "--links", "keep", base, dir.at("base")]);
    sameTree(dir.at("base"), expected);

    // Two: crane does not look at links when it merges them. A runtime lays one over the other.
    for (const path of WHITEOUTS) {
      const [parent, name] = path.split("/.wh.") as [string, string];
      const below = name === ".wh..opq" ? ["*"] : [name];
      await must("sh", [
        "-c",
        `cd "$1" && rm -rf ${below.join(" ")}`,
        "sh",
        `${expected}/${parent}`,
      ]);
    }
    const over = ["xpf", dir.at("top.tar"), "-C", expected, "--keep-directory-symlink"];
    await must(requirePeer("tar"), [...over, "--exclude=.wh.*"]);
    await home.must(["pull", "--links", "keep", image, dir.at("ours")]);
    sameTree(dir.at("ours"), expected);
    const inode = (path: string) => lstatSync(dir.at(`ours/${path}`)).ino;
    assert.equal(inode("usr/lib/new.conf"), inode("usr/sbin/hard"));
    assert.equal(lstatSync(dir.at("ours/lib")).isSymbolicLink(), true);
    for (const path of ["lib/new.conf", "usr/lib/new.conf", "usr/sbin/hard"]) {
      assert.equal((await home.must(["cat", image, path])).stdout, "below a link\n");
    }
  },
);

interop("an image with devices is refused, and they are named", ["registry", "crane"], async () => {
  await using registry = await distribution();
  using home = new Home();
  using dir = new TempDir();
  const image = `${registry.host}/debian/devices:latest`;
  Deno.writeFileSync(dir.at("dev.tar"), tarOf({ name: "dev/null", type: "3", mode: 0o666 }));
  await must(requirePeer("crane"), ["append", "-f", dir.at("dev.tar"), "-t", image]);
  const refused = await home.blobber(["pull", "--links", "keep", image, dir.at("ours")]);
  assert.equal(refused.code, 9, refused.stderr);
  assert.match(refused.stderr, /"dev\/null" is a character device/);
});
