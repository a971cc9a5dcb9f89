/**
 * Whether and how to verify, from the settings alone. What makes no sense has no plan: a check that looks
 * stricter than it is would be worse than none.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import { type RepositoryName, repositoryNamed } from "@blobber/core/reference";
import type { NamedFile } from "../config/named_file.ts";
import type { Settings } from "../config/effective.ts";
import type { Origin } from "../config/origin.ts";
import { type SettingName, settingOf } from "../settings/table.ts";
import { VERIFIERS } from "../settings/row.ts";

/** Somebody who may have signed. */
export type SignerPlan =
  | { kind: "identity"; issuer: string; subject?: string; subjectPattern?: string }
  | { kind: "key"; file: NamedFile };

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

const WHO = {
  identity: ["verifyIssuer", "verifySubject", "verifySubjectPattern"],
  key: ["verifyKey"],
  signers: ["verifySigners"],
  unsafe: ["verifyUnsafe"],
} as const satisfies Record<string, readonly SettingName[]>;
type Kind = keyof typeof WHO;

/** Flags each of which says that a signature is demanded. */
const IMPLY: readonly SettingName[] = [
  ...Object.values(WHO).flat(),
  "verifyRepo",
  "verifyClaims",
  "verifyName",
  "signedAs",
  "requireLog",
  "trustedRoot",
];

/**
 * Plans verification.
 *
 * @param command name of the command
 * @param settings the settings in force
 * @param ruled whether trust rules speak about the reference: then flags alone add to them
 * @returns the plan, or nothing when the settings demand no signature; trust rules may all the same
 * @throws {BlobberError} `usage`
 */
export function planVerification(
  command: string,
  settings: Settings,
  ruled = false,
): VerificationPlan | undefined {
  const { system } = settings;
  if (system?.get("verify") && namesSigner(settings.belowSystem())) {
    // The system's demand stands beside this one, so nothing of it is mixed in.
    return planVerification(command, settings.belowSystem(), ruled);
  }
  if (!isVerifier(command)) return undefined;
  // Told nobody, it finds out who signed and proposes a rule.
  if (command === "trust add" && !namesSigner(settings, true)) return undefined;
  // Whoever signs may name the root for the signature that is made.
  const imply = command === "sign" ? IMPLY.filter((name) => name !== "trustedRoot") : IMPLY;
  const flags = imply.filter((name) => settings.flagged(name) && settings.get(name) !== false);
  const off = settings.get("noVerify")
    ? "--no-verify"
    : settings.flagged("verify") && !settings.get("verify")
    ? "--verify=false"
    : undefined;
  if (off !== undefined) {
    if (flags.length > 0) throw contradict(off, flag(flags[0]!));
    if (settings.get("noVerify") && settings.flagged("verify") && settings.get("verify")) {
      throw contradict(off, "--verify");
    }
    return undefined;
  }
  const wanted = (ruled ? settings.flagged("verify") : true) && settings.get("verify") ||
    flags.length > 0;
  if (ruled && !wanted) return undefined;
  const verifies = command === "verify";
  if (!wanted && !verifies) return undefined;

  const kind = kindOf(settings);
  if (kind === undefined) {
    // Trust rules may have said it; where none has, the command shows what is there.
    if (!wanted) return undefined;
    throw new BlobberError("usage", "verification needs to know whom to trust", {
      hint: "--verify-issuer with --verify-subject, --verify-key, --verify-signer, or " +
        "--verify-unsafe for development",
    });
  }
  const claims = claimsOf(settings);
  const repo = settings.get("verifyRepo");
  const signers = signersOf(kind, settings);
  const claimed = (["verifyRepo", "verifyClaims"] as const).find((name) => isSaid(settings, name));
  if (claimed !== undefined && (kind === "unsafe" || signers.some((s) => s.kind === "key"))) {
    throw new BlobberError(
      "usage",
      `${
        flag(claimed)
      } needs an identity: a key has no claims, and an unknown signer's are worth nothing`,
    );
  }
  const trustedRoot = settings.file("trustedRoot");
  const signedAs = signedAsOf(settings);
  const name = settings.get("verifyName");
  return {
    signers,
    unsafe: kind === "unsafe",
    claims,
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
  if (name === undefined) {
    throw new BlobberError(
      "usage",
      `invalid signed-as: ${quote(text)}, expected "host[:port]/repository" without tag and digest`,
    );
  }
  if (settings.flagged("verifyName") && settings.get("verifyName") === "off") {
    throw contradict(flag("signedAs"), `${flag("verifyName")} off`);
  }
  return name;
}

/** Whether it is said who must have signed, by flags or at all. */
function namesSigner(settings: Settings, byFlags = false): boolean {
  return Object.values(WHO).flat()
    .some((name) => isSaid(settings, name) && (!byFlags || settings.flagged(name)));
}

/** What the system's settings demand of every reference that no rule of the system's is about. */
export interface SystemDemand {
  /** The system's file. */
  path: string;
  /** By whom; none where the file says that a signature is demanded and leaves open whose. */
  plan: VerificationPlan | undefined;
}

/**
 * What must hold whatever is said below the system's file.
 *
 * @param command name of the command
 * @param settings the settings in force
 * @returns nothing when the system's settings demand no signature
 * @throws {BlobberError} `usage`
 */
export function systemDemand(
  command: string,
  { system, files }: Settings,
): SystemDemand | undefined {
  if (!system?.get("verify") || !isVerifier(command)) return undefined;
  const { path } = files.find(({ scope }) => scope === "system")!;
  return { path, plan: namesSigner(system) ? planVerification(command, system) : undefined };
}

function isVerifier(command: string): boolean {
  return (VERIFIERS as readonly string[]).includes(command.split(" ")[0]!);
}

/**
 * Who is named by a variable or a file while nothing demands a signature of theirs, so that nobody takes the
 * name for the demand.
 *
 * @returns the variable or the key, or nothing
 */
export function namedInVain(settings: Settings): string | undefined {
  for (const name of [...WHO.identity, ...WHO.key]) {
    const origin = settings.origin(name);
    if (origin.kind === "variable") return origin.name;
    if (origin.kind === "file") return `${settingOf(name).key} in ${origin.path}`;
  }
  return undefined;
}

const RANK: Record<Origin["kind"], number> = { flag: 4, variable: 3, file: 2, default: 0 };
const SYSTEM_RANK = 1;

/**
 * Which way of saying who is meant. One that is said closer to the run sets the others aside; two said at
 * the same place contradict each other.
 */
function kindOf(settings: Settings): Kind | undefined {
  const ranked = (Object.keys(WHO) as Kind[]).map((kind) => ({
    kind,
    rank: Math.max(...WHO[kind].map((name) => isSaid(settings, name) ? rankOf(settings, name) : 0)),
  }));
  const highest = Math.max(...ranked.map(({ rank }) => rank));
  if (highest === 0) return undefined;
  const said = ranked.filter(({ rank }) => rank === highest);
  if (said.length > 1) {
    const [a, b] = said.map(({ kind }) => WHO[kind].find((name) => isSaid(settings, name))!);
    throw new BlobberError("usage", `${flag(a!)} and ${flag(b!)} are mutually exclusive`, {
      hint: "--verify-signer may be repeated, and any one of them is enough",
    });
  }
  return said[0]!.kind;
}

function isSaid(settings: Settings, name: SettingName): boolean {
  const value = settings.get(name);
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function rankOf(settings: Settings, name: SettingName): number {
  return settings.bySystem(name) ? SYSTEM_RANK : RANK[settings.origin(name).kind];
}

function signersOf(kind: Kind, settings: Settings): SignerPlan[] {
  if (kind === "unsafe") return [];
  if (kind === "key") return [{ kind: "key", file: settings.file("verifyKey")! }];
  if (kind === "signers") return settings.get("verifySigners").map(parseSigner);
  const issuer = settings.get("verifyIssuer");
  let subject = settings.get("verifySubject");
  let pattern = settings.get("verifySubjectPattern");
  if (subject !== undefined && pattern !== undefined) {
    const [a, b] = [rankOf(settings, "verifySubject"), rankOf(settings, "verifySubjectPattern")];
    if (a === b) {
      throw new BlobberError(
        "usage",
        "--verify-subject and --verify-subject-pattern are mutually exclusive",
      );
    }
    if (a > b) pattern = undefined;
    else subject = undefined;
  }
  if (issuer === undefined) {
    throw new BlobberError(
      "usage",
      `${
        subject === undefined ? flag("verifySubjectPattern") : flag("verifySubject")
      } needs --verify-issuer`,
      {
        hint: "a subject means nothing without the issuer that vouches for it",
      },
    );
  }
  if (subject === undefined && pattern === undefined) {
    throw new BlobberError(
      "usage",
      "--verify-issuer needs --verify-subject or --verify-subject-pattern",
      { hint: "an issuer vouches for everyone who has an account there" },
    );
  }
  return [identity(issuer, subject, pattern)];
}

function identity(issuer: string, subject?: string, subjectPattern?: string): SignerPlan {
  return {
    kind: "identity",
    issuer,
    ...subject !== undefined && { subject },
    ...subjectPattern !== undefined && { subjectPattern },
  };
}

/** Reads `issuer=URL,subject=SUBJECT`, `issuer=URL,subject-pattern=PATTERN` or `key=FILE`. */
function parseSigner(text: string): SignerPlan {
  const fail = (why: string): never => {
    throw new BlobberError("usage", `invalid verify-signer: ${quote(text)}: ${why}`, {
      hint: "expected issuer=URL,subject=SUBJECT or issuer=URL,subject-pattern=PATTERN or key=FILE",
    });
  };
  if (text.startsWith("key=")) {
    return text.length > 4
      ? { kind: "key", file: { path: text.slice(4), system: false } }
      : fail("no file");
  }
  // A subject may hold a comma, so only a comma in front of a known name separates.
  const parts = new Map<string, string>();
  for (const part of text.split(/,(?=(?:issuer|subject|subject-pattern|key)=)/)) {
    const equals = part.indexOf("=");
    const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
    if (equals < 0 || !["issuer", "subject", "subject-pattern"].includes(name)) {
      fail(name === "key" ? "a key stands alone" : `${quote(part)} is none of its parts`);
    }
    if (value === "") fail(`${name} is empty`);
    if (parts.has(name)) fail(`${name} is there twice`);
    parts.set(name, value);
  }
  const [subject, pattern] = [parts.get("subject"), parts.get("subject-pattern")];
  if (!parts.has("issuer")) fail("no issuer");
  if ((subject === undefined) === (pattern === undefined)) {
    fail("expected exactly one of subject and subject-pattern");
  }
  return identity(parts.get("issuer")!, subject, pattern);
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

function contradict(a: string, b: string): BlobberError {
  return new BlobberError("usage", `${a} and ${b} contradict each other`);
}

function flag(name: SettingName): string {
  return `--${settingOf(name).flag}`;
}
