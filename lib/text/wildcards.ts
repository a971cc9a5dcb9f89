/**
 * Matching with wildcards in bounded time: a pattern and what it is held against are lists of symbols, such as
 * characters or the segments of a path.
 *
 * All ways to match are followed at once, symbol by symbol, as sets of positions in the pattern. That takes at
 * most one step for each item and symbol, where trying one way after the other, as regular expressions do, takes
 * exponentially many.
 *
 * @module
 */

/** A part of a pattern. */
export interface Item<S> {
  /** Whether a symbol is one that it stands for. */
  takes(symbol: S): boolean;
  /** Whether it stands for any number of such symbols, none included, and not for exactly one. */
  many: boolean;
}

/** Counts steps, so that a test can say what a match costs. */
export interface Meter {
  /** Steps so far. */
  steps: number;
}

/**
 * Whether a pattern is about all of a list.
 *
 * @param items the pattern
 * @param symbols what it is held against
 * @param meter is told of each step: one look of an item at a symbol
 */
export function matchAll<S>(
  items: readonly Item<S>[],
  symbols: Iterable<S>,
  meter?: Meter,
): boolean {
  // Positions: how many items are behind. `mark` says in which round a position was last reached.
  const mark = new Uint32Array(items.length + 1);
  let round = 1;
  const reach = (position: number, into: number[]) => {
    // An item that stands for none is left behind at once.
    for (let at = position; mark[at] !== round; at++) {
      mark[at] = round;
      into.push(at);
      if (!items[at]?.many) return;
    }
  };
  let reached: number[] = [];
  reach(0, reached);
  for (const symbol of symbols) {
    round++;
    const next: number[] = [];
    for (const at of reached) {
      const item = items[at];
      if (item === undefined) continue;
      if (meter !== undefined) meter.steps++;
      if (item.takes(symbol)) reach(item.many ? at : at + 1, next);
    }
    if (next.length === 0) return false;
    reached = next;
  }
  return mark[items.length] === round;
}

/**
 * The items of a text in which stars are wildcards.
 *
 * @param text the text
 * @param wildcards what each run of stars stands for: any number of characters that it takes
 */
export function itemsOf(
  text: string,
  wildcards: Readonly<Record<string, (character: string) => boolean>>,
): Item<string>[] {
  return (text.match(/\*+|[^*]/gu) ?? []).map((part) => {
    const takes = wildcards[part];
    return takes === undefined
      ? { takes: (character) => character === part, many: false }
      : { takes, many: true };
  });
}
