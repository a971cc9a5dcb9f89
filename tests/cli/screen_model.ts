/**
 * What a terminal shows of the bytes that were written to it: as much of one as the program uses.
 *
 * @module
 */

/** A terminal that is so wide and as high as it needs to be. */
export class ScreenModel {
  readonly #columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** Rows that were begun because the one above was full. */
  readonly #wrapped = new Set<number>();

  /** @param columns its width */
  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Takes what was written. A sequence is never split between two calls in these tests' programs. */
  write(text: string): this {
    // deno-lint-ignore no-control-regex
    for (const [part] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|[^]/gu)) this.#take(part);
    return this;
  }

  /** The lines as a person sees them, without the empty ones at the end. */
  get rows(): string[] {
    const rows = this.#rows.map((cells) => cells.join("").trimEnd());
    while (rows.at(-1) === "") rows.pop();
    return rows;
  }

  /** The line that the cursor is in. */
  get current(): string {
    return (this.#rows[this.#row] ?? []).join("").trimEnd();
  }

  /** The lines as they were written, however many rows each takes. */
  get lines(): string[] {
    const lines: string[] = [];
    this.rows.forEach((row, i) => {
      if (this.#wrapped.has(i)) lines[lines.length - 1] += row;
      else lines.push(row);
    });
    return lines;
  }

  /** The lines that did not fit the terminal, which broke them where it is full. */
  get broken(): string[] {
    const { lines } = this;
    return lines.filter((line) => line.length > this.#columns);
  }

  #take(part: string): void {
    if (part === "\r") this.#column = 0;
    else if (part === "\n") this.#down(false);
    else if (part === "\x1b[K") this.#eraseLine();
    else if (part === "\x1b[J") {
      this.#eraseLine();
      this.#rows.length = this.#row + 1;
    } else if (part.startsWith("\x1b[") && part.endsWith("A")) {
      this.#row = Math.max(0, this.#row - Number(part.slice(2, -1)));
    } else if (part.startsWith("\x1b[") && part.endsWith("m")) return;
    else if (/^\P{Cc}$/u.test(part)) this.#put(part);
    else throw new Error(`the model knows nothing of ${JSON.stringify(part)}`);
  }

  #eraseLine(): void {
    const row = this.#rows[this.#row]!;
    row.length = Math.min(row.length, this.#column);
  }

  #put(character: string): void {
    if (this.#column === this.#columns) {
      this.#column = 0;
      this.#down(true);
    }
    const row = this.#rows[this.#row]!;
    while (row.length < this.#column) row.push(" ");
    row[this.#column++] = character;
  }

  #down(wrapped: boolean): void {
    this.#row++;
    this.#rows[this.#row] ??= [];
    if (wrapped) this.#wrapped.add(this.#row);
  }
}
