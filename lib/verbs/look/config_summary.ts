/**
 * What a config says: of an image how it is run, of anything else its plain fields.
 *
 * @module
 */

import { readChecked } from "../../checked_content.ts";
import { isObject, parseJson } from "../../json.ts";
import { MAX_CONFIG_BYTES, MAX_CONFIG_VALUES } from "../../limits.ts";
import type { CallOptions, Source } from "../../store.ts";
import { type Descriptor, MEDIA_TYPE, type Platform } from "../../types.ts";

/** What was found in a config. */
export interface ConfigFound {
  created?: string;
  platform?: Platform;
  summary?: Record<string, string | string[]>;
}

/** How an image is run (config.md, "Properties"), by the names that are shown. */
const RUN: Readonly<Record<string, string>> = {
  user: "User",
  entrypoint: "Entrypoint",
  command: "Cmd",
  workingDirectory: "WorkingDir",
  environment: "Env",
  ports: "ExposedPorts",
  volumes: "Volumes",
  stopSignal: "StopSignal",
  labels: "Labels",
};

/**
 * Reads a config that is JSON. One that is none, or larger than any in use, says nothing.
 *
 * @param source where it is
 * @param config its descriptor
 * @throws {BlobberError} `integrity`, `not-found`, or the source's
 */
export async function readConfig(
  source: Source,
  config: Descriptor,
  { signal }: CallOptions,
): Promise<ConfigFound> {
  const { mediaType, digest, size } = config;
  const isJson = /[+/]json$/.test(mediaType) && mediaType !== MEDIA_TYPE.empty;
  if (!isJson || size > MAX_CONFIG_BYTES) return {};
  const name = `config ${digest} of ${source.name}`;
  const stream = await source.fetch(config, { signal });
  const bytes = await readChecked(stream, { size, digest, name }, MAX_CONFIG_BYTES);
  let json: unknown;
  try {
    json = parseJson(bytes, name);
  } catch { // its digest is right: it is what was pushed
    return {};
  }
  if (!isObject(json)) return {};
  const isImage = mediaType === MEDIA_TYPE.config || mediaType === MEDIA_TYPE.dockerConfig;
  const summary = isImage ? runOf(json) : plainFields(json);
  const platform = isImage ? platformOf(json) : undefined;
  const created = textIn(json, "created");
  return {
    ...created && { created },
    ...platform && { platform },
    ...Object.keys(summary).length > 0 && { summary },
  };
}

function runOf(json: Record<string, unknown>): Record<string, string | string[]> {
  const run = isObject(json.config) ? json.config : {};
  const author = textIn(json, "author");
  return {
    ...author && { author },
    ...picked(Object.entries(RUN).map(([name, field]) => [name, run[field]])),
  };
}

function plainFields(json: Record<string, unknown>): Record<string, string | string[]> {
  return picked(Object.entries(json));
}

/** What can be shown of some values. */
function picked(entries: [string, unknown][]): Record<string, string | string[]> {
  const found: [string, string | string[]][] = [];
  for (const [name, value] of entries) {
    if (found.length === MAX_CONFIG_VALUES) break;
    const shown = shownValue(value);
    if (shown !== undefined && shown.length > 0) found.push([name, shown]);
  }
  return Object.fromEntries(found);
}

function shownValue(value: unknown): string | string[] | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    const texts = value.filter((one) => typeof one === "string");
    return texts.length === value.length ? texts.slice(0, MAX_CONFIG_VALUES) : undefined;
  }
  if (!isObject(value)) return undefined;
  // A set is written as an object of empty ones, labels as one of texts.
  return Object.entries(value).slice(0, MAX_CONFIG_VALUES).map(([key, one]) =>
    typeof one === "string" ? `${key}=${one}` : key
  );
}

function platformOf(json: Record<string, unknown>): Platform | undefined {
  const [os, architecture] = [textIn(json, "os"), textIn(json, "architecture")];
  if (!os || !architecture) return undefined;
  const variant = textIn(json, "variant");
  const version = textIn(json, "os.version");
  return { os, architecture, ...variant && { variant }, ...version && { "os.version": version } };
}

function textIn(json: Record<string, unknown>, field: string): string | undefined {
  const value = json[field];
  return typeof value === "string" ? value : undefined;
}
