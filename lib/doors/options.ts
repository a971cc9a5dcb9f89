/**
 * The door for options, by the tables in `option_tables.ts`.
 *
 * A name that nothing knows is refused: who misspells `verifier` would read without one. So is `null`, which
 * says something else than nothing. What another verb takes is passed over, so that one object can serve several.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type {
  ClientOptions,
  CopyFrom,
  DiffOptions,
  DiffSideOptions,
  FileReadOptions,
  RegistryStoreOptions,
} from "../options.ts";
import { quote } from "../text/printable.ts";
import { nearestWord } from "../text/spelling.ts";
import type { CallOptions } from "../store.ts";
import { path, tags } from "./option_checks.ts";
import {
  CALL,
  CLIENT,
  COPY_FROM,
  FILE,
  LAYER_TABLES,
  LOGIN,
  rawPart,
  REGISTRY,
  TABLES,
} from "./option_tables.ts";
import { type Check, type Fault, fault, faultIn, isRecord } from "./shape.ts";

/** A verb, by the name of the client's method. */
export type VerbName = keyof typeof TABLES;

type Table = Readonly<Record<string, Check>>;

/** Beside their options nothing is passed over: what would be, such as `verifier` or `refuse`, is a demand. */
const STRICT: readonly Table[] = [CLIENT, REGISTRY, LOGIN, ...Object.values(LAYER_TABLES)];

/**
 * Takes the options of a client.
 *
 * @returns a copy: what is done to the object later changes no demand
 * @throws {BlobberError} `invalid-option`
 */
export function clientOptions(given: ClientOptions): ClientOptions {
  return taken(given, CLIENT, "the client");
}

/** As {@linkcode clientOptions}, for what tries credentials without a client. */
export function loginOptions<O extends RegistryStoreOptions & CallOptions>(given: O): O {
  return taken(given, LOGIN, "checkLogin");
}

/** As {@linkcode clientOptions}, for a registry's store that is opened without a client. */
export function registryOptions(given: RegistryStoreOptions): RegistryStoreOptions {
  return taken(given, REGISTRY, "openRegistry");
}

/**
 * Takes the options of a call.
 *
 * @param verb whose they are
 * @returns a copy
 * @throws {BlobberError} `invalid-option`
 */
export function callOptions<O extends object>(verb: VerbName, given: O): O {
  return taken(given, TABLES[verb], verb);
}

/**
 * As {@linkcode callOptions} at once, whose error is thrown where the result is asked for.
 *
 * @param verb whose they are
 */
export function settledOptions<O extends object>(verb: VerbName, given: O): () => O {
  try {
    const taken = callOptions(verb, given);
    return () => taken;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** As {@linkcode callOptions}, for `diff`, with copies of what is about one side. */
export function diffOptions(given: DiffOptions): DiffOptions {
  const { before, after, ...both } = callOptions("diff", given);
  return { ...both, before: copyOf(before), after: copyOf(after) };
}

function copyOf(side: DiffSideOptions = {}): DiffSideOptions {
  const { verifier } = side;
  return { ...side, ...Array.isArray(verifier) && { verifier: [...verifier] } };
}

/** As {@linkcode callOptions}, for one of several artifacts to copy. */
export function copySource(given: CopyFrom): CopyFrom {
  return taken(given, COPY_FROM, "an artifact to copy");
}

/** As {@linkcode callOptions}, for what works on one layer. */
export function layerOptions<O extends object>(call: keyof typeof LAYER_TABLES, given: O): O {
  return taken(given, LAYER_TABLES[call], call);
}

/** As {@linkcode callOptions}, for what opens and reads a file of an image. */
export function fileOptions<O extends FileReadOptions>(given: O): O {
  return taken(given, FILE, "a file");
}

/** As {@linkcode callOptions}, for the calls of an image that take no more than a signal. */
export function imageCallOptions(owner: "find" | "glob" | "files", given: CallOptions): void {
  taken(given, CALL, owner);
}

/**
 * Checks the name of a directory that a call takes.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkDirectory(value: unknown): void {
  const wrong = path(value);
  if (wrong !== undefined) throw invalid("directory", wrong);
}

/**
 * Checks tags that a call takes: one string is not taken for a list of its letters.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkTagList(value: unknown): void {
  const wrong = tags(value);
  if (wrong !== undefined) throw invalid("tags", wrong);
}

/**
 * Checks the part of an artifact that a call takes.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkRawPart(value: unknown): void {
  const wrong = rawPart(value);
  if (wrong !== undefined) throw invalid("part", wrong);
}

function taken<O extends object>(given: O, table: Table, owner: string): O {
  if (!isRecord(given)) throw invalid(`options of ${owner}`, fault(given, "an object"));
  const wrong = faultIn(table, given);
  if (wrong !== undefined) throw invalid(`option ${wrong.path.slice(1)}`, wrong);
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined && !Object.hasOwn(table, name)) checkOther(name, table, owner);
  }
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    const value = given[name];
    if (value !== undefined) copy[name] = Array.isArray(value) ? [...value] : value;
  }
  return copy as O;
}

/** Refuses a name that is in no table, or only in one for another purpose: of a client or of a call. */
function checkOther(name: string, table: Table, owner: string): void {
  const ofCall = Object.values(TABLES).some((one) => Object.hasOwn(one, name));
  if (ofCall && !STRICT.includes(table)) return;
  const ofClient = Object.hasOwn(CLIENT, name);
  const meant = nearestWord(name, Object.keys(table));
  throw new BlobberError("invalid-option", `unknown option ${quote(name)} of ${owner}`, {
    hint: ofCall
      ? "it is an option of calls, such as pull()"
      : ofClient
      ? "it is an option of the client: new Client({ … })"
      : meant === undefined
      ? undefined
      : `did you mean "${meant}"?`,
  });
}

function invalid(what: string, { found, expected }: Fault): BlobberError {
  return new BlobberError("invalid-option", `invalid ${what}: ${found}, expected ${expected}`);
}
