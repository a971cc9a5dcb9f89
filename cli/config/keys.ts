/**
 * Keys as `config get`, `set` and `unset` name them.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { nearestWord } from "@blobber/core/internal/spelling";
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
  const meant = nearestKey(key);
  throw new BlobberError("usage", `unknown key: ${quote(key)}`, {
    hint: meant === undefined
      ? "blobber help configuration lists the keys"
      : `did you mean ${meant}?`,
  });
}

/** The key that was probably meant: one spelled nearly so, or one whose last part alone was written, or its section. */
function nearestKey(key: string): string | undefined {
  const keys = SETTING_NAMES.map(settingOf).filter(({ hidden }) => !hidden)
    .flatMap(({ key }) => key === undefined ? [] : [key]);
  const [, host, part] = /^(registries\..+)\.([a-z-]+)$/.exec(key) ?? [];
  if (host !== undefined) {
    const meant = nearestWord(part!, Object.keys(REGISTRY));
    return meant && `${host}.${meant}`;
  }
  const near = nearestWord(key, keys);
  if (near !== undefined || key.includes(".")) return near;
  const last = keys.filter((one) => one.endsWith(`.${key}`));
  if (last.length > 0) return anyOf(last);
  const section = nearestWord(key, keys.filter((one) => one.includes(".")).map(sectionOf));
  return section && anyOf(keys.filter((one) => one.startsWith(`${section}.`)));
}

function sectionOf(key: string): string {
  return key.slice(0, key.indexOf("."));
}

function anyOf(keys: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "disjunction" }).format(keys);
}
