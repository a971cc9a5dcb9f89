/**
 * Lines of a terminal as a picture: an SVG that needs no font, no script and nothing from elsewhere, and can be read
 * on a light page and on a dark one.
 *
 * @module
 */

/** A command line that was typed, or a line that the program wrote. */
export interface ShownLine {
  kind: "command" | "output";
  text: string;
}

/** Pixels of a column, of a row, and around the text. */
const COLUMN = 8.4, ROW = 20, MARGIN = 16;

const STYLE = [
  "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;" +
  "white-space:pre;fill:#1f2328}",
  "rect{fill:#f6f8fa;stroke:#d0d7de}",
  ".prompt{fill:#1a7f37}",
  ".command{font-weight:bold}",
  "@media (prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#0d1117;stroke:#30363d}" +
  ".prompt{fill:#3fb950}}",
].join("\n");

/**
 * Draws lines.
 *
 * @param lines from the top
 * @param columns width of the terminal
 * @param title what the picture shows, for readers who do not see it
 */
export function terminalSvg(lines: readonly ShownLine[], columns: number, title: string): string {
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN);
  const height = lines.length * ROW + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>\n${STYLE}\n</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...lines.flatMap((line, i) => line.text === "" ? [] : [drawn(line, MARGIN + i * ROW + 15)]),
    "</svg>",
  ].join("\n") + "\n";
}

/** A line at its place. Its length is set, so that columns stand below each other in every font. */
function drawn({ kind, text }: ShownLine, y: number): string {
  const length = Number((text.length * COLUMN).toFixed(1));
  const begin = `<text x="${MARGIN}" y="${y}" textLength="${length}" xml:space="preserve">`;
  if (kind === "output") return `${begin}${escaped(text)}</text>`;
  return `${begin}<tspan class="prompt">$</tspan><tspan class="command">${
    escaped(text.slice(1))
  }</tspan></text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
