/**
 * Whether and how to verify, from the command and the settings alone: decided once, when a run begins.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { type RepositoryName, repositoryNamed } from "@blobber/core/internal/reference";
import type { Settings } from "../config/effective.ts";
import type { NamedFile } from "../config/named_file.ts";
import { SIGNERS, VERIFIERS } from "../settings/row.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";
import { firstThatHolds } from "./decision_table.ts";
import { OWN_DEMAND, type OwnAnswers, type OwnDemand } from "./own_demand.ts";
import {
  isSaid,
  type NamedSigners,
  namedSigners,
  namesSigner,
  type SignerPlan,
} from "./signers.ts";

/** How to verify. */
export interface VerificationPlan {
  /** One of these is enough; none only when `unsafe`. */
  signers: SignerPlan[];
  /** Accept any valid certificate. */
  unsafe: boolean;
  /** Claims that the certificate must hold, by Fulcio's names. */
  claims: Record<string, string>;
  /** `OWNER/NAME` of the source repository that the certificate must name. */
  repo?: string;
  name: "off" | "repository" | "reference";
  /** The repository that must be named, where it is not the one that is asked for. */
  signedAs?: RepositoryName;
  requireLog: boolean;
  /** The public root where there is none. */
  trustedRoot?: NamedFile;
  offline: boolean;
}

/** What a run demands of signatures, before its reference and the trust rules about it are known. */
export interface Demands {
  /** By flags, variables and files. */
  own:
    | { when: "never" }
    | { when: Exclude<OwnDemand, "never">; plan: VerificationPlan };
  /** By the system's settings, whatever is said below them, unless a rule of the system's matches. */
  system?: SystemDemand;
  /** Whether `--no-verify` was given. */
  noVerify: boolean;
  /** Whether the command shows what there is, which no rule denies. */
  shows: boolean;
}

/** What the system's settings demand. */
export interface SystemDemand {
  /** The system's file. */
  path: string;
  /** By whom; none where the file says that a signature is demanded and leaves open whose. */
  plan?: VerificationPlan;
}

/**
 * Plans verification.
 *
 * @param command name of the command
 * @param settings the settings in force
 * @throws {BlobberError} `usage` for what makes no sense
 */
export async function planVerification(command: string, settings: Settings): Promise<Demands> {
  const role = roleOf(command, settings);
  const own = await ownDemand(command, besideSystem(settings));
  const system = role === "reads" || role === "shows"
    ? await systemDemand(command, settings)
    : undefined;
  return {
    own,
    ...system !== undefined && { system },
    noVerify: settings.get("noVerify"),
    shows: role === "shows",
  };
}

/** Where a signer is named below the system's demand, both must hold, and nothing of the one goes into the other. */
function besideSystem(settings: Settings): Settings {
  if (!settings.system?.get("verify")) return settings;
  const below = settings.belowSystem();
  return namesSigner(below) ? below : settings;
}

/** What commands do with signatures that does not follow from the flags that they take. */
const ROLES: Readonly<Record<string, OwnAnswers["command"]>> = {
  verify: "shows",
  // It takes no flag that says whose signature: that is fixed, and rules only add to it.
  upgrade: "reads",
  "trust add": "proposes",
};

function roleOf(command: string, settings: Settings): OwnAnswers["command"] {
  if (command === "push" && settings.get("base") === undefined) return "ignores";
  const reads = (VERIFIERS as readonly string[]).includes(command);
  return ROLES[command] ?? (reads ? "reads" : "ignores");
}

async function systemDemand(
  command: string,
  { system, files }: Settings,
): Promise<SystemDemand | undefined> {
  if (!system?.get("verify")) return undefined;
  const { path } = files.find(({ scope }) => scope === "system")!;
  if (!namesSigner(system)) return { path };
  const own = await ownDemand(command, system);
  return { path, ...own.when !== "never" && { plan: own.plan } };
}

async function ownDemand(command: string, settings: Settings): Promise<Demands["own"]> {
  const named = namedSigners(settings);
  const flags = demandingFlags(command, settings);
  const outcome = firstThatHolds(OWN_DEMAND, {
    command: roleOf(command, settings),
    noVerify: settings.get("noVerify") ? "yes" : "no",
    verify: verifyAnswer(settings),
    flags: flags.length > 0 ? "some" : "none",
    signer: named.answer,
    signerByFlag: namesSigner(settings, { byFlag: true }) ? "yes" : "no",
    claims: CLAIMS.some((name) => isSaid(settings, name)) ? "yes" : "no",
    name: isSaid(settings, "signedAs") && settings.flagged("verifyName") &&
        settings.get("verifyName") === "off"
      ? "contradictory"
      : "consistent",
  })!;
  if ("refuse" in outcome) {
    const { refusalOf } = await import("./refusals.ts");
    throw refusalOf(outcome.refuse, {
      signer: named.said,
      flags,
      claims: CLAIMS.filter((name) => isSaid(settings, name)),
    });
  }
  const { demand: when } = outcome;
  return when === "never" ? { when } : { when, plan: verificationPlanOf(named, settings) };
}

const DEMANDING = SETTING_NAMES.filter((name) => settingOf(name).demands !== undefined);
const CLAIMS = DEMANDING.filter((name) => settingOf(name).demands === "claim");

/** Flags that say whose signature is demanded, or a further condition. */
function demandingFlags(command: string, settings: Settings): SettingName[] {
  const signs = (SIGNERS as readonly string[]).includes(command);
  return DEMANDING.filter((name) =>
    settings.flagged(name) && settings.get(name) !== false &&
    // Of a command that signs, this is about the signature that is made.
    !(signs && settingOf(name).signs !== undefined)
  );
}

function verifyAnswer(settings: Settings): OwnAnswers["verify"] {
  const on = settings.get("verify");
  if (settings.flagged("verify")) return on ? "--verify" : "--verify=false";
  return on ? "by settings" : "unset";
}

function verificationPlanOf(
  { answer, signers }: NamedSigners,
  settings: Settings,
): VerificationPlan {
  const repo = settings.get("verifyRepo");
  const trustedRoot = settings.file("trustedRoot");
  const signedAs = signedAsOf(settings);
  const name = settings.get("verifyName");
  return {
    signers,
    unsafe: answer === "unsafe",
    claims: claimsOf(settings),
    ...repo !== undefined && { repo },
    name: signedAs !== undefined && name === "off" ? "repository" : name,
    ...signedAs !== undefined && { signedAs },
    requireLog: settings.get("requireLog"),
    ...trustedRoot !== undefined && { trustedRoot },
    offline: settings.get("offline"),
  };
}

/**
 * The repository of `--signed-as`, which demands that a name is signed.
 *
 * @param settings the settings in force
 * @throws {BlobberError} `usage`
 */
export function signedAsOf(settings: Settings): RepositoryName | undefined {
  const text = settings.get("signedAs");
  if (text === undefined) return undefined;
  const name = repositoryNamed(text);
  if (name !== undefined) return name;
  throw new BlobberError(
    "usage",
    `invalid signed-as: ${quote(text)}, expected "host[:port]/repository" without tag and digest`,
  );
}

function claimsOf(settings: Settings): Record<string, string> {
  const claims: Record<string, string> = {};
  for (const text of settings.get("verifyClaims")) {
    const equals = text.indexOf("=");
    const name = text.slice(0, equals);
    if (equals < 1 || equals === text.length - 1) {
      throw new BlobberError(
        "usage",
        `invalid verify-claim: ${quote(text)}, expected NAME=VALUE`,
      );
    }
    if (Object.hasOwn(claims, name)) {
      throw new BlobberError("usage", `--verify-claim names ${quote(name)} twice`);
    }
    claims[name] = text.slice(equals + 1);
  }
  return claims;
}
