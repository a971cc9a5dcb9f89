/**
 * Progress as text: a bar that fits the terminal, or a sentence.
 *
 * @module
 */

import { formatDuration, formatSize } from "../line/values.ts";
import type { Snapshot } from "./state.ts";

/** Columns of a bar that still tells something. */
const MIN_BAR = 8;

/**
 * One line for a terminal, never wider than it.
 *
 * @param snapshot the phase
 * @param columns width of the terminal
 * @param how whether what is done of the bar stands out by its color
 */
export function barLine(
  snapshot: Snapshot,
  columns: number,
  { color = false }: { color?: boolean } = {},
): string {
  const label = snapshot.label.padEnd(11);
  const share = shareOf(snapshot);
  const amounts = amountsOf(snapshot);
  const speed = speedOf(snapshot);
  if (share === undefined) {
    return fit([label, amounts, speed, `${seconds(snapshot)} elapsed`], columns);
  }
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const tail = [percent, amounts, speed].filter((part) => part !== "").join("  ");
  // Room for the longest amounts, so that the bar stays as long as it is while they change.
  const room = columns - 1 - label.length - 3 - 1;
  const steady = room - Math.max(tail.length, "100%  99.9 MB of 99.9 MB  99.9 MB/s".length);
  const width = Math.min(30, steady < MIN_BAR ? room - tail.length : steady);
  if (width < MIN_BAR) return fit([label, percent, amounts, speed], columns);
  const full = Math.round(share * width);
  const done = "=".repeat(full);
  return `${label} [${color ? `\x1b[32m${done}\x1b[0m` : done}${" ".repeat(width - full)}] ${tail}`;
}

/**
 * One sentence for a log.
 *
 * @param snapshot the phase
 */
export function plainLine(snapshot: Snapshot): string {
  const share = shareOf(snapshot);
  const percent = share === undefined ? "" : ` (${Math.floor(share * 100)}%)`;
  const amounts = amountsOf(snapshot);
  return snapshot.finished
    ? `${snapshot.label}: done, ${amounts} in ${seconds(snapshot)}`
    : `${snapshot.label}: ${amounts}${percent}`;
}

function shareOf({ done, total }: Snapshot): number | undefined {
  return total === undefined || total <= 0 ? undefined : Math.min(1, Math.max(0, done / total));
}

function amountsOf({ done, total, unit, finished }: Snapshot): string {
  const show = (n: number) => unit === "bytes" ? formatSize(n) : String(n);
  const of = total === undefined || finished ? "" : ` of ${show(total)}`;
  return show(done) + of + (unit === "entries" ? " entries" : "");
}

function speedOf({ done, elapsed, unit }: Snapshot): string {
  return unit === "bytes" && elapsed >= 500 ? `${formatSize(done / (elapsed / 1000))}/s` : "";
}

function seconds({ elapsed }: Snapshot): string {
  return elapsed < 1000 ? "under 1s" : formatDuration(Math.floor(elapsed / 1000) * 1000);
}

/** As many parts as fit: a line that is too wide would wrap, and could not be erased. */
function fit(parts: string[], columns: number): string {
  let line = "";
  for (const part of parts) {
    if (part === "") continue;
    const longer = line === "" ? part : `${line}  ${part}`;
    if (longer.length > columns - 1) break;
    line = longer;
  }
  return line;
}
