/**
 * YAML as configuration files may use it: one document, no aliases, and of a size that a person may have written.
 * Each step takes time in proportion to the text. An alias can stand for a tree of aliases, and then a few lines
 * for more values than memory holds.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";
import {
  constructFromEvents,
  CORE_SCHEMA,
  type Event,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  YAMLException,
} from "js-yaml";

/** Keys, values, lists and mappings in one file: a rule has about twenty. */
const MAX_NODES = 100_000;

/**
 * Reads a document.
 *
 * @param text YAML
 * @param path for messages
 * @returns its value; an empty mapping for an empty text
 * @throws {BlobberError} `invalid-config`
 */
export function readYaml(text: string, path: string): unknown {
  try {
    const events = parseEvents(text, {});
    if (events.length > MAX_NODES) {
      throw invalidConfig(path, undefined, `expected at most ${MAX_NODES} keys and values`);
    }
    if (events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length > 1) {
      throw invalidConfig(path, undefined, "expected one YAML document");
    }
    const alias = events.find(({ type }) => type === EVENT_ID.ALIAS);
    if (alias !== undefined) {
      const line = lineAt(text, startOf(alias));
      throw invalidConfig(path, line, "aliases are not supported, expected the value itself");
    }
    const options = { source: text, schema: CORE_SCHEMA, maxAliases: 0, maxTotalMergeKeys: 0 };
    return constructFromEvents(events, options)[0] ?? {};
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? undefined : error.mark.line + 1;
    throw invalidConfig(path, line, `not valid YAML: ${printable(error.reason, 200)}`);
  }
}

/**
 * The error for a place in a file.
 *
 * @param path the file
 * @param line counted from 1
 * @param problem what is wrong there
 */
export function invalidConfig(
  path: string,
  line: number | undefined,
  problem: string,
): BlobberError {
  const place = printable(path) + (line === undefined ? "" : `:${line}`);
  return new BlobberError("invalid-config", `${place}: ${problem}`, {
    hint: "blobber help configuration lists the keys; blobber config set changes one",
  });
}

/**
 * The line where something stands.
 *
 * @param text a document that was read
 * @param path keys and indices
 * @param onKey whether the key itself is meant and not its value
 * @returns counted from 1; that of the nearest thing around it when the document does not have it
 */
export function lineOf(
  text: string,
  path: readonly (string | number)[],
  onKey: boolean,
): number | undefined {
  const events = parseEvents(text, {});
  let at = 1;
  let offset = events[at] === undefined ? undefined : startOf(events[at]!);
  for (const [depth, step] of path.entries()) {
    const found = childOf(events, at, { step, text });
    if (found === undefined) break;
    const { key, value } = found;
    const isLast = depth === path.length - 1;
    const isScalar = events[value]!.type === EVENT_ID.SCALAR;
    const shown = key !== undefined && (isScalar || (onKey && isLast)) ? key : value;
    offset = startOf(events[shown]!);
    at = value;
  }
  return offset === undefined ? undefined : lineAt(text, offset);
}

/** Where the key, in a mapping, and the value of a step begin in the list of events. */
function childOf(
  events: readonly Event[],
  at: number,
  { step, text }: { step: string | number; text: string },
): { key?: number; value: number } | undefined {
  const type = events[at]?.type;
  if (type === EVENT_ID.SEQUENCE) {
    let item = at + 1;
    for (let n = 0; n < Number(step) && isThere(events[item]); n++) item = behind(events, item);
    return isThere(events[item]) ? { value: item } : undefined;
  }
  if (type !== EVENT_ID.MAPPING) return undefined;
  for (let key = at + 1; isThere(events[key]);) {
    const value = behind(events, key);
    const event = events[key]!;
    if (event.type === EVENT_ID.SCALAR && getScalarValue(text, event) === `${step}`) {
      return { key, value };
    }
    key = behind(events, value);
  }
  return undefined;
}

const isThere = (event: Event | undefined) => event !== undefined && event.type !== EVENT_ID.POP;

/** The position behind a node and everything in it. */
function behind(events: readonly Event[], at: number): number {
  let depth = 0;
  do {
    const type = events[at++]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++;
    else if (type === EVENT_ID.POP) depth--;
  } while (depth > 0 && at < events.length);
  return at;
}

function startOf(event: Event): number {
  const places = "valueStart" in event
    ? [event.valueStart, event.anchorStart, event.tagStart]
    : "start" in event
    ? [event.start]
    : "anchorStart" in event
    ? [event.anchorStart]
    : [];
  return places.find((place) => place >= 0) ?? 0;
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
