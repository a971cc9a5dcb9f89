/**
 * Decisions as tables that can be read and reviewed: questions with the answers that each can have, and rows of
 * answers with what follows from them.
 *
 * @module
 */

/** Each question with all of its answers. */
export type Questions = Readonly<Record<string, readonly string[]>>;

/** One answer to each question. */
export type Answers<Q extends Questions> = { readonly [K in keyof Q]: Q[K][number] };

/** What follows when the answers are among those that are listed. A question that is left out does not matter. */
export interface Row<Q extends Questions, T> {
  when: { readonly [K in keyof Q]?: readonly Q[K][number][] };
  then: T;
}

/**
 * Decides by the first row that holds.
 *
 * @param rows from the top
 * @param answers one to each question
 */
export function firstThatHolds<Q extends Questions, T>(
  rows: readonly Row<Q, T>[],
  answers: Answers<Q>,
): T | undefined {
  return rows.find((row) => holds(row, answers))?.then;
}

/**
 * What follows from all rows that hold.
 *
 * @param rows in any order
 * @param answers one to each question
 */
export function allThatHold<Q extends Questions, T>(
  rows: readonly Row<Q, T>[],
  answers: Answers<Q>,
): T[] {
  return rows.filter((row) => holds(row, answers)).map(({ then }) => then);
}

function holds<Q extends Questions>({ when }: Row<Q, unknown>, answers: Answers<Q>): boolean {
  return Object.entries(when).every(([question, listed]) => listed.includes(answers[question]!));
}
