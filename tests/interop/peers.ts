/**
 * The programs that blobber is tested beside: where each comes from, and how it is installed. Go programs
 * are built from the module proxy in a pinned version and stay in a cache outside the tree, as do those in
 * wheels of PyPI's; Debian's come by apt-get where that is possible.
 *
 * @module
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { IN_CI, inRoot, say } from "../../tasks/run.ts";

/** A command of a public Go module, in one version. */
interface GoCommand {
  command: string;
  version: string;
}

const GO_COMMANDS = {
  registry: {
    command: "github.com/distribution/distribution/v3/cmd/registry",
    version: "v3.1.2",
  },
  oras: { command: "oras.land/oras/cmd/oras", version: "v1.3.6" },
  crane: { command: "github.com/google/go-containerregistry/cmd/crane", version: "v0.22.1" },
  regctl: { command: "github.com/regclient/regclient/cmd/regctl", version: "v0.11.7" },
  cosign: { command: "github.com/sigstore/cosign/v3/cmd/cosign", version: "v3.1.3" },
  fulcio: { command: "github.com/sigstore/fulcio", version: "v1.8.8" },
  "rekor-v1": { command: "github.com/sigstore/rekor/cmd/rekor-server", version: "v1.5.4" },
  "rekor-v2": {
    command: "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix",
    version: "v2.3.0",
  },
  createtree: { command: "github.com/google/trillian/cmd/createtree", version: "v1.7.3" },
  ct_server: {
    command: "github.com/google/certificate-transparency-go/trillian/ctfe/ct_server",
    version: "v1.3.3",
  },
  actionlint: { command: "github.com/rhysd/actionlint/cmd/actionlint", version: "v1.7.12" },
} satisfies Record<string, GoCommand>;

/** Programs in wheels of PyPI's, by the digest of the wheel for Linux on x64; elsewhere they are not installed. */
const WHEELS = {
  zizmor: {
    version: "1.32.0",
    sha256: "84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071",
  },
};

/** Programs of this folder's own Go module. */
const OWN_PROGRAMS = [
  "memory-registry",
  "memory-trillian",
  "memory-timestamps",
  "read-stargz",
] as const;

/** Programs of Debian's, and the packages that hold them. */
const DEBIAN = {
  "docker-registry": "docker-registry",
  htpasswd: "apache2-utils",
  openssl: "openssl",
  tar: "tar",
  pigz: "pigz",
  zstd: "zstd",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  zsh: "zsh",
  fish: "fish",
  debootstrap: "debootstrap",
  runc: "runc",
  busybox: "busybox",
  shellcheck: "shellcheck",
  ruby: "ruby",
  "nix-instantiate": "nix-bin",
  patchelf: "patchelf",
};

/** The name of a peer. */
export type Peer =
  | keyof typeof GO_COMMANDS
  | (typeof OWN_PROGRAMS)[number]
  | keyof typeof WHEELS
  | keyof typeof DEBIAN
  | "go";

const FOLDER = join(
  Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"),
  "blobber-peers",
);
const BIN = join(FOLDER, "bin");
const OWN_SOURCE = inRoot("tests/interop/go");

/** The path of a peer's program, or nothing when it is not installed in the version that is pinned. */
export function peerPath(peer: Peer): string | undefined {
  if (
    peer in GO_COMMANDS || peer in WHEELS || (OWN_PROGRAMS as readonly string[]).includes(peer)
  ) {
    return isCurrent(peer) ? join(BIN, peer) : undefined;
  }
  return which(peer);
}

/** The path of a peer that has to be there. */
export function requirePeer(peer: Peer): string {
  const path = peerPath(peer);
  if (path === undefined) throw new Error(`${peer} is not installed`);
  return path;
}

/**
 * Installs what is missing and tells what could not be had, by peer.
 *
 * @param names which peers; all of them where none is named
 * @throws {Error} for a name that no peer has
 */
export function installPeers(names: readonly string[] = []): Map<Peer, string> {
  const failed = new Map<Peer, string>();
  const built = [...Object.keys(GO_COMMANDS), ...OWN_PROGRAMS];
  const wheels = Object.keys(WHEELS) as (keyof typeof WHEELS)[];
  const all = [...built, ...wheels, ...Object.keys(DEBIAN)];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`no peer is called ${unknown}`);
  const wanted = (peer: string) => names.length === 0 || names.includes(peer);
  mkdirSync(BIN, { recursive: true });
  installDebian(Object.entries(DEBIAN).filter(([program]) => wanted(program)), failed);
  for (const peer of built.filter(wanted)) {
    if (!isCurrent(peer)) buildGo(peer, failed);
  }
  for (const peer of wheels.filter(wanted)) {
    if (!isCurrent(peer)) installWheel(peer, failed);
  }
  return failed;
}

function isCurrent(peer: string): boolean {
  if (!existsSync(join(BIN, peer))) return false;
  try {
    return readFileSync(join(BIN, `${peer}.source`), "utf8") === sourceOf(peer);
  } catch {
    return adopted(peer);
  }
}

/** Accepts an existing program if Go says that it is the one we would build. */
function adopted(peer: string): boolean {
  const known = (GO_COMMANDS as Record<string, GoCommand>)[peer];
  const go = which("go");
  if (known === undefined || go === undefined) return false;
  const { success, stdout } = new Deno.Command(go, {
    args: ["version", "-m", join(BIN, peer)],
    stderr: "null",
  }).outputSync();
  const info = new TextDecoder().decode(stdout);
  const right = success && info.includes(`\tpath\t${known.command}\n`) &&
    info.includes(`\t${known.version}\t`);
  if (right) writeFileSync(join(BIN, `${peer}.source`), sourceOf(peer));
  return right;
}

/** What a program is built from: a version, or the digest of its source. */
function sourceOf(peer: string): string {
  const known = (GO_COMMANDS as Record<string, GoCommand>)[peer];
  if (known !== undefined) return `${known.command}@${known.version}`;
  if (peer in WHEELS) return wheelOf(peer as keyof typeof WHEELS);
  const hash = createHash("sha256");
  const files = readdirSync(join(OWN_SOURCE, peer)).sort().map((file) => join(peer, file));
  for (const file of ["go.mod", "go.sum", ...files]) {
    hash.update(readFileSync(join(OWN_SOURCE, file)));
  }
  return hash.digest("hex");
}

function buildGo(peer: string, failed: Map<Peer, string>): void {
  const go = which("go");
  if (go === undefined) {
    failed.set(peer as Peer, "Go is not installed");
    return;
  }
  say(`building ${peer} from ${peer in GO_COMMANDS ? sourceOf(peer) : `go/${peer}`}`);
  const fresh = join(FOLDER, `new-${peer}-${Deno.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const target = peer in GO_COMMANDS ? sourceOf(peer) : `./${peer}`;
  const { success, stderr } = new Deno.Command(go, {
    args: ["install", target],
    cwd: peer in GO_COMMANDS ? FOLDER : OWN_SOURCE,
    // Another Go is downloaded only where that was asked for.
    env: { GOBIN: fresh, GOTOOLCHAIN: Deno.env.get("GOTOOLCHAIN") ?? "local", GOFLAGS: "" },
    stdin: "null",
  }).outputSync();
  if (success) {
    const [built] = [...Deno.readDirSync(fresh)];
    renameSync(join(fresh, built!.name), join(BIN, peer));
    writeFileSync(join(BIN, `${peer}.source`), sourceOf(peer));
  } else {
    failed.set(peer as Peer, new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "");
  }
  rmSync(fresh, { recursive: true, force: true });
}

/** A line of a requirements file, by which pip refuses any other content. */
function wheelOf(peer: keyof typeof WHEELS): string {
  const { version, sha256 } = WHEELS[peer];
  return `${peer}==${version} --hash=sha256:${sha256}`;
}

function installWheel(peer: keyof typeof WHEELS, failed: Map<Peer, string>): void {
  const python = which("python3");
  if (python === undefined) return void failed.set(peer, "Python is not installed");
  say(`installing ${peer} ${WHEELS[peer].version}`);
  const fresh = join(FOLDER, `new-${peer}-${Deno.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "requirements.txt"), wheelOf(peer));
  const { success, stderr } = new Deno.Command(python, {
    args: ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
      .concat(["--require-hashes", "--target", join(fresh, "out"), "-r", "requirements.txt"]),
    cwd: fresh,
    stdin: "null",
  }).outputSync();
  if (success) {
    renameSync(join(fresh, "out/bin", peer), join(BIN, peer));
    writeFileSync(join(BIN, `${peer}.source`), sourceOf(peer));
  } else {
    failed.set(peer, new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "");
  }
  rmSync(fresh, { recursive: true, force: true });
}

function installDebian(packages: [program: string, name: string][], failed: Map<Peer, string>) {
  const missing = packages.filter(([program]) => which(program) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  const apt = which("apt-get");
  // A machine of a CI system's own is no one's to ask: there sudo needs no password.
  const sudo = Deno.uid() === 0 ? [] : IN_CI ? ["sudo", "-n"] : undefined;
  if (apt !== undefined && sudo !== undefined) {
    say(`installing ${names.join(" ")}`);
    const run = (...args: string[]) => {
      const [program, ...words] = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", apt, ...args];
      if (which(program!) === undefined) return;
      new Deno.Command(program!, { args: words, stdin: "null" }).outputSync();
    };
    run("update", "-qq");
    // One at a time: a package that a release does not have must not keep the others away.
    for (const name of names) run("install", "-y", "-qq", "--no-install-recommends", name);
  }
  for (const [program, name] of missing) {
    if (which(program) === undefined) {
      failed.set(program as Peer, `Debian's package ${name} is not installed`);
    }
  }
}

/** The path of a program on the PATH, where administrators' programs are looked for too. */
function which(program: string): string | undefined {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/go/bin"];
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, program)).find(
    (path) => existsSync(path),
  );
}

if (import.meta.main) {
  for (const [peer, why] of installPeers(Deno.args)) say(`${peer}: ${why}`);
}
