/**
 * How single registries are reached, from all files: key by key, so that a user's block takes nothing of the
 * system's away.
 *
 * @module
 */

import { printable } from "@blobber/core/internal/printable";
import { type Setting, type SettingName, settingOf } from "../settings/table.ts";
import type { SettingValue } from "../line/values.ts";
import { isLooser, looserText } from "./below.ts";
import type { ConfigFile, RegistryBlock } from "./file.ts";
import type { NamedFile } from "./named_file.ts";

/** Keys of a block, and the row that each is for one host. */
const ROWS = {
  insecure: "insecure",
  insecureSkipTlsVerify: "insecureSkipTlsVerify",
  caFile: "caFile",
} as const satisfies Record<keyof RegistryBlock, SettingName>;

/** How one host is reached. */
export interface RegistrySettings {
  insecure?: boolean;
  insecureSkipTlsVerify?: boolean;
  caFile?: NamedFile;
}

/** What all files say. */
export interface Registries {
  /** By canonical host. */
  blocks: Record<string, RegistrySettings>;
  /** What a user's file says and the system's does not allow, a sentence each. */
  looser: string[];
}

/**
 * Joins the blocks of all files.
 *
 * @param files the system's first
 */
export function joinRegistries(files: readonly ConfigFile[]): Registries {
  const blocks = new Map<
    string,
    Map<keyof RegistryBlock, { value: SettingValue; file: ConfigFile }>
  >();
  const looser: string[] = [];
  for (const file of files) {
    for (const [host, block] of Object.entries(file.registries)) {
      const joined = blocks.get(host) ?? new Map();
      blocks.set(host, joined);
      for (const key of Object.keys(block) as (keyof RegistryBlock)[]) {
        const row: Setting = settingOf(ROWS[key]);
        const value = block[key]!;
        const demanded = demandOf(files, joined.get(key), ROWS[key]);
        if (file.scope === "user" && demanded && isLooser(row, demanded.value, value)) {
          const what = `registries.${printable(host)}.${row.key} in ${printable(file.path)}`;
          const text = looserText(what, row.key!, demanded.file.path);
          looser.push(`${text}, so it is ignored`);
        } else joined.set(key, { value, file });
      }
    }
  }
  return {
    blocks: Object.fromEntries([...blocks].map(([host, joined]) => [host, settingsOf(joined)])),
    looser,
  };
}

/** What the system says of the host, else of all hosts. */
function demandOf(
  files: readonly ConfigFile[],
  own: { value: SettingValue; file: ConfigFile } | undefined,
  name: SettingName,
): { value: SettingValue; file: ConfigFile } | undefined {
  if (own?.file.scope === "system") return own;
  const file = files.find(({ scope, values }) => scope === "system" && values.has(name));
  return file && { value: file.values.get(name)!, file };
}

function settingsOf(
  joined: ReadonlyMap<keyof RegistryBlock, { value: SettingValue; file: ConfigFile }>,
): RegistrySettings {
  const settings: RegistrySettings = {};
  for (const [key, { value, file }] of joined) {
    if (key === "caFile") {
      settings.caFile = { path: String(value), system: file.scope === "system" };
    } else settings[key] = value === true;
  }
  return settings;
}
