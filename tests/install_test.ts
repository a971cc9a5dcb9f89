/** install.sh, run by dash and by bash beside a page of releases, a registry and a Sigstore of the tests'. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ARTIFACT, DOWNLOADS, SIGNER, SOURCE } from "../cli/home.ts";
import { inRoot } from "../tasks/run.ts";
import { type InstallOptions, Machine } from "./fakes/installing.ts";

const SCRIPT = readFileSync(inRoot("install.sh"), "utf8");
const POWERSHELL = readFileSync(inRoot("install.ps1"), "utf8");
const asRoot = Deno.uid() === 0;

for (const shell of ["dash", "bash"]) {
  Deno.test(`install.sh under ${shell} installs the newest release, and says when it is there`, async () => {
    await using machine = await Machine.open([shell]);
    await machine.release("9.1.0");
    const first = await machine.run({ env: { SHELL: "/bin/zsh" } });
    assert.equal(first.status, 0, first.stderr);
    assert.equal(first.stderr, "");
    const quoted = `'${machine.bin.replace("'", "'\\''")}'`;
    assert.equal(
      first.stdout,
      `Installed blobber 9.1.0, its signature verified by the new blobber itself: ` +
        `${machine.bin}/blobber\n${machine.bin} is not on the PATH, add to ~/.zshrc:\n` +
        `  export PATH=${quoted}:"$PATH"\n`,
    );
    assert.ok(await machine.has("9.1.0"));
    const [read] = machine.releases.registry.requests.filter(({ url }) => url.includes("v9.1.0"));
    assert.ok(read !== undefined, "the signature is read out of the registry");

    machine.downloads.requests.length = 0;
    const again = await machine.run();
    assert.match(again.stdout, /^blobber 9\.1\.0 is installed already: /);
    assert.deepEqual(machine.downloads.requests, ["/latest/version.txt"]);
  });
}

Deno.test("what is wrong with a download leaves the old program, and nothing else", async () => {
  await using machine = await Machine.open();
  const { downloads } = machine;
  const list = "/v9.1.0/checksums.txt", binary = "/v9.1.0/blobber-linux-x64";
  const ends = async (what: string, status: number, said: RegExp, options?: InstallOptions) => {
    const ran = await machine.run(options);
    assert.deepEqual([what, ran.status, ran.stdout], [what, status, ""], ran.stderr);
    assert.match(ran.stderr, said);
    assert.deepEqual([what, machine.inBin()], [what, undefined]);
  };
  await ends("no release at all", 4, /latest\/version\.txt is not there/);
  await ends("a place whose name has the digits of a status", 11, /could not be downloaded/, {
    env: { BLOBBER_DOWNLOADS: "http://localhost:1/404" },
  });
  downloads.files.set("/latest/version.txt", "v9.1.0\n".repeat(40_000));
  for (const tool of ["curl", "wget"]) {
    await ends("a text without end", 9, /larger than 64 KiB/, { tools: [tool, "sha256sum", "wc"] });
  }
  downloads.files.set("/latest/version.txt", "\x1b[2Jv1");
  await ends("a version that is none", 8, /says "\[2Jv1", expected/);
  downloads.files.set("/latest/version.txt", "v9.1.0-rc.1\n");
  await ends("not a stable version", 8, /expected a version/);
  await machine.release("9.1.0");
  const right = downloads.files.get(list) as string;
  const bytes = downloads.files.get(binary) as Uint8Array;

  downloads.files.set(list, right.replace(/^./, (digit) => digit === "0" ? "1" : "0"));
  await ends("another digest", 8, /has the wrong digest/);
  downloads.files.set(list, right + right);
  await ends("two digests", 8, /twice/);
  downloads.files.set(list, right.replace("linux-x64", "linux-x65"));
  await ends("no digest", 4, /no binary for this machine/);
  downloads.files.delete(list);
  await ends("no list", 4, /checksums\.txt is not there/);
  downloads.files.set(list, right);

  downloads.faults.set(binary, "cut");
  await ends("a body that was cut", 11, /could not be downloaded/);
  downloads.faults.set(binary, { redirect: "http://192.0.2.1/blobber" });
  await ends("a redirect to plain HTTP", 2, /refused to download "http:\/\/192/, {
    tools: ["wget", "sha256sum"],
  });
  downloads.faults.delete(binary);

  // Its own list agrees, and the registry's signed one does not: it never says that it is verified.
  downloads.files.set(list, `${right}${"0".repeat(64)}  more\n`);
  await ends("a list that was not signed", 8, /is not the one that was signed/);
  downloads.files.set(list, right);

  await machine.releases.push("9.1.0", { "blobber-linux-x64": bytes, "x": "1" }, {
    signedBy: "evil/blobber",
  });
  await ends("another signer", 7, /could not be verified/);
  await machine.releases.push("9.1.0", { "blobber-linux-x64": bytes, "x": "2" }, {
    unsigned: true,
  });
  await ends("no signature", 6, /could not be verified/);
  await machine.releases.push("9.1.0", { "blobber-linux-x64": bytes, "x": "3" }, {
    signedFor: "v9.0.0",
  });
  await ends("an older release's signature", 7, /could not be verified/);
});

Deno.test("systems and places that it cannot install on are told apart", async () => {
  await using machine = await Machine.open();
  const ends = async (status: number, said: RegExp, options: InstallOptions) => {
    const ran = await machine.run(options);
    assert.deepEqual([ran.status, ran.stdout], [status, ""], ran.stderr);
    assert.match(ran.stderr, said);
    assert.equal(machine.inBin(), undefined);
  };
  const uname = (system: string, processor: string) => ({
    uname: `[ "$1" = -m ] && echo ${processor} || echo ${system}`,
  });
  await ends(2, /musl.*expected glibc/, {
    fakes: { getconf: "exit 1", ldd: "echo 'musl libc (x86_64)' >&2; exit 1" },
  });
  await ends(2, /32 bits/, { fakes: { getconf: "echo 32" } });
  await ends(2, /install\.ps1/, { fakes: uname("MINGW64_NT-10.0", "x86_64") });
  await ends(2, /system "FreeBSD"/, { fakes: uname("FreeBSD", "amd64") });
  await ends(2, /processor "riscv64"/, { fakes: uname("Linux", "riscv64") });
  await ends(2, /neither curl nor wget/, { tools: [] });
  await ends(2, /not GNU's/, {
    tools: ["sha256sum"],
    fakes: { wget: "exit 1" },
    env: { BLOBBER_DOWNLOADS: "https://127.0.0.1:1" },
  });
  for (
    const url of ["http://example.com", "http://127.0.0.1:80@example.com", "ftp://127.0.0.1", "x"]
  ) {
    await ends(2, /refused to download/, { env: { BLOBBER_DOWNLOADS: url } });
  }
  for (const name of ["--config=/x", "ghcr.io/a b", "ghcr.io/a@sha256:0"]) {
    await ends(2, /BLOBBER_ARTIFACT is/, { env: { BLOBBER_ARTIFACT: name } });
  }
  await ends(2, /BLOBBER_VERSION is "1\.2"/, { env: { BLOBBER_VERSION: "1.2" } });
  await ends(2, /run as root/, { fakes: { id: "echo 0" }, env: { BLOBBER_INSTALL: "" } });
  writeFileSync(`${machine.at.dir}/file`, "");
  await ends(13, /cannot make the directory/, {
    env: { BLOBBER_INSTALL: `${machine.at.dir}/file/bin` },
  });
  if (!asRoot) {
    mkdirSync(`${machine.at.dir}/locked`);
    chmodSync(`${machine.at.dir}/locked`, 0o555);
    await ends(13, /cannot write to/, { env: { BLOBBER_INSTALL: `${machine.at.dir}/locked` } });
  }
  assert.deepEqual(machine.downloads.requests, []);

  // What is asked for is asked for by the name of its target, also where Rosetta hides it.
  for (
    const [fakes, target] of [
      [uname("Linux", "aarch64"), "linux-arm64"],
      [uname("Darwin", "arm64"), "macos-arm64"],
      [uname("Darwin", "x86_64"), "macos-x64"],
      [{ ...uname("Darwin", "x86_64"), sysctl: "echo 1" }, "macos-arm64"],
    ] as const
  ) {
    machine.downloads.files.set("/v1.0.0/checksums.txt", "");
    await ends(4, new RegExp(`blobber-${target} is not there`), {
      fakes,
      env: { BLOBBER_VERSION: "1.0.0" },
    });
  }
});

Deno.test("a version is pinned, and an older one is installed only where it is named", async () => {
  await using machine = await Machine.open();
  await machine.release("1.10.0");
  await machine.release("1.9.0", {}, false);
  // Without a tool of its own for digests, it takes another's; the default directory is the user's.
  const home = await machine.run({
    tools: ["wget", "openssl"],
    fakes: { id: "echo 1000" },
    env: { BLOBBER_INSTALL: "", SHELL: "/usr/bin/fish", BLOBBER_VERSION: "v1.9.0" },
  });
  assert.equal(home.status, 0, home.stderr);
  const local = `${machine.at.dir}/home/.local/bin`;
  assert.ok(home.stdout.endsWith(`run:\n  fish_add_path '${local}'\n`), home.stdout);
  assert.ok(!machine.downloads.requests.includes("/latest/version.txt"));

  assert.equal((await machine.run()).status, 0);
  assert.ok(await machine.has("1.10.0"));
  machine.downloads.files.set("/latest/version.txt", "v1.9.0\n");
  const older = await machine.run();
  assert.match(older.stdout, /^blobber 1\.10\.0 is installed, which is newer than 1\.9\.0: /);
  assert.ok(await machine.has("1.10.0"));

  // By the blobber that is there, which is on the PATH then, and in the way where it comes first.
  const named = await machine.run({
    env: { BLOBBER_VERSION: "1.9.0" },
    fakes: { blobber: `exec "${local}/blobber" "$@"` },
  });
  assert.equal(named.status, 0, named.stderr);
  assert.match(named.stdout, /verified by \S*\/path\/blobber: /);
  assert.ok(await machine.has("1.9.0"));

  // And by the one that is installed, wherever that is, before the new one is asked about itself.
  machine.downloads.files.set("/latest/version.txt", "v1.10.0\n");
  const newer = await machine.run();
  assert.ok(newer.stdout.includes(`verified by ${machine.bin}/blobber: `), newer.stdout);
});

Deno.test("cosign verifies the list where it is there, and its no is final", async () => {
  await using machine = await Machine.open();
  await machine.release("9.1.0");
  machine.downloads.files.set("/v9.1.0/checksums.txt.sigstore.json", "a bundle");
  const log = `${machine.at.dir}/cosign.log`;
  const cosign = (end: string) =>
    `[ "$2" = --help ] && { echo --trusted-root; exit; }\nprintf '%s\\n' "$@" > "${log}"\n${end}`;
  machine.releases.registry.clear();
  const no = "printf 'no, \\033]0;evil\\007\\n' >&2; exit 1";
  const refused = await machine.run({ fakes: { cosign: cosign(no) } });
  assert.equal(refused.status, 5, refused.stderr);
  assert.match(refused.stderr, /^no, \]0;evil\nError: cosign did not verify/);
  assert.equal(machine.inBin(), undefined);
  const ran = await machine.run({ fakes: { cosign: cosign("exit 0") } });
  assert.match(ran.stdout, /verified by cosign: /);
  const [command, ...words] = readFileSync(log, "utf8").trimEnd().split("\n");
  assert.equal(command, "verify-blob-attestation");
  const value = (name: string) => words[words.indexOf(name) + 1];
  assert.equal(value("--certificate-oidc-issuer"), SIGNER.issuer);
  assert.equal(value("--certificate-identity"), `${SIGNER.identityPrefix}v9.1.0`);
  assert.match(value("--bundle")!, /bundle\.json$/);
  assert.deepEqual(machine.releases.registry.log(), []);
});

Deno.test("a script that was cut off does nothing, wherever it ends", async () => {
  await using machine = await Machine.open();
  await machine.release("9.1.0");
  const last = SCRIPT.lastIndexOf('main "$@"');
  const ends = [last, last + 1, last + 2, last + 3];
  for (let at = 700; at < last; at += Math.ceil(last / 12)) ends.push(at);
  await Promise.all(ends.map(async (end) => {
    const script = `${machine.at.dir}/cut-${end}.sh`;
    writeFileSync(script, SCRIPT.slice(0, end));
    const { stdout } = await new Deno.Command("dash", {
      args: [script],
      env: { ...machine.at.environment(), BLOBBER_INSTALL: machine.bin },
      clearEnv: true,
      stderr: "null",
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "", `cut at ${end}`);
  }));
  assert.equal(machine.inBin(), undefined);
  assert.deepEqual(machine.downloads.requests, []);
});

Deno.test("a signal in the middle ends it at once and leaves nothing", async () => {
  for (
    const [shell, signal, status] of [["dash", "SIGTERM", 143], ["bash", "SIGINT", 130]] as const
  ) {
    await using machine = await Machine.open([shell]);
    await machine.release("9.1.0");
    machine.downloads.faults.set("/v9.1.0/blobber-linux-x64", "stall");
    const running = machine.start();
    await machine.downloads.stalled;
    running.kill(signal);
    const { code, stdout } = await running.output();
    assert.deepEqual([code, new TextDecoder().decode(stdout)], [status, ""]);
    assert.equal(machine.inBin(), undefined);
  }
});

Deno.test("both installers name the project's home, as cli/home.ts does", () => {
  const { issuer: ISSUER, identityPrefix: IDENTITY } = SIGNER;
  const home = { SOURCE, DOWNLOADS, ARTIFACT, ISSUER, IDENTITY };
  const named = (form: RegExp, text: string) =>
    Object.fromEntries([...text.matchAll(form)].map(([, name, value]) => [name, value]));
  assert.deepEqual(named(/^([A-Z]+)='(.*)'$/gm, SCRIPT), home);
  assert.deepEqual(named(/^ {2}\$([A-Z]+) = '(.*)'$/gm, POWERSHELL), home);
});

Deno.test("install.ps1 is a function that its last line calls, in characters that every PowerShell reads", () => {
  // Windows PowerShell takes a file without a mark for the system's code page.
  assert.match(POWERSHELL, /^[\t\n\x20-\x7e]*$/);
  assert.match(
    POWERSHELL,
    /^(#.*\n)+\nfunction Install-Blobber \{\n( .*\n|\n)*\}\n\nInstall-Blobber\n$/,
  );
  // The same variables, files and words for blobber as in the other script.
  const words = (form: RegExp, text: string) => [...new Set(text.match(form))].sort();
  for (
    const form of [
      /\bchecksums\.txt[\w.]*|version\.txt/g,
      /--verify-\w+|--bundle|--certificate-[\w-]+/g,
    ]
  ) {
    assert.deepEqual(words(form, POWERSHELL), words(form, SCRIPT), `${form}`);
  }
});
