/**
 * `deno task installers [VERSION] DIR`: writes the Homebrew formula, the Scoop manifest, the Nix flake, the
 * scripts and the name of the version beside the binaries of a release, or beside its `checksums.txt`.
 *
 * @module
 */

import { join } from "node:path";
import { treeVersion } from "../release/version.ts";
import { runTask, say } from "../run.ts";
import { writeInstallers } from "./write.ts";

await runTask(() => {
  const [dir, version = treeVersion(), ...more] = Deno.args.toReversed();
  if (dir === undefined || more.length > 0) throw new Error("expected [VERSION] DIR");
  for (const name of writeInstallers(version, dir)) say(join(dir, name));
});
