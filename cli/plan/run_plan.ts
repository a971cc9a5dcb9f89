/**
 * What a run does with signatures, planned once before anything is done. Settings that make no sense together are
 * refused here, so that none is ever ignored.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import type { Settings } from "../config/effective.ts";
import { SIGNERS } from "../settings/row.ts";
import { flagOf, type SettingName, settingOf } from "../settings/table.ts";
import type { SigningPlan } from "./signing.ts";
import { type Demands, planVerification } from "./verification.ts";

/** The plan of a run. */
export interface RunPlan {
  /** What is demanded of signatures. */
  verification: Demands;
  /** How to sign, where something is to be signed. */
  signing: SigningPlan | undefined;
}

const EXCLUSIVE: readonly [SettingName, SettingName][] = [
  ["cache", "cacheTtl"],
  ["quiet", "verbose"],
];

/**
 * Plans a run.
 *
 * @param command name of the command
 * @param settings the settings in force
 * @throws {BlobberError} `usage`
 */
export async function planRun(command: string, settings: Settings): Promise<RunPlan> {
  for (const [a, b] of EXCLUSIVE) {
    // --no-cache=false and --quiet=false exclude nothing.
    const active = (name: SettingName) =>
      settings.flagged(name) && settings.get(name) !== settingOf(name).default;
    if (active(a) && active(b)) {
      throw new BlobberError("usage", `${flagOf(a)} and ${flagOf(b)} are mutually exclusive`);
    }
  }
  return {
    signing: await planSigningOf(command, settings),
    verification: await planVerification(command, settings),
  };
}

/**
 * The plan that a command was started with. A hidden command has none: what it runs it must plan itself.
 *
 * @param context of the command
 */
export function runPlanOf({ plan }: { plan?: RunPlan }): RunPlan {
  if (plan === undefined) throw new Error("nothing was planned for this command");
  return plan;
}

async function planSigningOf(
  command: string,
  settings: Settings,
): Promise<SigningPlan | undefined> {
  if (!(SIGNERS as readonly string[]).includes(command)) return undefined;
  const { planSigning } = await import("./signing.ts");
  return planSigning(command, settings);
}
