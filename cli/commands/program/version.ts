/**
 * `version`.
 *
 * @module
 */

import { thisPlatform } from "@blobber/core/internal/platform";
import { VERSION } from "@blobber/core/internal/version";
import { build, versionLine } from "../../build.ts";
import type { Context } from "../../context.ts";

/** Shows the version. */
export async function runVersion({ out, settings }: Context): Promise<void> {
  const { deno, v8, typescript } = Deno.version;
  const made = build();
  const { os, architecture } = thisPlatform();
  const platform = `${os}/${architecture}`;
  const more = settings.get("verbose")
    ? `\ndeno ${deno}, v8 ${v8}, typescript ${typescript}\n${platform}`
    : "";
  await out.sentences(
    {
      blobber: VERSION,
      ...made && { commit: made.commit, target: made.target },
      deno,
      v8,
      typescript,
      platform,
    },
    versionLine() + more,
  );
}
