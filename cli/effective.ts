/**
 * The settings in force: flag over variable over file over default.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import type { ConfigFile, RegistryBlock } from "./config/file.ts";
import { type Environment, SYSTEM_CONFIG, userConfigPath } from "./config/paths.ts";
import { type Maybe, SETTING_NAMES, type SettingName, settingOf, variablesOf } from "./settings.ts";
import { distance } from "./suggest.ts";
import { parseValue, type SettingValue } from "./values.ts";

/** Where a value comes from. */
export type Origin =
  | { kind: "flag" }
  | { kind: "default" }
  | { kind: "variable"; name: string }
  | { kind: "file"; path: string; scope: ConfigFile["scope"] };

/** Every setting, with where it comes from. */
export class Settings {
  readonly #values: Map<SettingName, { value: SettingValue; origin: Origin }>;
  /** The files that were read, the system's first. */
  readonly files: readonly ConfigFile[];

  /** Use {@linkcode resolveSettings}. */
  constructor(
    values: Map<SettingName, { value: SettingValue; origin: Origin }>,
    files: readonly ConfigFile[],
  ) {
    this.#values = values;
    this.files = files;
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

  /** How single registries are reached; the user's word about a host counts before the system's. */
  registries(): Record<string, RegistryBlock> {
    return Object.assign({}, ...this.files.map((file) => file.registries));
  }
}

/**
 * Puts the sources together.
 *
 * @param flags from the command line
 * @param env the environment
 * @param options whether files are read at all
 * @throws {BlobberError} `usage` for a variable, `invalid-config` for a file
 */
export async function resolveSettings(
  flags: ReadonlyMap<SettingName, SettingValue>,
  env: Environment,
  options: { files: boolean; system?: string } = { files: true },
): Promise<Settings> {
  const values = new Map<SettingName, { value: SettingValue; origin: Origin }>();
  for (const name of SETTING_NAMES) {
    const value = flags.get(name);
    if (value !== undefined) {
      values.set(name, { value, origin: { kind: "flag" } });
      continue;
    }
    const variable = readVariable(name, env);
    if (variable !== undefined) values.set(name, variable);
  }
  const files = options.files
    ? await readFiles(
      values.get("config")?.value as string | undefined,
      env,
      options.system ?? SYSTEM_CONFIG,
    )
    : [];
  for (const file of files.toReversed()) {
    for (const [name, value] of file.values) {
      if (values.has(name)) continue;
      values.set(name, { value, origin: { kind: "file", path: file.path, scope: file.scope } });
    }
  }
  return new Settings(values, files);
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
  system: string,
): Promise<ConfigFile[]> {
  const user = named ?? userConfigPath(env);
  const wanted = [
    { path: system, scope: "system" as const, optional: true },
    ...user === undefined
      ? []
      : [{ path: user, scope: "user" as const, optional: named === undefined }],
  ].filter(({ path, optional }) => !optional || exists(path));
  if (wanted.length === 0) return [];
  const { readConfigFile } = await import("./config/file.ts");
  const files: ConfigFile[] = [];
  for (const { path, scope, optional } of wanted) {
    const file = await readConfigFile(path, { scope, optional, env });
    if (file !== undefined) files.push(file);
  }
  return files;
}

/** Whether something may be there: anything but a clear "no" is for the reader to report. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
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
  const warnings: string[] = [];
  for (const name of SETTING_NAMES) {
    const setting = settingOf(name);
    const origin = settings.origin(name);
    if (origin.kind === "default" || origin.kind === "flag") continue;
    const where = origin.kind === "variable" ? origin.name : `${setting.key} in ${origin.path}`;
    if (setting.loosens && settings.get(name) === true) {
      warnings.push(`${where} is set: ${setting.help}`);
    }
    if (name === "verify" && origin.kind === "variable" && settings.get(name) === false) {
      warnings.push(`${where} is set to false: nothing but trust rules demands a signature`);
    }
  }
  const known = SETTING_NAMES.flatMap((name) => variablesOf(settingOf(name)));
  for (const variable of variables) {
    if (!variable.startsWith("BLOBBER_") || known.includes(variable)) continue;
    const meant = known.find((other) => distance(variable, other) <= 2);
    if (meant !== undefined) {
      warnings.push(`${variable} is no variable of blobber, did you mean ${meant}?`);
    }
  }
  return warnings;
}
