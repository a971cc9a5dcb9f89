/**
 * Converts text of flags, variables and files to values of their type, and back.
 *
 * @module
 */

import type { Setting } from "../settings/table.ts";

/** A value as code sees it: durations in milliseconds, sizes in bytes. */
export type SettingValue = boolean | number | string | string[];

/** Says what was expected, or gives the value. */
export type Parsed = { value: SettingValue } | { expected: string };

const TRUE = new Set(["true", "1", "t", "yes", "on"]);
const FALSE = new Set(["false", "0", "f", "no", "off"]);
const DURATION_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Reads a text as a setting's value.
 *
 * @param setting a row of the table
 * @param text from a command line or a variable
 */
export function parseValue(setting: Setting, text: string): Parsed {
  switch (setting.type) {
    case "boolean": {
      const word = text.toLowerCase();
      if (TRUE.has(word)) return { value: true };
      if (FALSE.has(word)) return { value: false };
      return { expected: "true or false" };
    }
    case "enum":
      return setting.values!.includes(text)
        ? { value: text }
        : { expected: setting.values!.join(", ") };
    case "count":
      return /^[1-9][0-9]{0,14}$/.test(text)
        ? { value: Number(text) }
        : { expected: "a whole number from 1" };
    case "duration":
      return orExpected(parseDuration(text), "a duration like 90s, 5m, 24h or 7d");
    case "size":
      return orExpected(parseSize(text), "a size like 500000, 10MB or 1GiB");
    case "list":
      return { value: [text] };
    default:
      return text === "" ? { expected: "some text" } : { value: text };
  }
}

function orExpected(value: number | undefined, expected: string): Parsed {
  return value === undefined ? { expected } : { value };
}

/** Milliseconds of a duration such as `1h30m`, `250ms`, `7d` or `0`. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sum += Number(amount) * DURATION_MS[unit!]!;
  }
  return Number.isSafeInteger(Math.round(sum)) ? Math.round(sum) : undefined;
}

/** Bytes of a size such as `1GB` (decimal), `1GiB` (binary) or `4096`. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text);
  const unit = SIZE[match?.[2]?.toLowerCase() ?? "?"];
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A duration as a person writes it, in its largest exact units: `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0";
  let rest = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const amount = Math.floor(rest / DURATION_MS[unit]!);
    rest -= amount * DURATION_MS[unit]!;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text;
}

/** A size as a person reads it, three digits and a decimal unit: `1.2 MB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A value as help, `config` and the reference page show it. */
export function showValue(setting: Setting, value: SettingValue): string {
  if (setting.type === "duration") return formatDuration(value as number);
  if (Array.isArray(value)) return value.join(",");
  return String(value);
}
