/**
 * Shapes that a value from another's code must have. A check says what is wrong with a value, and where in it;
 * tables of checks are the shapes of objects. What it means that a value is wrong is decided by who asks.
 *
 * @module
 */

import { isMediaType } from "../media_type.ts";
import { quote } from "../text/printable.ts";

/** What is wrong with a value. */
export interface Fault {
  /** Where in the value: `.signer.kind`, `[2]`; empty for the value itself. */
  path: string;
  /** What is there, in words. */
  found: string;
  /** What was expected there, in words. */
  expected: string;
}

/** Looks at a value. Returns what is wrong with it, or nothing. */
export type Check = (value: unknown) => Fault | undefined;

/** A check for each field of a type. A field that is added to the type has to be added to its table. */
export type Shape<T> = { readonly [K in keyof Required<T>]: Check };

/**
 * A value in words: what it is, and for what is short, how it reads.
 *
 * @param value anything
 */
export function inWords(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      return value === null ? "null" : objectInWords(value);
    default:
      return String(value);
  }
}

function objectInWords(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || !/^[A-Z]\w{0,40}$/.test(name) || name === "Object") {
    return Object.keys(value).length === 0 ? "an empty object" : "an object";
  }
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

/** The fault of a value that is something else than it should be. */
export function fault(value: unknown, expected: string): Fault {
  return { path: "", found: inWords(value), expected };
}

/** What a value is, without the value: it may be a secret. */
export function kindInWords(value: unknown): string {
  if (value === "") return "an empty string";
  return ["string", "number", "bigint", "boolean"].includes(typeof value)
    ? `a ${typeof value}`
    : inWords(value);
}

/** As {@linkcode fault}, of a value that may be a secret, or stand where one belongs. */
export function hidden(value: unknown, expected: string): Fault {
  return { path: "", found: kindInWords(value), expected };
}

/** What is wrong with a stream that has a reader already. */
export function lockedFault(): Fault {
  return {
    path: "",
    found: "a ReadableStream that is being read",
    expected: "one of Uint8Array that is free to be read",
  };
}

/** A check that asks a question. */
export function that(holds: (value: unknown) => boolean, expected: string): Check {
  return (value) => holds(value) ? undefined : fault(value, expected);
}

/** `undefined`, or what the check asks for. */
export function optional(check: Check): Check {
  return (value) => value === undefined ? undefined : check(value);
}

/** A string. */
export const text: Check = that((value) => typeof value === "string", "a string");
/** A string that is not empty. */
export const words: Check = that(
  (value) => typeof value === "string" && value !== "",
  "a string that is not empty",
);
/** `true` or `false`. */
export const flag: Check = that((value) => typeof value === "boolean", "true or false");
/** A function. */
export const callable: Check = that((value) => typeof value === "function", "a function");
/** A number of things. */
export const count: Check = that(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  "a whole number",
);

/** Bytes. */
export const bytes: Check = that((value) => value instanceof Uint8Array, "a Uint8Array");

/** A media type. */
export const mediaType: Check = that(
  (value) => typeof value === "string" && isMediaType(value),
  '"type/subtype"',
);

/** One of some strings. */
export function oneOf(...values: string[]): Check {
  const quoted = values.map((value) => `"${value}"`);
  const last = quoted.pop()!;
  const expected = quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
  return that((value) => values.includes(value as string), expected);
}

/** A list, in which every place is taken. */
export function listOf(check: Check, expected: string): Check {
  return (value) => {
    if (!Array.isArray(value)) return fault(value, expected);
    for (let at = 0; at < value.length; at++) { // not "for of": a hole is a place
      const wrong = check(value[at]);
      if (wrong !== undefined) return { ...wrong, path: `[${at}]${wrong.path}` };
    }
    return undefined;
  };
}

/** An object as a table of values by any name. */
export function mapOf(check: Check, expected: string): Check {
  return (value) => {
    if (!isRecord(value)) return fault(value, expected);
    for (const [name, one] of Object.entries(value)) {
      const wrong = check(one);
      if (wrong !== undefined) return { ...wrong, path: `[${quote(name)}]${wrong.path}` };
    }
    return undefined;
  };
}

/** An object with certain fields, whatever else it has. */
export function objectWith<T>(shape: Shape<T>, expected: string): Check {
  const fields: [string, Check][] = Object.entries(shape);
  return (value) => {
    if (!isRecord(value)) return fault(value, expected);
    for (const [name, check] of fields) {
      const wrong = check(value[name]);
      if (wrong !== undefined) return { ...wrong, path: `.${name}${wrong.path}` };
    }
    return undefined;
  };
}

/** Whether a value is an object, and no list. A function is none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The first of some fields that is wrong; its path begins with its name. What is not there is not wrong.
 *
 * @param table a check for each field
 * @param given what has them
 */
export function faultIn(
  table: Readonly<Record<string, Check>>,
  given: Record<string, unknown>,
): Fault | undefined {
  for (const [name, check] of Object.entries(table)) {
    const value = given[name]; // a class may have it as a getter
    const wrong = value === undefined ? undefined : check(value);
    if (wrong !== undefined) return { ...wrong, path: `.${name}${wrong.path}` };
  }
  return undefined;
}
