/**
 * Values under their names, one below the other.
 *
 * @module
 */

import { fold, widthOf } from "./wrap.ts";

/** A name, and the lines of its value, all of them escaped. */
export type Field = readonly [name: string, ...value: string[]];

/** Columns between a name and its value, and in front of a value that stands below its name. */
const GAP = 2;
/** The fewest columns in which values are worth setting beside their names. */
const MIN_VALUE = 20;

/**
 * Sets fields: `Name:  value`, the values below each other. A value with a word that has no room there, such as a
 * digest, stands below its name, so that the word stays whole.
 *
 * @param fields in their order
 * @param columns width of the terminal
 * @returns lines
 */
export function fieldLines(fields: readonly Field[], columns: number): string[] {
  const start = GAP + fields.reduce((most, [name]) => Math.max(most, widthOf(name) + 1), 0);
  return fields.flatMap(([name, ...lines]) => {
    const label = `${name}:`;
    const room = columns - start;
    const widest = lines.flatMap((line) => line.split(" "))
      .reduce((most, word) => Math.max(most, widthOf(word)), 0);
    if (room >= MIN_VALUE && widest <= room) {
      const value = lines.flatMap((line) => fold(line, { columns: room, hang: GAP }).split("\n"));
      return value.map((line, i) => (i === 0 ? label : "").padEnd(start) + line);
    }
    const isMoved = widest <= columns && widest + GAP > columns;
    const indent = " ".repeat(isMoved ? columns - widest : GAP);
    const value = lines.flatMap((line) => fold(indent + line, { columns, hang: GAP }).split("\n"));
    return [label, ...value];
  });
}
