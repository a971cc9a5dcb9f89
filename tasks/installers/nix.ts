/**
 * The Nix flake of a release: binaries by their digests, and a shell with the program in it. It is published as
 * an archive with one file, which `nix run` takes by its address.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { DOWNLOADS, SOURCE } from "../../cli/home.ts";
import { type TargetName, TARGETS } from "../binary/targets.ts";
import { type ReleaseData, SUMMARY } from "./release_data.ts";

/** What Nix calls the systems. */
const SYSTEMS: Record<string, TargetName> = {
  "x86_64-linux": "linux-x64",
  "aarch64-linux": "linux-arm64",
  "x86_64-darwin": "macos-x64",
  "aarch64-darwin": "macos-arm64",
};

/** The text of `flake.nix`. */
export function nixFlake({ version, digests }: ReleaseData): string {
  const binaries = Object.entries(SYSTEMS).map(([system, target]) =>
    `        ${system} = {
          file = "${TARGETS[target].file}";
          hash = "sha256-${Buffer.from(digests[target], "hex").toString("base64")}";
        };`
  ).join("\n");
  return `# Made by \`deno task installers\` from the data of the release.
{
  description = "${SUMMARY}";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      version = "${version}";
      binaries = {
${binaries}
      };
      forEach = make: nixpkgs.lib.mapAttrs (system: make nixpkgs.legacyPackages.\${system}) binaries;
    in
    {
      packages = forEach (pkgs: binary: {
        default = pkgs.stdenv.mkDerivation {
          pname = "blobber";
          inherit version;
          src = pkgs.fetchurl {
            url = "${DOWNLOADS}/v\${version}/\${binary.file}";
            inherit (binary) hash;
          };
          dontUnpack = true;
          # The program is data in the binary, which is otherwise the runtime's own.
          dontStrip = true;
          nativeBuildInputs = [ pkgs.installShellFiles ]
            ++ pkgs.lib.optional pkgs.stdenv.isLinux pkgs.autoPatchelfHook;
          buildInputs = pkgs.lib.optional pkgs.stdenv.isLinux pkgs.stdenv.cc.cc.lib;
          installPhase = ''
            runHook preInstall
            install -D -m 755 "$src" "$out/bin/blobber"
            runHook postInstall
          '';
          # Behind the patching, before which it does not start.
          doInstallCheck = true;
          installCheckPhase = ''
            runHook preInstallCheck
            export HOME="$TMPDIR"
            "$out/bin/blobber" --version | grep -F "blobber version \${version} (commit "
            for shell in bash zsh fish; do
              "$out/bin/blobber" completion "$shell" > "blobber.$shell"
            done
            installShellCompletion --cmd blobber \\
              --bash blobber.bash --zsh blobber.zsh --fish blobber.fish
            runHook postInstallCheck
          '';
          meta = {
            description = "${SUMMARY}";
            homepage = "${SOURCE}";
            license = pkgs.lib.licenses.asl20;
            mainProgram = "blobber";
            sourceProvenance = [ pkgs.lib.sourceTypes.binaryNativeCode ];
            platforms = builtins.attrNames binaries;
          };
        };
      });

      apps = nixpkgs.lib.mapAttrs (system: packages: {
        default = {
          type = "app";
          program = "\${packages.default}/bin/blobber";
        };
      }) self.packages;

      devShells = forEach (pkgs: _: {
        default = pkgs.mkShell { packages = [ self.packages.\${pkgs.system}.default ]; };
      });
    };
}
`;
}

/** The archive with the flake in it: one file in a tar, of fixed bytes. */
export function nixArchive(flake: string): Uint8Array<ArrayBuffer> {
  const content = Buffer.from(flake);
  const header = Buffer.alloc(512);
  const put = (at: number, text: string) => header.write(text, at, "latin1");
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  // The fields of ustar (POSIX.1-1988): name, mode, owner, group, size, time, sum, type, magic.
  put(0, "blobber/flake.nix");
  put(100, `${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  put(124, `${octal(content.length, 11)}\0${octal(0, 11)}\0`);
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  const padding = Buffer.alloc((512 - content.length % 512) % 512 + 1024);
  const gzip = gzipSync(Buffer.concat([header, content, padding]), { level: 9 });
  gzip[9] = 255; // The system that packed it says nothing: unknown.
  return new Uint8Array(gzip);
}
