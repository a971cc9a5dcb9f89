/**
 * Text as it stands at a terminal: lines are broken between words, and columns are aligned. It is the one
 * place where the width of a terminal decides where a line ends. A pipe has the width `Infinity`, which breaks
 * nothing: programs read line by line.
 *
 * @module
 */

/**
 * Takes two columns: what East Asian scripts and emoji are made of. The list errs on the wide side, which
 * breaks a line early and never late.
 */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;
/** Takes none: marks that stand on the letter before, and formats. */
const NARROW = /^[\p{Mn}\p{Me}\p{Cf}]/u;
const ASCII = /^[ -~]*$/;
/** What changes a color. */
// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[0-9;]*m/g;

/** The fewest columns in which running text is worth setting beside something else. */
const MIN_TEXT = 20;

/** How text is set. */
export interface Setting {
  /** Width of the terminal; `Infinity` breaks nothing. */
  columns: number;
  /** How much further than its first line the rest of a line is indented. @default 0 */
  hang?: number;
  /** What stands at the end of a line that goes on in the next. @default "" */
  mark?: string;
}

/** Columns that a text takes at a terminal. */
export function widthOf(text: string): number {
  const shown = text.replace(COLOR, "");
  if (ASCII.test(shown)) return shown.length;
  let width = 0;
  for (const character of shown) {
    width += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1;
  }
  return width;
}

/**
 * Breaks lines that are wider than the terminal, between words. A word that is wider than what is left gets a
 * line of its own and is moved to the left as far as it takes to stay whole, so that a digest or an address
 * can be copied.
 *
 * @param text any number of lines
 * @param setting how it is set
 */
export function fold(text: string, setting: Setting): string {
  if (setting.columns === Infinity) return text;
  return text.split("\n").flatMap((line) => foldLine(line, setting)).join("\n");
}

function foldLine(line: string, { columns, hang = 0, mark = "" }: Setting): string[] {
  if (widthOf(line) <= columns) return [line];
  const lead = /^ */.exec(line)![0];
  const lines: string[] = [];
  let last = lead;
  let isEmpty = true;
  for (const [, gap, word] of line.slice(lead.length).matchAll(/( *)([^ ]+)/g)) {
    const longer = last + gap + word;
    if (isEmpty || widthOf(longer) <= columns - mark.length) last = longer;
    else {
      lines.push(last + mark);
      const indent = Math.min(lead.length + hang, Math.max(0, columns - widthOf(word!)));
      last = " ".repeat(indent) + word;
    }
    isEmpty = false;
  }
  return [...lines, last];
}

/** How a table is set. */
export interface TableSetting {
  columns: number;
  /** In front of every row. @default 0 */
  indent?: number;
  /** The widest that a column before the last one becomes; longer cells reach beyond it. */
  most?: number;
  /** Where the last cell begins when it stands below the others. @default indent + 4 */
  below?: number;
}

/**
 * Rows with their cells below each other. The last cell is running text and is folded beside the others; it
 * stands below them where the terminal leaves it no room, or where they are longer than the others are wide.
 *
 * @param rows cells without line feeds, equally many in each
 * @param setting how it is set
 * @returns lines
 */
export function table(rows: readonly (readonly string[])[], setting: TableSetting): string[] {
  const { columns, indent = 0, most = Infinity, below = indent + 2 * GAP } = setting;
  const count = (rows[0]?.length ?? 1) - 1;
  const widths = Array.from(
    { length: count },
    (_, i) => Math.min(most, rows.reduce((max, row) => Math.max(max, widthOf(row[i] ?? "")), 0)),
  );
  const start = indent + widths.reduce((sum, width) => sum + width + GAP, 0);
  const beside = columns - start >= MIN_TEXT;
  return rows.flatMap((row) => {
    const cells = row.slice(0, -1);
    const head = " ".repeat(indent) +
      cells.map((cell, i) => cell + " ".repeat(Math.max(0, widths[i]! - widthOf(cell)) + GAP))
        .join("");
    const text = row.at(-1) ?? "";
    if (beside && widthOf(head) === start) return besides(head, text, columns);
    const lines = fold(" ".repeat(beside ? start : below) + text, { columns }).split("\n");
    return [...fold(head.trimEnd(), { columns, hang: GAP }).split("\n"), ...lines];
  });
}

/** Columns between two cells. */
const GAP = 2;

function besides(head: string, text: string, columns: number): string[] {
  const start = widthOf(head);
  // Folded as if the head were blank: its own spaces are no place to break.
  const [first, ...rest] = fold(" ".repeat(start) + text, { columns }).split("\n");
  return [(head + first!.slice(start)).trimEnd(), ...rest];
}
