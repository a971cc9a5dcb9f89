/**
 * Keys as `config get`, `set` and `unset` name them.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import { nearestWord } from "@blobber/core/spelling";
import { type Setting, SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";

/** A key, and what may stand there. */
export interface ConfigKey {
  /** The way to it in the document: a host may hold dots. */
  path: string[];
  /** Its row; a block of `registries` has rows of its own. */
  setting: Setting;
  /** Name of the row, where it is one of the table. */
  name?: SettingName;
}

const REGISTRY: Record<string, Setting> = {
  "insecure": settingOf("insecure"),
  "insecure-skip-tls-verify": settingOf("insecureSkipTlsVerify"),
  "ca-file": settingOf("caFile"),
};

/** Every key of the table. */
function allKeys(): string[] {
  return SETTING_NAMES.map((name) => settingOf(name).key).filter((key) => key !== undefined);
}

/**
 * Finds a key.
 *
 * @param key as it is written: `cache.ttl`, `registries.ghcr.io.insecure`
 * @throws {BlobberError} `usage`
 */
export function findKey(key: string): ConfigKey {
  const name = SETTING_NAMES.find((n) => settingOf(n).key === key);
  if (name !== undefined) return { path: key.split("."), setting: settingOf(name), name };
  const block = /^registries\.(.+)\.([a-z-]+)$/.exec(key);
  const setting = block === null ? undefined : REGISTRY[block[2]!];
  if (setting !== undefined) return { path: ["registries", block![1]!, block![2]!], setting };
  if (key === "verify.rules" || key.startsWith("verify.rules.") || key === "verify.unmatched") {
    throw new BlobberError("usage", `${quote(key)} is not changed with config`, {
      hint: "blobber trust shows, adds and removes rules",
    });
  }
  const meant = nearestWord(key, allKeys());
  throw new BlobberError("usage", `unknown key: ${quote(key)}`, {
    hint: meant === undefined
      ? "blobber help configuration lists the keys"
      : `did you mean ${meant}?`,
  });
}
