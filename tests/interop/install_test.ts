/**
 * The installers beside the programs that they are for: other shells and their tools, a linter, a real cosign,
 * Ruby, Nix, a parser of PowerShell's grammar.
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Digest } from "@blobber/core";
import { createSigner, findToken, parseSigningConfig, readTrustedRoot } from "@blobber/sigstore";
import { sha256OfFile } from "../../tasks/binary/checksums.ts";
import { readEmbedded } from "../../tasks/binary/embedded.ts";
import { TARGET_NAMES, TARGETS } from "../../tasks/binary/targets.ts";
import { nixArchive } from "../../tasks/installers/nix.ts";
import { writeInstallers } from "../../tasks/installers/write.ts";
import { inRoot } from "../../tasks/run.ts";
import { installed } from "../../tasks/runtimes.ts";
import { DOWNLOADS } from "../../cli/home.ts";
import { Machine } from "../fakes/installing.ts";
import { interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";
import { SIGSTACK_PEERS, startSigstack } from "./sigstack.ts";

interop("shellcheck finds nothing in install.sh", ["shellcheck"], async () => {
  await must(requirePeer("shellcheck"), ["--shell=sh", "--severity=style", inRoot("install.sh")]);
});

interop("install.sh runs under other shells, and with the tools of busybox alone", [
  "busybox",
  "zsh",
], async () => {
  await using machine = await Machine.open();
  await machine.release("9.1.0");
  const busybox = requirePeer("busybox");
  const applets = "cat chmod cut env id mkdir mktemp mv rm rmdir sed tail tr sha256sum wget";
  const fakes = Object.fromEntries(
    applets.split(" ").map((name) => [name, `exec ${busybox} ${name} "$@"`]),
  );
  const cases = [
    { shell: ["busybox", "ash"], tools: [], fakes },
    { shell: ["zsh"], tools: ["wget", "shasum"] },
  ];
  for (const options of cases) {
    const ran = await machine.run(options);
    assert.equal(ran.status, 0, `${options.shell}: ${ran.stderr}`);
    assert.ok(await machine.has("9.1.0"));
    Deno.removeSync(machine.bin, { recursive: true });
  }
});

interop("cosign verifies for install.sh what the release has signed", [
  ...SIGSTACK_PEERS,
], async () => {
  await using stack = await startSigstack();
  await using machine = await Machine.open();
  await machine.release("9.1.0");
  const { files } = machine.downloads;
  const bytes = new TextEncoder().encode(files.get("/v9.1.0/checksums.txt") as string);
  const list = machine.at.dir + "/list";
  writeFileSync(list, bytes);
  const signer = await createSigner({
    token: findToken({ env: stack.actions }),
    signingConfig: parseSigningConfig(Deno.readFileSync(stack.signingConfig2), "services"),
    trust: () => readTrustedRoot(stack.trustedRoot),
  });
  const digest = `sha256:${sha256OfFile(list)}` as Digest;
  const made = { digest, mediaType: "text/plain", size: bytes.length, bytes };
  const { bytes: bundle } = await signer.sign(made);
  files.set("/v9.1.0/checksums.txt.sigstore.json", bundle);
  // GitHub's identity cannot be had here: the script has that of the workflow of this Sigstore.
  const { issuer, subject } = stack.workflow;
  const script = machine.at.dir + "/install.sh";
  const withIdentity = (identity: string) =>
    writeFileSync(
      script,
      readFileSync(inRoot("install.sh"), "utf8")
        .replace(/^ISSUER=.*$/m, `ISSUER='${issuer}'`)
        .replace(/^IDENTITY=.*$/m, `IDENTITY='${identity}'`)
        .replaceAll("$IDENTITY$tag", "$IDENTITY"),
    );
  // The public root is cosign's own; here it is told another.
  const cosign = `case "$2" in --help) exec ${requirePeer("cosign")} "$@" ;; esac\n` +
    `exec ${requirePeer("cosign")} "$@" --trusted-root "${stack.trustedRoot}"`;
  withIdentity(`${subject}x`);
  const refused = await machine.run({ script, fakes: { cosign } });
  assert.equal(refused.status, 5, refused.stderr);
  assert.equal(machine.inBin(), undefined);
  withIdentity(subject);
  const ran = await machine.run({ script, fakes: { cosign } });
  assert.equal(ran.status, 0, ran.stderr);
  assert.match(ran.stdout, /verified by cosign: /);
  // A list that was changed has no such signature.
  files.set("/v9.1.0/checksums.txt", `${files.get("/v9.1.0/checksums.txt")}\n`);
  Deno.removeSync(machine.bin, { recursive: true });
  assert.equal((await machine.run({ script, fakes: { cosign } })).status, 5);
});

/** The files for a release whose binaries are small. */
function made(): TempDir {
  const dir = new TempDir();
  for (const target of TARGET_NAMES) writeFileSync(dir.at(TARGETS[target].file), target);
  writeInstallers("1.2.3", dir.path);
  return dir;
}

/** Stands in for Homebrew: takes the words of a formula, and prints what it says for each system. */
const FORMULA = `
class Formula
  class << self
    attr_reader :said
    %i[desc homepage version license url sha256].each do |word|
      define_method(word) { |text| (@said ||= {})[word] = text }
    end
    def on_macos = ($system == "macos" and yield)
    def on_linux = ($system == "linux" and yield)
    def on_arm = ($processor == "arm64" and yield)
    def on_intel = ($processor == "x64" and yield)
    def test(&block) = (@test = block)
  end
end
ARGV.shift.tap do |path|
  %w[macos linux].product(%w[arm64 x64]).each do |system, processor|
    $system, $processor = system, processor
    Object.send(:remove_const, :Blobber) if defined?(Blobber)
    load path
    said = Blobber.said
    abort "no install" unless Blobber.instance_methods(false).include?(:install)
    puts [system, processor, said[:url], said[:sha256], said[:version]].join(" ")
  end
end
`;

interop("Ruby reads the formula, which has the right binary for each system", [
  "ruby",
], async () => {
  using dir = made();
  const { stdout } = await must(requirePeer("ruby"), ["-W", "-e", FORMULA, dir.at("blobber.rb")]);
  const expected = ["macos-arm64", "macos-x64", "linux-arm64", "linux-x64"].map((target) =>
    `${target.replace("-", " ")} ${DOWNLOADS}/v1.2.3/blobber-${target} ` +
    `${sha256OfFile(dir.at(`blobber-${target}`))} 1.2.3`
  );
  assert.deepEqual(stdout.trim().split("\n"), expected);
});

/** Evaluates the flake beside stand-ins for what it takes from nixpkgs. */
const evaluate = (flake: string) => `
let
  lib = {
    mapAttrs = builtins.mapAttrs;
    optional = c: x: if c then [ x ] else [ ];
    licenses.asl20 = "asl20";
    sourceTypes.binaryNativeCode = "binary";
  };
  pkgsOf = system: {
    inherit lib system;
    stdenv = {
      isLinux = builtins.match ".*linux" system != null;
      mkDerivation = it: it // { outPath = "/out"; };
      cc.cc.lib = "libstdc++";
    };
    fetchurl = it: it;
    installShellFiles = "installShellFiles";
    autoPatchelfHook = "autoPatchelfHook";
    mkShell = it: it;
  };
  nixpkgs = {
    inherit lib;
    legacyPackages = builtins.listToAttrs (map (name: { inherit name; value = pkgsOf name; })
      [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]);
  };
  self = (import ${flake}).outputs { inherit self nixpkgs; };
in builtins.mapAttrs (system: { default, ... }: {
  inherit (default.src) url hash;
  tools = default.nativeBuildInputs;
  app = self.apps.\${system}.default.program;
  shell = builtins.length self.devShells.\${system}.default.packages;
}) self.packages
`;

interop("Nix evaluates the flake, which has the right binary for each system", [
  "nix-instantiate",
  "tar",
], async () => {
  using dir = made();
  await must(requirePeer("tar"), ["xzf", dir.at("blobber-nix.tar.gz"), "-C", dir.path]);
  assert.deepEqual(
    new Uint8Array(readFileSync(dir.at("blobber-nix.tar.gz"))),
    nixArchive(readFileSync(dir.at("flake.nix"), "utf8")),
  );
  const env = { NIX_STATE_DIR: dir.at("state"), NIX_STORE_DIR: dir.at("store"), HOME: dir.path };
  const words = ["--eval", "--strict", "--json", "--readonly-mode", "--expr"];
  const { stdout } = await must(requirePeer("nix-instantiate"), [
    ...words,
    evaluate(dir.at("blobber/flake.nix")),
  ], { env });
  const systems = {
    "x86_64-linux": "linux-x64",
    "aarch64-linux": "linux-arm64",
    "x86_64-darwin": "macos-x64",
    "aarch64-darwin": "macos-arm64",
  };
  const patches = (system: string) => system.endsWith("linux") ? ["autoPatchelfHook"] : [];
  assert.deepEqual(
    JSON.parse(stdout),
    Object.fromEntries(
      Object.entries(systems).map(([system, target]) => [system, {
        url: `${DOWNLOADS}/v1.2.3/blobber-${target}`,
        hash: `sha256-${Uint8Array.fromHex(sha256OfFile(dir.at(`blobber-${target}`))).toBase64()}`,
        tools: ["installShellFiles", ...patches(system)],
        app: "/out/bin/blobber",
        shell: 1,
      }]),
    ),
  );
});

interop(
  "a binary that is patched for Nix runs, and holds the same program",
  ["patchelf"],
  async () => {
    using dir = new TempDir();
    writeFileSync(dir.at("a.ts"), "console.log(1);");
    const compiled = dir.at("program");
    await must(Deno.execPath(), ["compile", "--quiet", "--output", compiled, dir.at("a.ts")], {
      env: { DENORT_BIN: Deno.execPath() },
    });
    const patchelf = requirePeer("patchelf");
    const { stdout } = await must(patchelf, ["--print-interpreter", compiled]);
    const loader = dir.at("store/0123456789abcdfghijklmnpqrsvwxyz-glibc-2.40/lib/loader.so");
    Deno.mkdirSync(join(loader, ".."), { recursive: true });
    Deno.copyFileSync(stdout.trim(), loader);
    const before = readEmbedded(readFileSync(compiled));
    await must(patchelf, ["--set-interpreter", loader, compiled]);
    assert.deepEqual(readEmbedded(readFileSync(compiled)), before);
    const ran = await must(compiled, ["eval", "console.log(6 * 7)"]);
    assert.equal(ran.stdout, "42\n");
  },
);

Deno.test("install.ps1 is right by PowerShell's grammar", async () => {
  const packages = {
    "tree-sitter-powershell": "npm:tree-sitter-powershell@0.26.4",
    "web-tree-sitter": "npm:web-tree-sitter@0.26.13",
  };
  const modules = join(installed(packages), "node_modules");
  const { Parser, Language } = await import(
    pathToFileURL(join(modules, "web-tree-sitter/web-tree-sitter.js")).href
  );
  await Parser.init();
  const parser = new Parser();
  const grammar = join(modules, "tree-sitter-powershell/tree-sitter-powershell.wasm");
  parser.setLanguage(await Language.load(grammar));
  const text = readFileSync(inRoot("install.ps1"), "utf8");
  assert.equal(parser.parse(text).rootNode.hasError, false);
  // It would notice.
  assert.equal(parser.parse(text.replace("try {", "try (")).rootNode.hasError, true);
});
