/**
 * Whether and how to sign, from the settings alone. Settings that make no sense have no plan.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import type { NamedFile } from "../config/named_file.ts";
import type { Settings } from "../config/effective.ts";
import {
  flagOf,
  type Setting,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "../settings/table.ts";

/** How to sign. Secrets are named, not yet read. */
export interface SigningPlan {
  /** A private key; an identity signs where there is none. */
  key?: NamedFile;
  /** Where the passphrase comes from. */
  password?: string;
  identityToken?: string;
  oidcIssuer?: string;
  oidcClientId?: string;
  fulcioUrl?: string;
  rekorUrl?: string;
  timestampUrl?: string;
  signingConfig?: NamedFile;
  /** The trusted root that signatures are verified with before they are stored. */
  trustedRoot?: NamedFile;
  /** Whether a signature by a key is recorded in the log: only on demand. */
  log: boolean;
  /** Whether a person need not be asked before their name goes into a public log. */
  yes: boolean;
}

const signs = (...what: Setting["signs"][]) =>
  SETTING_NAMES.filter((name) => what.includes(settingOf(name).signs));
/** Flags each of which says that a signature is wanted. */
const IMPLY = signs("key", "identity", "service");
const KEYLESS = signs("identity");

/**
 * Plans signing.
 *
 * @param command name of a command that signs
 * @param settings the settings in force
 * @returns the plan, or nothing when nothing is to be signed
 * @throws {BlobberError} `usage`
 */
export function planSigning(command: string, settings: Settings): SigningPlan | undefined {
  const flags = IMPLY.filter((name) => settings.flagged(name));
  if (command !== "sign") {
    if (settings.flagged("sign") && !settings.get("sign") && flags.length > 0) {
      throw new BlobberError(
        "usage",
        `--sign=false and ${flagOf(flags[0]!)} contradict each other`,
      );
    }
    if (flags.length === 0 && !settings.get("sign")) {
      if (settings.flagged("trustedRoot")) {
        throw new BlobberError("usage", `${flagOf("trustedRoot")} needs ${flagOf("sign")}`);
      }
      return undefined;
    }
  }
  // A flag for one way of signing overrides variables and files about the other.
  const keyless = KEYLESS.find((name) => settings.flagged(name));
  const byKey = settings.get("signKey") !== undefined &&
    (settings.flagged("signKey") || keyless === undefined);
  if (byKey && keyless !== undefined) {
    throw new BlobberError(
      "usage",
      `${flagOf("signKey")} and ${flagOf(keyless)} are mutually exclusive`,
      { hint: "a key signs without an identity; give one of them" },
    );
  }
  if (!byKey && settings.flagged("signPassword")) {
    throw new BlobberError("usage", `${flagOf("signPassword")} needs ${flagOf("signKey")}`);
  }
  if (settings.flagged("signingConfig")) {
    const service = (["fulcioUrl", "rekorUrl", "timestampUrl"] as const)
      .find((name) => settings.flagged(name));
    if (service !== undefined) {
      throw new BlobberError(
        "usage",
        `${flagOf("signingConfig")} and ${flagOf(service)} are mutually exclusive`,
        { hint: "the signing configuration names the services" },
      );
    }
  }
  const plan: SigningPlan = {
    log: !byKey || settings.given("rekorUrl") || settings.get("signLog") ||
      settings.get("signingConfig") !== undefined,
    yes: settings.get("yes"),
  };
  const take = <K extends keyof SigningPlan>(key: K, value: SigningPlan[K] | undefined) => {
    if (value !== undefined) plan[key] = value;
  };
  if (byKey) {
    take("key", settings.file("signKey"));
    take("password", settings.get("signPassword"));
  } else {
    take("identityToken", settings.get("identityToken"));
    take("oidcIssuer", settings.get("oidcIssuer"));
    take("oidcClientId", settings.get("oidcClientId"));
    take("fulcioUrl", settings.get("fulcioUrl"));
  }
  if (plan.log) take("rekorUrl", settings.get("rekorUrl"));
  take("timestampUrl", settings.get("timestampUrl"));
  take("signingConfig", settings.file("signingConfig"));
  take("trustedRoot", settings.file("trustedRoot"));
  for (const name of ["fulcioUrl", "rekorUrl", "timestampUrl", "oidcIssuer"] as const) {
    checkUrl(name, settings);
  }
  return plan;
}

function checkUrl(name: SettingName, settings: Settings): void {
  const url = settings.get(name);
  if (typeof url !== "string") return;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new BlobberError(
    "usage",
    `invalid ${settingOf(name).flag}: ${JSON.stringify(url)}, expected an http or https URL`,
  );
}
