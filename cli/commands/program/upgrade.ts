/**
 * `upgrade [VERSION]`.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { printable } from "@blobber/core/internal/printable";
import { VERSION } from "@blobber/core/internal/version";
import { type Build, build } from "../../build.ts";
import type { Context } from "../../context.ts";
import { mainModule, ownBinary } from "../../machine.ts";
import { signerField } from "../../trust/signer_field.ts";
import { type Installed, installedAs, replaceable } from "../../upgrade/installed.ts";
import { findRelease, homeOf, openRelease } from "../../upgrade/release.ts";
import { prepare } from "../../upgrade/replace.ts";
import { askedVersion, isNewer } from "../../upgrade/versions.ts";

/** Replaces this binary with the one of another release, or tells which there is. */
export async function runUpgrade(context: Context): Promise<void> {
  const { out, settings, args } = context;
  const check = settings.get("check");
  if (check && settings.get("dryRun")) {
    throw new BlobberError("usage", "--check and --dry-run are mutually exclusive");
  }
  const made = build();
  const installed = installedHere(made);
  const home = homeOf(made);
  const asked = args[0] === undefined ? undefined : askedVersion(args[0]);
  // Refused before anything is asked of a registry.
  const program = check ? undefined : replaceable(installed);
  // Opening the release that is asked for tells whether it is there.
  const release = asked !== undefined && !check ? asked : await findRelease(context, home, asked);
  const document = {
    current: VERSION,
    release,
    newer: isNewer(release, VERSION),
    artifact: home.artifact,
  };
  // Back to an older release only where it is asked for by name.
  const wanted = asked === undefined ? document.newer : release !== VERSION;
  if (program === undefined || !wanted) {
    const told = wanted ? [available(release, installed)] : [upToDate(asked)];
    return await out.sentences(
      { ...document, command: installed.command, changed: false },
      ...told,
    );
  }
  await replace(context, { document, made: made!, program });
}

async function replace(
  context: Context,
  { document, made, program }: {
    document: { current: string; release: string; artifact: string };
    made: Build;
    program: string;
  },
): Promise<void> {
  const { out, report, signal } = context;
  const dryRun = context.settings.get("dryRun");
  const version = document.release;
  const file = `blobber-${made.target}${platform().programEnding}`;
  const { image, reference, sha256 } = await openRelease(context, homeOf(made), { version, file });
  try {
    const content = await image.open(file, { signal });
    const ready = await prepare(program, content, { version, sha256 }, signal);
    if (dryRun) ready.discard();
    else ready.swap();
    await out.sentences(
      {
        ...document,
        changed: !dryRun,
        reference,
        digest: image.digest,
        ...await signerField(image.verdict),
        program,
      },
      dryRun
        ? `blobber ${VERSION} would become ${version}: ${printable(program)}`
        : `blobber ${VERSION} became ${version}: ${printable(program)}`,
    );
  } finally {
    await image.close();
  }
  await report.done((took) =>
    `${dryRun ? "Verified and tried" : "Verified, tried and installed"} ${reference} ${took}`
  );
}

function available(release: string, { command }: Installed): string {
  const how = command === "blobber upgrade" && !isNewer(release, VERSION)
    ? `${command} ${release}`
    : command;
  return `blobber ${release} is there, this is ${VERSION}: ${printable(how)}`;
}

function upToDate(asked: string | undefined): string {
  return asked === undefined
    ? `blobber ${VERSION} is the newest there is`
    : `blobber ${VERSION} is already installed`;
}

/** How this program was installed, by what the runtime knows of it. */
function installedHere(made: Build | undefined): Installed {
  return installedAs({ program: programOf(made), main: mainModule() ?? "" });
}

/**
 * The file of this binary. A runtime that only runs the program must never be taken for it: its file is no
 * part of the program.
 */
function programOf(made: Build | undefined): string | undefined {
  if (made === undefined) return undefined;
  const program = ownBinary();
  return program === undefined ? undefined : realpathSync(program);
}
