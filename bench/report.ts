/**
 * Three renderers of the same figures: a table for the terminal, JSON, and a drawing for the docs.
 *
 * @module
 */

import { MEMORY } from "./cases.ts";
import { median, type Run } from "./measure.ts";

/** Figures of one command in one case. */
export interface Row {
  case: string;
  /** `blobber`, or the peer's name. */
  who: string;
  runs: Run[];
  /** Only on a peer's row: the ratio of ours to it that must and should be reached. */
  must?: number;
  aim?: number;
  /** The two are seconds that ours may take longer. */
  more?: true;
  /** Not a peer: a limit of this machine. */
  limit?: true;
  /** Not a command: bytes or a count of ours. */
  value?: number;
}

/** Everything that one run of the benchmark found. */
export interface Report {
  machine: string;
  data: string;
  date: string;
  rows: Row[];
  /** Bytes of the layer, by the name of its repository. */
  blobs: Record<string, number>;
  /** Peers that were looked for and not found. */
  missing: string[];
}

const wall = (row: Row) => median(row.runs.map((run) => run.wall));
const peak = (row: Row) => Math.max(...row.runs.map((run) => run.peak));

/** Ratio of ours to a peer's, pair by pair and then the median, so that a slow minute weighs on both. */
export function ratio(ours: Row, theirs: Row): number {
  return median(ours.runs.map((run, i) => run.wall / theirs.runs[i]!.wall));
}

/** Seconds that ours takes longer, pair by pair and then the median. */
export function difference(ours: Row, theirs: Row): number {
  return median(ours.runs.map((run, i) => run.wall - theirs.runs[i]!.wall));
}

/** Rates a ratio or a difference. */
export function verdict(value: number, must?: number, aim?: number): string {
  if (must === undefined) return "";
  if (value > must) return "MISSED";
  return aim !== undefined && value <= aim ? "aim" : "must";
}

/** The table, in Markdown. */
export function table(report: Report): string {
  const lines = [
    `${report.machine}; ${report.data}; ${report.date}; medians of ${
      report.rows[0]?.runs.length ?? 0
    } rounds`,
    "",
    "| case | who | s | MB peak | ratio | must | aim | |",
    "|---|---|---|---|---|---|---|---|",
  ];
  let ours: Row | undefined;
  for (const row of report.rows) {
    if (row.who === "blobber") ours = row;
    const value = row === ours
      ? undefined
      : row.value ?? (row.more ? difference(ours!, row) : ratio(ours!, row));
    const unit = row.more ? " s more" : "";
    const memory = row === ours && peak(row) > MEMORY.must ? `over ${MEMORY.must} MB` : "";
    lines.push(
      `| ${row === ours ? row.case : ""} | ${row.who.replaceAll("|", "\\|")} | ${
        row.value === undefined ? wall(row).toFixed(3) : ""
      } | ${row.value === undefined ? peak(row).toFixed(0) : ""} | ${
        value === undefined ? "" : value.toFixed(3) + unit
      } | ${row.must?.toFixed(3) ?? ""} | ${row.aim?.toFixed(3) ?? ""} | ${
        row.limit ? "limit" : value === undefined ? memory : verdict(value, row.must, row.aim)
      } |`,
    );
  }
  for (const [name, bytes] of Object.entries(report.blobs)) {
    lines.push("", `blob of ${name}: ${(bytes / 1e6).toFixed(1)} MB`);
  }
  if (report.missing.length > 0) {
    lines.push("", `not found, left out: ${report.missing.join(", ")}`);
  }
  return lines.join("\n") + "\n";
}

/** Bars of seconds, one group a case, on a logarithmic scale. */
export function drawing(report: Report): string {
  const height = 18;
  const left = 320;
  const width = 860;
  const timed = report.rows.filter(({ value }) => value === undefined);
  const values = timed.map(wall);
  const low = Math.log10(Math.min(...values) / 1.5);
  const high = Math.log10(Math.max(...values) * 1.5);
  const x = (value: number) =>
    left + (Math.log10(value) - low) / (high - low) * (width - left - 70);
  const escape = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  let y = 34;
  const parts: string[] = [];
  for (const row of timed) {
    const ours = row.who === "blobber";
    if (ours) {
      y += 8;
      parts.push(`<text x="8" y="${y + 13}" font-weight="bold">${escape(row.case)}</text>`);
    }
    parts.push(
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escape(row.who)}</text>`,
      `<rect x="${left}" y="${y + 2}" width="${(x(wall(row)) - left).toFixed(1)}" height="${
        height - 5
      }" fill="${ours ? "#2563eb" : "#9ca3af"}"/>`,
      `<text x="${(x(wall(row)) + 5).toFixed(1)}" y="${y + 13}">${wall(row).toFixed(3)} s</text>`,
    );
    y += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${
    y + 16
  }" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="8" y="20">${
    escape(
      `Seconds, logarithmic, shorter is better. ${report.machine}; ${report.data}; ${report.date}`,
    )
  }</text>
${parts.join("\n")}
</svg>
`;
}
