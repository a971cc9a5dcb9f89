/**
 * Reading `config.yaml`. Strict: a key that was misspelt would be a protection that is not there, so
 * unknown keys and wrong types are errors with file and line.
 *
 * @module
 */

import { homeDirectory, isAbsolute, platform } from "@blobber/core/internal/platform";
import { quote } from "@blobber/core/internal/printable";
import { registryNamed } from "@blobber/core/internal/reference";
import { nearestWord } from "@blobber/core/internal/spelling";
import type { RuleFile } from "../rules/rules.ts";
import { type Setting, SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";
import { parseValue, type SettingValue } from "../line/values.ts";
import { type Environment, nameIn } from "./paths.ts";
import { readConfigText } from "./text.ts";

/** A block of `registries`: how one host is reached. */
export interface RegistryBlock {
  insecure?: boolean;
  insecureSkipTlsVerify?: boolean;
  caFile?: string;
}

/** One configuration file, read and checked. */
export interface ConfigFile {
  path: string;
  scope: RuleFile["scope"];
  values: Map<SettingName, SettingValue>;
  /** By the registry's one name. */
  registries: Record<string, RegistryBlock>;
  /** Trust rules; absent if the file has none. */
  rules?: RuleFile;
}

/** Where in the document something stands. */
type Path = (string | number)[];

const REGISTRY_KEYS = ["insecure", "insecure-skip-tls-verify", "ca-file"];
/** Keys that are no row of the table, because they hold more than a value. */
const STRUCTURES = ["registries", "verify.unmatched", "verify.rules"];

/**
 * Reads a file.
 *
 * @param path where it is
 * @param options whose file it is, and whether it may be absent
 * @returns the file, or nothing when it may be absent and is
 * @throws {BlobberError} `invalid-config`
 */
export async function readConfigFile(
  path: string,
  options: {
    scope: RuleFile["scope"];
    optional: boolean;
    env: Environment;
    owners?: readonly number[] | undefined;
  },
): Promise<ConfigFile | undefined> {
  const { scope, optional, env, owners } = options;
  const text = await readConfigText(path, { optional, system: scope === "system", owners });
  return text === undefined ? undefined : await parseConfig(text, { path, scope, env, owners });
}

/**
 * Parses the text of a file.
 *
 * @param text YAML
 * @param options its path, for messages and for what relative paths in it are relative to; whose file it is; the
 * environment, for `~`; and who else may own what a file of the system names
 * @throws {BlobberError} `invalid-config`
 */
async function parseConfig(
  text: string,
  options: {
    path: string;
    scope: RuleFile["scope"];
    env: Environment;
    owners?: readonly number[] | undefined;
  },
): Promise<ConfigFile> {
  const { path, scope, env, owners } = options;
  const { invalidConfig, lineOf, readYaml } = await import("./yaml.ts");
  const document = readYaml(text, path);
  const file: ConfigFile = { path, scope, values: new Map(), registries: {} };
  // The first fault is the one that is reported.
  const fault = (at: Path, problem: string, onKey = false): never => {
    throw invalidConfig(path, lineOf(text, at, onKey), problem);
  };
  const byKey = new Map(
    SETTING_NAMES.filter((n) => settingOf(n).key !== undefined).map((n) => [settingOf(n).key!, n]),
  );
  const walk = (value: unknown, at: Path) => {
    if (!isMapping(value)) return fault(at, "expected a mapping");
    for (const [name, child] of Object.entries(value)) {
      const key = [...at, name].join(".");
      const setting = byKey.get(key);
      if (setting !== undefined) {
        const row = settingOf(setting);
        const read = readValue(row, child, { file: path, env });
        if (typeof read === "string") fault([...at, name], `${quote(key)}: ${read}`);
        else if (read !== undefined) file.values.set(setting, read.value);
      } else if (STRUCTURES.includes(key)) continue;
      else if ([...byKey.keys()].some((other) => other.startsWith(`${key}.`))) {
        if (child !== null) walk(child, [...at, name]);
      } else {
        const meant = nearestWord(key, [...byKey.keys(), ...STRUCTURES]);
        const hint = meant === undefined ? "" : `, did you mean ${quote(meant)}?`;
        fault([...at, name], `unknown key ${quote(key)}${hint}`, true);
      }
    }
  };
  walk(document, []);
  const root = isMapping(document) ? document : {};
  readRegistries(root.registries, file, { fault, env });
  const { verify } = root;
  if (isMapping(verify) && ("rules" in verify || "unmatched" in verify)) {
    const { readRules } = await import("../rules/rules.ts");
    const { makeRuleChecks } = await import("./rule_checks.ts");
    const { checks, sources } = makeRuleChecks(scope === "system", owners);
    file.rules = readRules(verify, { file: path, scope, sources }, { fail: fault, checks });
  }
  return file;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value, nothing for an empty one, or what is wrong with it. */
function readValue(
  setting: Setting,
  value: unknown,
  { file, env }: { file: string; env: Environment },
): { value: SettingValue } | undefined | string {
  const wanted = setting.type === "boolean" ? "boolean" : setting.type === "count" ? "number" : "";
  // The Go tool's `config init` writes keys that were never set as empty text.
  if (value === null || value === "") return undefined;
  if (wanted !== "" && typeof value !== wanted) {
    return `expected ${wanted === "boolean" ? "true or false" : "a number"}, not ${kindOf(value)}`;
  }
  if (typeof value === "object" || (wanted === "" && typeof value === "boolean")) {
    return `expected ${setting.type === "enum" ? "one of its values" : "text"}, not ${
      kindOf(value)
    }`;
  }
  const parsed = parseValue(setting, String(value));
  if ("expected" in parsed) {
    return `invalid value ${quote(String(value))}, expected ${parsed.expected}`;
  }
  if (setting.type === "path" || setting.type === "directory") {
    return { value: resolvePath(String(value), file, env) };
  }
  return parsed;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  return `${typeof value === "string" ? "text" : "the " + typeof value} ${quote(String(value))}`;
}

/** A path in a file is relative to that file, so that it does not depend on the working directory. */
function resolvePath(path: string, file: string, env: Environment): string {
  if (path === "~" || platform().separators.some((one) => path.startsWith(`~${one}`))) {
    return (homeDirectory(env) ?? "~") + path.slice(1);
  }
  if (isAbsolute(path)) return path;
  return file.slice(0, file.length - nameIn(file).length) + path;
}

function readRegistries(
  value: unknown,
  file: ConfigFile,
  { fault, env }: {
    fault: (at: Path, problem: string, onKey?: boolean) => never;
    env: Environment;
  },
): void {
  if (value === undefined || value === null) return;
  if (!isMapping(value)) return fault(["registries"], "expected a mapping of hosts");
  for (const [host, block] of Object.entries(value)) {
    const at: Path = ["registries", host];
    const name = registryNamed(host);
    if (name === undefined) {
      return fault(at, `invalid host ${quote(host)}, expected host[:port]`, true);
    }
    if (Object.hasOwn(file.registries, name)) {
      return fault(at, `another block is about ${name} already`, true);
    }
    if (!isMapping(block)) return fault(at, `expected a mapping with ${REGISTRY_KEYS.join(", ")}`);
    const read: RegistryBlock = {};
    for (const [key, child] of Object.entries(block)) {
      const place = [...at, key];
      if (!REGISTRY_KEYS.includes(key)) {
        fault(
          place,
          `unknown key ${quote(key)}, expected one of ${REGISTRY_KEYS.join(", ")}`,
          true,
        );
      } else if (key === "ca-file") {
        if (typeof child !== "string" || child === "") fault(place, "expected a path");
        else read.caFile = resolvePath(child, file.path, env);
      } else if (typeof child !== "boolean") fault(place, "expected true or false");
      else if (key === "insecure") read.insecure = child;
      else read.insecureSkipTlsVerify = child;
    }
    file.registries[name] = read;
  }
}
