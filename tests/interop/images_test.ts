/**
 * The container images, of Debian's present packages: read and copied by other tools, chosen by platform out of a
 * registry, and run by runc as their own user. The program of the minimal image is one of this system's, as the
 * real one cannot be compiled everywhere: it shows that the loader and the libraries are there. In the other
 * image, this machine's Deno runs, which needs the libraries that the real program needs.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../../tasks/run.ts";
import type { Architecture } from "../../tasks/images/architectures.ts";
import { HOME, textFile, WORK } from "../../tasks/images/base.ts";
import { buildImages } from "../../tasks/images/build.ts";
import { presentPackages } from "../../tasks/images/debian.ts";
import { libraryEntries } from "../../tasks/images/deno_files.ts";
import { pinnedParts } from "../../tasks/images/parts.ts";
import { BASE_PACKAGES, readPins, SHELL_PACKAGES } from "../../tasks/images/pins.ts";
import { Home, interop, skipped } from "./harness.ts";
import { exec, must, type Ran, TempDir } from "./processes.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { distribution } from "./servers.ts";

const HERE: Architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
const NAME = "the images of a release are read by all, and run as they say";
const NEEDS: Peer[] = [
  "registry",
  "crane",
  "oras",
  "regctl",
  "apt-get",
  "dpkg-deb",
  "tar",
  "openssl",
  "runc",
];

const os = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
if (!/^ID=debian$/m.test(os) || Deno.uid() !== 0) {
  skipped(NAME, "it takes Debian's packages, and root");
} else {
  interop(NAME, NEEDS, run);
}

/** A blobber of both processors: `env`, which prints what the image's config set. */
async function build(dir: TempDir, home: Home): Promise<{ tag: string; digest: string }[]> {
  mkdirSync(dir.at("binaries"));
  for (const name of ["x64", "arm64"]) {
    copyFileSync("/usr/bin/env", dir.at(`binaries/blobber-linux-${name}`));
  }
  const pins = readPins();
  const present = presentPackages(HERE, [...BASE_PACKAGES, ...SHELL_PACKAGES]);
  const real = pinnedParts([], { ...pins, packages: { ...pins.packages, [HERE]: present } });
  const other = () => Promise.resolve([textFile("etc/passwd", "of the other processor\n")]);
  const library = await libraryEntries();
  for (const { path, content } of library) {
    for (const here of [inRoot("./"), home.env.DENO_DIR!, home.env.DENO_DIR!.replace(/^\//, "")]) {
      const bytes = Buffer.from(content as Uint8Array ?? []);
      assert.ok(!bytes.includes(here), `${path} names ${here}: it differs from machine to machine`);
    }
  }
  return await buildImages({
    binaries: dir.at("binaries"),
    version: "1.2.3",
    commit: "0".repeat(40),
    created: "2026-01-01T00:00:00Z",
    out: dir.at("layout"),
    parts: {
      base: (name) => name === HERE ? real.base(name) : other(),
      shell: (name) => name === HERE ? real.shell(name) : Promise.resolve([]),
      // Of its 95 MB nothing is shown that another file does not show: it is mounted below.
      deno: () => Promise.resolve([textFile("usr/local/bin/deno", "")]),
      library: () => Promise.resolve(library),
    },
  });
}

interface Config {
  User: string;
  Env: string[];
  Entrypoint: string[];
  WorkingDir: string;
}

/** An image unpacked by other tools, as an engine unpacks it, that runc runs. */
class Container {
  readonly #dir: string;
  readonly #config: Config;
  readonly #mounts: Record<string, string>;

  private constructor(dir: string, config: Config, mounts: Record<string, string>) {
    this.#dir = dir;
    this.#config = config;
    this.#mounts = mounts;
  }

  /** @param mounts files of this machine's by where they are in the container, whatever runs */
  static async of(
    image: string,
    dir: string,
    mounts: Record<string, string> = {},
  ): Promise<Container> {
    mkdirSync(`${dir}/rootfs`, { recursive: true });
    const crane = requirePeer("crane");
    const platform = `--platform=linux/${HERE}`;
    await must(crane, ["export", platform, image, `${dir}/image.tar`]);
    const to = ["-C", `${dir}/rootfs`, "--numeric-owner", "-xpf", `${dir}/image.tar`];
    await must(requirePeer("tar"), to);
    const { stdout } = await must(crane, ["config", platform, image]);
    return new Container(dir, JSON.parse(stdout).config, mounts);
  }

  /** Runs what the config says, or another program, on a root that cannot be written to. */
  run(args: string[], mounts: Record<string, string> = {}, entrypoint?: string[]): Promise<Ran> {
    const { User, Env, Entrypoint, WorkingDir } = this.#config;
    const [uid, gid] = User.split(":").map(Number);
    const bound = Object.entries({ ...this.#mounts, ...mounts }).map(([destination, source]) => ({
      destination,
      source,
      type: "none",
      options: ["bind", "ro"],
    }));
    const home = { destination: `/${HOME}`, type: "tmpfs", options: [`uid=${uid}`] };
    const config = {
      ociVersion: "1.0.2",
      process: {
        user: { uid, gid },
        args: [...entrypoint ?? Entrypoint, ...args],
        env: Env,
        cwd: WorkingDir,
        noNewPrivileges: true,
      },
      root: { path: "rootfs", readonly: false },
      mounts: [
        { destination: "/proc", type: "proc", source: "proc" },
        { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"] },
        { ...home, source: "tmpfs" },
        ...bound,
      ],
      linux: { namespaces: ["pid", "mount", "ipc", "uts"].map((type) => ({ type })) },
    };
    writeFileSync(`${this.#dir}/config.json`, JSON.stringify(config));
    const name = `blobber-test-${crypto.randomUUID()}`;
    const root = `${this.#dir}/state`;
    return exec(requirePeer("runc"), ["--root", root, "run", "-b", this.#dir, name]);
  }
}

async function run(): Promise<void> {
  using dir = new TempDir();
  using home = new Home();
  await using registry = await distribution();
  const built = await build(dir, home);
  const repository = `${registry.host}/team/blobber-image`;
  for (const { tag, digest } of built) {
    await home.must(["copy", `oci:${dir.at("layout")}:${tag}`, `${repository}:${tag}`]);
    const image = `${repository}:${tag}`;
    // Other tools see the same in the layout and in the registry, and every blob is right.
    const crane = await must(requirePeer("crane"), ["digest", image]);
    assert.equal(crane.stdout.trim(), digest);
    for (const platform of ["linux/amd64", "linux/arm64"]) {
      const args = ["validate", "--remote", image, "--platform", platform];
      assert.match((await must(requirePeer("crane"), args)).stdout, /PASS/);
    }
    const at = `${dir.at("layout")}:${tag}`;
    const oras = await must(requirePeer("oras"), ["resolve", "--oci-layout", at]);
    assert.equal(oras.stdout.trim(), digest);
    const regctl = await must(requirePeer("regctl"), ["image", "digest", `ocidir://${at}`]);
    assert.equal(regctl.stdout.trim(), digest);
    // Ours reads one file of one platform.
    const other = HERE === "amd64" ? "arm64" : "amd64";
    const read = ["cat", image, "etc/passwd", "--platform"];
    assert.match((await home.must([...read, `linux/${HERE}`])).stdout, /^blobber:x:65532:/m);
    assert.match((await home.must([...read, `linux/${other}`])).stdout, /of the other processor/);
  }

  const minimal = await Container.of(`${repository}:v1.2.3`, dir.at("minimal"));
  const said = await minimal.run([]);
  assert.equal(said.code, 0, said.stderr);
  assert.deepEqual(said.stdout.match(/^(HOME|SSL_CERT_FILE)=.*$/gm), [
    `HOME=/${HOME}`,
    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
  ]);
  const shell = await minimal.run(["-c", "true"], {}, ["/bin/sh"]);
  assert.notEqual(shell.code, 0, "the minimal image has a shell");

  const mounts = { "/usr/local/bin/deno": Deno.execPath() };
  const deno = await Container.of(`${repository}:v1.2.3-deno`, dir.at("deno"), mounts);
  await scripts(deno, dir);
  await certificates(deno, dir);
}

/** The command line and the library, as the image's user, without a network. */
async function scripts(deno: Container, dir: TempDir): Promise<void> {
  mkdirSync(dir.at("tree"));
  writeFileSync(dir.at("tree/a.txt"), "a\n");
  const commands = [
    "id -u",
    "blobber push /tree oci:/work/layout:v1",
    "blobber pull oci:/work/layout:v1 /work/copy && cat /work/copy/a.txt",
    "touch /tmp/a && ls -ld /tmp | cut -c1-10",
    "touch /etc/a 2>/dev/null || echo refused",
  ];
  const ran = await deno.run(["-c", commands.join("\n")], { "/tree": dir.at("tree") }, ["/bin/sh"]);
  assert.equal(ran.code, 0, ran.stderr);
  const lines = ran.stdout.trim().split("\n");
  assert.match(lines[1] ?? "", /^sha256:[0-9a-f]{64}$/);
  lines[1] = "";
  assert.deepEqual(lines, ["65532", "", "a", "drwxrwxrwt", "refused"]);

  // The page's own example.
  const page = readFileSync(inRoot("docs/howto/containers.md"), "utf8");
  const [, script] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
  mkdirSync(dir.at("script"));
  writeFileSync(dir.at("script/list.ts"), script!);
  for (const command of [["run", "-A"], ["check"]]) {
    const { code, stderr, stdout } = await deno.run([...command, "/script/list.ts"], {
      "/script": dir.at("script"),
      [`/${WORK}/examples/site`]: dir.at("tree"),
    });
    assert.equal(code, 0, stderr);
    if (command[0] === "run") assert.equal(stdout, "a.txt\n");
  }
}

/** The file with the certificates is the one that counts: with another one, another server is trusted. */
async function certificates(deno: Container, dir: TempDir): Promise<void> {
  const [caKey, ca, key, cert] = ["ca-key.pem", "ca.pem", "key.pem", "cert.pem"].map((name) =>
    dir.at(name)
  ) as [string, string, string, string];
  const make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" ");
  const openssl = requirePeer("openssl");
  await must(openssl, [...make, "-subj", "/CN=authority", "-keyout", caKey, "-out", ca]);
  await must(openssl, [
    ...[...make, "-CA", ca, "-CAkey", caKey, "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-keyout", key, "-out", cert],
  ]);
  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      key: readFileSync(key, "utf8"),
      cert: readFileSync(cert, "utf8"),
      onListen() {},
    },
    () => Response.json({ name: "a", tags: ["v1"] }),
  );
  try {
    const blobber = ["/usr/local/bin/blobber"];
    const args = ["tags", `localhost:${server.addr.port}/a`];
    const hosts = { "/etc/hosts": "/etc/hosts" };
    const refused = await deno.run(args, hosts, blobber);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /UnknownIssuer/);
    const mine = { ...hosts, "/etc/ssl/certs/ca-certificates.crt": ca };
    const trusted = await deno.run(args, mine, blobber);
    assert.equal(trusted.stdout, "v1\n", trusted.stderr);
  } finally {
    await server.shutdown();
  }
}
