/**
 * What a case of the benchmark consists of, and what the cases need.
 *
 * @module
 */

import type { Counter } from "./counter.ts";
import type { Command } from "./measure.ts";
import type { Peers } from "./peers.ts";

/** A command that ours is compared with. */
export interface Against {
  name: string;
  command: Command;
  /** Ratio, ours to theirs, that must be reached and that is aimed at; neither: shown only. */
  must?: number;
  aim?: number;
  /** The two are seconds that ours may take longer, instead of a ratio. */
  more?: true;
  /** It does less than ours has to: a limit of the machine or the link, shown for the ratio to it. */
  limit?: true;
}

/** Something about a case that is no time: measured once, and not better the second time. */
export interface Figure {
  name: string;
  value: number;
  /** What it must not exceed, and what is aimed at. */
  must: number;
  aim?: number;
}

/** One case. */
export interface Case {
  name: string;
  ours: Command;
  against: Against[];
  /** Bytes and counts beside the times. @default none */
  figures?: () => Promise<Figure[]>;
}

/** What the cases need. */
export interface Stage {
  /** Our program, to which a command is added. */
  blobber: string[];
  /** An empty module, run by the same runtime. */
  empty: string[];
  peers: Peers;
  /** A folder on a memory file system. */
  folder: string;
  /** `host:port` of the registry. */
  host: string;
  /** `host:port` of the proxy that makes the way to the registry a link of 100 Mbit/s and 40 ms. */
  link: string;
  /** The way to the registry on which bytes are counted. */
  counter: Counter;
  /** The main tree, its release with 1 % changed, the tree of small files and of one large file. */
  trees: Record<
    "main" | "changed" | "small" | "smaller" | "large" | "larger" | "huge" | "tiny",
    string
  >;
  /** A file in the main tree. */
  file: string;
  /** The main tree's layer: its digest, and as ranges its table and one of its members. */
  places: { digest: string; table: string; member: string };
  /** A Sigstore on this machine: flags and variables that sign with it, and flags that verify that. */
  sigstore: { sign: string[]; env: Record<string, string>; verify: string[] };
}
