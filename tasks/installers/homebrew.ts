/**
 * The Homebrew formula of a release: `blobber.rb`, for a tap.
 *
 * @module
 */

import { DOWNLOADS, SOURCE } from "../../cli/home.ts";
import { type TargetName, TARGETS } from "../binary/targets.ts";
import { LICENCE, type ReleaseData, SUMMARY } from "./release_data.ts";

/** The text of the formula. */
export function homebrewFormula({ version, digests }: ReleaseData): string {
  const place = (target: TargetName) =>
    `      url "${DOWNLOADS}/v${version}/${TARGETS[target].file}"\n` +
    `      sha256 "${digests[target]}"`;
  return `# Made by \`deno task installers\` from the data of the release.
class Blobber < Formula
  desc "${SUMMARY}"
  homepage "${SOURCE}"
  version "${version}"
  license "${LICENCE}"

  on_macos do
    on_arm do
${place("macos-arm64")}
    end
    on_intel do
${place("macos-x64")}
    end
  end

  on_linux do
    on_arm do
${place("linux-arm64")}
    end
    on_intel do
${place("linux-x64")}
    end
  end

  def install
    bin.install Dir["blobber-*"].first => "blobber"
    chmod 0755, bin/"blobber"
    generate_completions_from_executable(bin/"blobber", "completion", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_match "blobber version #{version} (commit ", shell_output("#{bin}/blobber --version")
    (testpath/"site").mkpath
    (testpath/"site/index.html").write "hello"
    system bin/"blobber", "push", "site", "oci:layout:v1"
    assert_equal "hello", shell_output("#{bin}/blobber cat oci:layout:v1 index.html")
  end
end
`;
}
