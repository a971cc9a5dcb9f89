/**
 * What cannot be faster here: the compressor, the file system and the link alone, each doing less than a case of
 * ours has to.
 *
 * @module
 */

import type { Against, Stage } from "./case.ts";
import type { Command } from "./measure.ts";

/** A command line of a shell. */
export function shell(script: string, ...args: string[]): string[] {
  return ["sh", "-c", script, "sh", ...args];
}

/** A limit, where the programs that show it were found. */
export function limit(
  name: string,
  command: Command,
  ...needed: (string | undefined)[]
): Against[] {
  return needed.includes(undefined) ? [] : [{ name, command, limit: true }];
}

/** A compressor on all cores that sends nothing, fed by tar. */
export function compressing(
  { peers: { pigz, zstd } }: Stage,
  tree: string,
  compression = "gzip",
): Against[] {
  const [program, flags] = compression === "gzip" ? [pigz, "-3"] : [zstd, "-3 -T0 -q"];
  const argv = shell(`tar cf - -C "$1" . | "$2" ${flags} >/dev/null`, tree, program!);
  return limit(compression === "gzip" ? "tar | pigz -3" : "tar | zstd -3", { argv }, program);
}

/** As {@linkcode compressing}, of the one file in a folder. */
export function compressingFile({ peers: { pigz } }: Stage, folder: string): Against[] {
  const argv = shell('"$2" -3 -c "$1" >/dev/null', `${folder}/large.bin`, pigz!);
  return limit("pigz -3", { argv }, pigz);
}

/** A client that asks for the same bytes of the main tree's artifact, and neither checks nor reads them. */
export function fetching(
  { peers: { curl }, places }: Stage,
  host: string,
  ...ranges: ("table" | "member")[]
): Against[] {
  const at = `http://${host}/v2/bench/main-gzip`;
  const manifest = ["-H", "accept: application/vnd.oci.image.manifest.v1+json"];
  const argv = [curl!, "-sf", ...manifest, "-o", "/dev/null", `${at}/manifests/t`];
  for (const range of ranges) {
    argv.push("--next", "-sf", "-r", places[range], "-o", "/dev/null");
    argv.push(`${at}/blobs/${places.digest}`);
  }
  return limit("curl of the same ranges", { argv }, curl);
}
