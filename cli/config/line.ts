/**
 * Lines for errors. The parser that knows them is slow to load, so it is loaded when there is an error.
 *
 * @module
 */

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/**
 * The line where something stands.
 *
 * @param text the document
 * @param path keys and indices
 * @param onKey whether the key itself is meant and not its value
 * @returns counted from 1, or nothing when the document does not have it
 */
export function lineOf(
  text: string,
  path: readonly (string | number)[],
  onKey: boolean,
): number | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  let node: unknown = document.contents;
  let offset = rangeOf(node);
  for (const [i, step] of path.entries()) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === `${step}`);
      if (pair === undefined) break;
      next = pair.value;
      const onThis = onKey && i === path.length - 1;
      offset = (onThis || !isScalar(next) ? rangeOf(pair.key) : rangeOf(next)) ?? offset;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      offset = rangeOf(next) ?? offset;
    } else break;
    node = next;
  }
  return offset === undefined ? undefined : counter.linePos(offset).line;
}

function rangeOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
