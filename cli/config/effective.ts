/**
 * The settings in force: flag over variable over file over default.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { quote } from "@blobber/core/internal/printable";
import { editDistance } from "@blobber/core/internal/spelling";
import type { ConfigFile } from "./file.ts";
import type { NamedFile } from "./named_file.ts";
import type { Given, Origin } from "./origin.ts";
import type { Registries } from "./registries.ts";
import { type Environment, isAbsent, userConfigPath } from "./paths.ts";
import {
  type Maybe,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  type SETTINGS,
  variablesOf,
} from "../settings/table.ts";
import { parseValue, type SettingValue } from "../line/values.ts";

/** Every setting, with where it comes from. */
export class Settings {
  readonly #values: Map<SettingName, Given>;
  /** The files that were read, the system's first. */
  readonly files: readonly ConfigFile[];
  /** What the system's file says alone, where there is one. */
  readonly system: Settings | undefined;
  /** Warnings about looser values of the user, which are ignored. */
  readonly looser: readonly string[];

  /** How single registries are reached, by canonical host. */
  readonly registries: Registries["blocks"];

  /** Use {@linkcode resolveSettings}. */
  constructor(
    values: Map<SettingName, Given>,
    files: readonly ConfigFile[],
    { looser = [], registries = {} }: {
      looser?: readonly string[];
      registries?: Registries["blocks"];
    } = {},
  ) {
    this.#values = values;
    this.files = files;
    this.looser = looser;
    this.registries = registries;
    const system = files.find(({ scope }) => scope === "system");
    this.system = system && new Settings(valuesOf(system), []);
  }

  /** A value, or the default, or nothing. */
  get<N extends SettingName>(name: N): Maybe<N> {
    const { type, default: standard } = settingOf(name);
    const value = this.#values.get(name)?.value ?? standard ?? (type === "list" ? [] : undefined);
    return value as Maybe<N>;
  }

  /** Where the value comes from. */
  origin(name: SettingName): Origin {
    return this.#values.get(name)?.origin ?? { kind: "default" };
  }

  /** Whether the value was given for this run: by a flag or a variable. */
  given(name: SettingName): boolean {
    const { kind } = this.origin(name);
    return kind === "flag" || kind === "variable";
  }

  /** Whether the value was given by a flag. */
  flagged(name: SettingName): boolean {
    return this.origin(name).kind === "flag";
  }

  /** The settings without the system's demands on signatures, which are joined with the user's. */
  belowSystem(): Settings {
    const joins = (name: SettingName) => this.bySystem(name) && settingOf(name).below === "joins";
    const values = [...this.#values].filter(([name]) => !joins(name));
    return new Settings(new Map(values), this.files.filter(({ scope }) => scope !== "system"));
  }

  /** A path, with who named it. */
  file(name: PathName): NamedFile | undefined {
    const path = this.get(name) as string | undefined;
    return path === undefined ? undefined : { path, system: this.bySystem(name) };
  }

  /** Whether the system's file says it. */
  bySystem(name: SettingName): boolean {
    const origin = this.origin(name);
    return origin.kind === "file" && origin.scope === "system";
  }
}

/** Rows that name a file. */
type PathName = {
  [N in SettingName]: typeof SETTINGS[N]["type"] extends "path" ? N : never;
}[SettingName];

/**
 * Puts the sources together.
 *
 * @param flags from the command line
 * @param env the environment
 * @param options whether files are read at all, and for tests where the system's is and who may own it
 * @throws {BlobberError} `usage` for a variable, `invalid-config` for a file, `trust-rule` for a flag that asks
 * for less than the system's file demands
 */
export async function resolveSettings(
  flags: ReadonlyMap<SettingName, SettingValue>,
  env: Environment,
  options: { files: boolean; system?: string; owners?: readonly number[] } = { files: true },
): Promise<Settings> {
  const values = new Map<SettingName, Given>();
  for (const name of SETTING_NAMES) {
    const value = flags.get(name);
    if (value !== undefined) {
      values.set(name, { value, origin: { kind: "flag" } });
      continue;
    }
    const variable = readVariable(name, env);
    if (variable !== undefined) values.set(name, variable);
  }
  const named = values.get("config")?.value as string | undefined;
  const files = options.files ? await readFiles(named, env, options) : [];
  const looser: string[] = [];
  // The user's file first: it is closer to the run.
  for (const file of files.toReversed()) {
    const given = valuesOf(file);
    if (file.scope === "system") {
      const { dropLooser } = await import("./below.ts");
      looser.push(...dropLooser(values, given, file.path));
    }
    for (const [name, one] of given) if (!values.has(name)) values.set(name, one);
  }
  if (files.every(({ registries }) => Object.keys(registries).length === 0)) {
    return new Settings(values, files, { looser });
  }
  const { joinRegistries } = await import("./registries.ts");
  const joined = joinRegistries(files);
  return new Settings(values, files, {
    looser: [...looser, ...joined.looser],
    registries: joined.blocks,
  });
}

function valuesOf({ values, path, scope }: ConfigFile): Map<SettingName, Given> {
  return new Map(
    [...values].map(([name, value]) => [name, { value, origin: { kind: "file", path, scope } }]),
  );
}

function readVariable(
  name: SettingName,
  env: Environment,
): { value: SettingValue; origin: Origin } | undefined {
  const setting = settingOf(name);
  for (const variable of variablesOf(setting)) {
    const text = env(variable);
    if (text === undefined || text === "") continue;
    const parsed = parseValue(setting, text);
    if ("expected" in parsed) {
      throw new BlobberError(
        "usage",
        `invalid ${variable}: ${setting.type === "secret" ? "…" : quote(text)}, ` +
          `expected ${parsed.expected}`,
      );
    }
    return { value: parsed.value, origin: { kind: "variable", name: variable } };
  }
  return undefined;
}

async function readFiles(
  named: string | undefined,
  env: Environment,
  { system = platform().systemConfig, owners }: { system?: string; owners?: readonly number[] },
): Promise<ConfigFile[]> {
  const user = named ?? userConfigPath(env);
  const wanted: { path: string; scope: ConfigFile["scope"]; optional: boolean }[] = [];
  // Where its directory is, who may take the file away is to be judged, too.
  const counts = platform().hasOwners ? system.slice(0, system.lastIndexOf("/")) : system;
  if (!isAbsent(counts)) {
    wanted.push({ path: system, scope: "system", optional: true });
  }
  if (user !== undefined && (named !== undefined || !isAbsent(user))) {
    wanted.push({ path: user, scope: "user", optional: named === undefined });
  }
  if (wanted.length === 0) return [];
  const { readConfigFile } = await import("./file.ts");
  const files: ConfigFile[] = [];
  for (const { path, ...options } of wanted) {
    const file = await readConfigFile(path, { ...options, env, owners });
    if (file !== undefined) files.push(file);
  }
  return files;
}

/**
 * What there is to say about where values come from: a check loosened without a flag, and a variable that
 * is probably misspelt and therefore does nothing.
 *
 * @param settings the settings in force
 * @param variables names of the variables that are set
 * @returns sentences
 */
export function warningsOf(settings: Settings, variables: readonly string[]): string[] {
  const warnings: string[] = [...settings.looser];
  for (const name of SETTING_NAMES) {
    const setting = settingOf(name);
    const origin = settings.origin(name);
    if (origin.kind === "default" || origin.kind === "flag") continue;
    const where = origin.kind === "variable" ? origin.name : `${setting.key} in ${origin.path}`;
    if (setting.loosens && settings.get(name) === true) {
      warnings.push(`${where} is set: ${setting.help}`);
    }
    const { whenOff } = setting;
    if (whenOff !== undefined && origin.kind === "variable" && settings.get(name) === false) {
      warnings.push(`${where} is set to false: ${whenOff}`);
    }
  }
  const known = SETTING_NAMES.flatMap((name) => variablesOf(settingOf(name)));
  for (const variable of variables) {
    if (!variable.startsWith("BLOBBER_") || known.includes(variable)) continue;
    const meant = known.find((other) => editDistance(variable, other, 3) < 3);
    if (meant !== undefined) {
      warnings.push(`${variable} is no variable of blobber, did you mean ${meant}?`);
    }
  }
  return warnings;
}
