/**
 * `version`.
 *
 * @module
 */

import { thisPlatform } from "@blobber/core/internal/platform";
import { VERSION } from "@blobber/core/internal/version";
import { build, versionLine } from "../../build.ts";
import { runtimeVersions } from "../../machine.ts";
import type { Context } from "../../context.ts";

/** Shows the version. */
export async function runVersion({ out, settings }: Context): Promise<void> {
  const versions = runtimeVersions();
  const made = build();
  const { os, architecture } = thisPlatform();
  const platform = `${os}/${architecture}`;
  const more = settings.get("verbose")
    ? `\n${versions.map((named) => named.join(" ")).join(", ")}\n${platform}`
    : "";
  await out.sentences(
    {
      blobber: VERSION,
      ...made && { commit: made.commit, target: made.target },
      runtime: versions[0]![0],
      ...Object.fromEntries(versions),
      platform,
    },
    versionLine() + more,
  );
}
