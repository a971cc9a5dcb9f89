/**
 * Who must have signed, as flags, variables and files say it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { NamedFile } from "../config/named_file.ts";
import type { Settings } from "../config/effective.ts";
import type { SignerWay } from "../settings/row.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";
import type { OwnAnswers } from "./own_demand.ts";

/** A signer that is accepted. */
export type SignerPlan =
  | { kind: "identity"; issuer: string; subject?: string; subjectPattern?: string }
  | { kind: "key"; file: NamedFile };

/** What is said about the signer. */
export interface NamedSigners {
  answer: OwnAnswers["signer"];
  /** Signers of which one is enough; none unless the answer is `key` or `identity`. */
  signers: SignerPlan[];
  /** One setting of each way that is used, or those that contradict each other or lack something. */
  said: SettingName[];
}

const NAMING = SETTING_NAMES.flatMap((name) => {
  const { demands } = settingOf(name);
  return typeof demands === "object" ? [{ name, way: demands.signer }] : [];
});

/** Whether a setting says who must have signed. */
export function namesSigner(settings: Settings, { byFlag = false } = {}): boolean {
  return NAMING.some(({ name }) => isSaid(settings, name) && (!byFlag || settings.flagged(name)));
}

/** Whether a setting says anything. */
export function isSaid(settings: Settings, name: SettingName): boolean {
  const value = settings.get(name);
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/**
 * Reads who must have signed. A way of saying it that is closer to the run sets the others aside; two ways at the
 * same place contradict each other.
 *
 * @param settings the settings in force
 * @throws {BlobberError} `usage` for a `--verify-signer` that cannot be read
 */
export function namedSigners(settings: Settings): NamedSigners {
  const said = NAMING.filter(({ name }) => isSaid(settings, name))
    .map((one) => ({ ...one, rank: rankOf(settings, one.name) }));
  const highest = Math.max(0, ...said.map(({ rank }) => rank));
  const ways = new Map<SignerWay, SettingName>();
  for (const { name, way, rank } of said) {
    if (rank === highest && !ways.has(way)) ways.set(way, name);
  }
  const names = [...ways.values()];
  const [way] = ways.keys();
  if (way === undefined) return { answer: "unnamed", signers: [], said: [] };
  if (names.length > 1) return { answer: "two ways", signers: [], said: names };
  switch (way) {
    case "unsafe":
      return { answer: "unsafe", signers: [], said: names };
    case "key":
      return {
        answer: "key",
        signers: [{ kind: "key", file: settings.file("verifyKey")! }],
        said: names,
      };
    case "signers": {
      const signers = settings.get("verifySigners").map(parseSigner);
      const answer = signers.some(({ kind }) => kind === "key") ? "key" : "identity";
      return { answer, signers, said: names };
    }
    case "identity":
      return namedIdentity(settings);
  }
}

/** How close to the run a value was said. */
function rankOf(settings: Settings, name: SettingName): number {
  if (settings.bySystem(name)) return 1;
  return { default: 0, file: 2, variable: 3, flag: 4 }[settings.origin(name).kind];
}

function namedIdentity(settings: Settings): NamedSigners {
  const issuer = settings.get("verifyIssuer");
  let subject = settings.get("verifySubject");
  let pattern = settings.get("verifySubjectPattern");
  if (subject !== undefined && pattern !== undefined) {
    const [a, b] = [rankOf(settings, "verifySubject"), rankOf(settings, "verifySubjectPattern")];
    if (a === b) {
      return {
        answer: "two subjects",
        signers: [],
        said: ["verifySubject", "verifySubjectPattern"],
      };
    }
    if (a > b) pattern = undefined;
    else subject = undefined;
  }
  const said: SettingName[] = [subject === undefined ? "verifySubjectPattern" : "verifySubject"];
  if (issuer === undefined) return { answer: "subject without issuer", signers: [], said };
  if (subject === undefined && pattern === undefined) {
    return { answer: "issuer without subject", signers: [], said: ["verifyIssuer"] };
  }
  return { answer: "identity", signers: [identity(issuer, subject, pattern)], said };
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
  if (text.startsWith("key=")) {
    const path = text.slice("key=".length);
    if (path === "") throw invalidSigner(text, "no file");
    return { kind: "key", file: { path, system: false } };
  }
  // A subject may hold a comma, so only a comma in front of a known name separates.
  const parts = new Map<string, string>();
  for (const part of text.split(/,(?=(?:issuer|subject|subject-pattern|key)=)/)) {
    const equals = part.indexOf("=");
    const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
    if (equals < 0 || !["issuer", "subject", "subject-pattern"].includes(name)) {
      throw invalidSigner(
        text,
        name === "key" ? "a key stands alone" : `${quote(part)} is none of its parts`,
      );
    }
    if (value === "") throw invalidSigner(text, `${name} is empty`);
    if (parts.has(name)) throw invalidSigner(text, `${name} is there twice`);
    parts.set(name, value);
  }
  const issuer = parts.get("issuer");
  const [subject, pattern] = [parts.get("subject"), parts.get("subject-pattern")];
  if (issuer === undefined) throw invalidSigner(text, "no issuer");
  if ((subject === undefined) === (pattern === undefined)) {
    throw invalidSigner(text, "expected exactly one of subject and subject-pattern");
  }
  return identity(issuer, subject, pattern);
}

function invalidSigner(text: string, why: string): BlobberError {
  return new BlobberError("usage", `invalid verify-signer: ${quote(text)}: ${why}`, {
    hint: "expected issuer=URL,subject=SUBJECT or issuer=URL,subject-pattern=PATTERN or key=FILE",
  });
}

/**
 * The setting by which a variable or a file names a signer, and how it is written there: so that the name is not
 * taken for a demand when nothing demands a signature.
 *
 * @param settings the settings in force
 */
export function namedInVain(settings: Settings): string | undefined {
  for (const { name, way } of NAMING) {
    if (way !== "identity" && way !== "key") continue;
    const origin = settings.origin(name);
    if (origin.kind === "variable") return origin.name;
    if (origin.kind === "file") return `${settingOf(name).key} in ${origin.path}`;
  }
  return undefined;
}
