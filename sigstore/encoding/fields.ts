/**
 * Reads a JSON object field by field, with an error that names the field. Nothing is read without a check
 * of its type, and base64 only in its one canonical form.
 *
 * @module
 */

import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import { isObject } from "@blobber/core/internal/json";
import { counted, quote } from "@blobber/core/internal/printable";
import type { Fail } from "./malformed.ts";

/** An object from outside. */
export class Fields {
  readonly #value: Record<string, unknown>;
  readonly #path: string;
  readonly #fail: Fail;

  /**
   * @param value anything
   * @param path its name, for messages
   * @param fail the error of its reader
   */
  constructor(value: unknown, path: string, fail: Fail) {
    if (!isObject(value)) throw fail(`${path} is not an object`);
    this.#value = value;
    this.#path = path;
    this.#fail = fail;
  }

  /** Refuses fields that are not among those named: a reader that skips one may skip a condition. */
  only(...names: string[]): this {
    for (const name of Object.keys(this.#value)) {
      if (!names.includes(name)) throw this.#fail(`${this.#path} has a field ${quote(name)}`);
    }
    return this;
  }

  /** Whether a field is there; `null` is how protobuf's JSON may write one that is not. */
  has(name: string): boolean {
    return Object.hasOwn(this.#value, name) && this.#value[name] !== null;
  }

  /** The value as it is. */
  raw(name: string): unknown {
    return this.has(name) ? this.#value[name] : undefined;
  }

  /** Names of all fields. */
  names(): string[] {
    return Object.keys(this.#value);
  }

  /** A string that must be there. */
  string(name: string): string {
    const value = this.raw(name);
    if (typeof value !== "string") throw this.#fail(`${this.#path}.${name} is not a string`);
    return value;
  }

  /** A string, or the given one where there is none. */
  stringOr(name: string, otherwise: string): string {
    return this.has(name) ? this.string(name) : otherwise;
  }

  /**
   * Bytes in canonical base64: the alphabet of RFC 4648 section 4, padded, no stray bits, not empty.
   *
   * @param limit the most bytes
   */
  bytes(name: string, limit = Infinity): Uint8Array<ArrayBuffer> {
    const text = this.string(name);
    const path = `${this.#path}.${name}`;
    // Four characters stand for at most three bytes.
    if (text.length > 4 * Math.ceil(limit / 3)) {
      throw this.#fail(`${path} is too long, expected at most ${limit} bytes`);
    }
    return this.#bytes(text, path);
  }

  /** A 64-bit integer that is not negative, as protobuf's JSON writes it: a string, left out when zero. */
  count(name: string): string {
    const value = this.stringOr(name, "0");
    if (!/^(?:0|[1-9]\d{0,18})$/.test(value)) {
      throw this.#fail(`${this.#path}.${name} is ${quote(value)}, expected a number from 0`);
    }
    return value;
  }

  /** An object that must be there. */
  object(name: string): Fields {
    return new Fields(this.raw(name), `${this.#path}.${name}`, this.#fail);
  }

  /** An object, where there is one. */
  optional(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  /** Objects in a list of limited length; no list is an empty one. */
  objects(name: string, limit: number): Fields[] {
    return this.#list(name, limit).map((value, index) =>
      new Fields(value, `${this.#path}.${name}[${index}]`, this.#fail)
    );
  }

  /** Bytes in a list of limited length; no list is an empty one. */
  bytesList(name: string, limit: number): Uint8Array<ArrayBuffer>[] {
    return this.#list(name, limit).map((value, index) => {
      const path = `${this.#path}.${name}[${index}]`;
      if (typeof value !== "string") throw this.#fail(`${path} is not a string`);
      return this.#bytes(value, path);
    });
  }

  #bytes(text: string, path: string): Uint8Array<ArrayBuffer> {
    const bytes = fromBase64(text);
    if (bytes === undefined || toBase64(bytes) !== text) {
      throw this.#fail(`${path} is not canonical base64`);
    }
    if (bytes.length === 0) throw this.#fail(`${path} is empty`);
    return bytes;
  }

  #list(name: string, limit: number): unknown[] {
    if (!this.has(name)) return [];
    const value = this.raw(name);
    if (!Array.isArray(value)) throw this.#fail(`${this.#path}.${name} is not a list`);
    if (value.length > limit) {
      throw this.#fail(
        `${this.#path}.${name} has ${
          counted(value.length, "entry", "entries")
        }, expected at most ${limit}`,
      );
    }
    return value;
  }
}
