/**
 * What an artifact is, as text.
 *
 * @module
 */

import type { Descriptor, InspectedLayer, InspectResult, Platform } from "@blobber/core";
import { printable } from "@blobber/core/internal/printable";
import { formatSize } from "../../line/values.ts";
import { type Field, fieldLines } from "../../terminal/fields.ts";
import { amountText, filesText } from "../../terminal/summary.ts";
import { signedBy } from "../../trust/verdict.ts";

/** Layers, manifests, annotations and values of a config that are shown one by one; the others are counted. */
const MAX_SHOWN = 40;
/** Characters of a value from outside that are shown: more of it is in JSON. */
const MAX_VALUE = 1000;

/**
 * The lines of an artifact.
 *
 * @param reference in full
 * @param found what it is
 * @param columns width of the terminal
 */
export function inspectLines(reference: string, found: InspectResult, columns: number): string[] {
  return fieldLines([
    ["Reference", printable(reference)],
    ["Digest", found.digest],
    ["Kind", kindOf(found)],
    ["Media type", printable(found.mediaType)],
    ["Size", formatSize(found.size)],
    ...maybe("Artifact type", found.artifactType),
    ...maybe("Created", found.created),
    ...maybe("Platform", found.platform && platformText(found.platform)),
    ...signatureFields(found),
    ...tagFields(found),
    ...fileFields(found),
    ...maybe("Tree digest", found.tree && `${found.tree}, as the manifest states`),
    ...layerFields(found),
    ...manifestFields(found),
    ...configFields(found),
    ...subjectFields(found),
    ...annotationFields(found),
  ], columns);
}

function maybe(name: string, value: string | undefined): Field[] {
  return value === undefined ? [] : [[name, printable(value, MAX_VALUE)]];
}

function kindOf({ kind, manifests, named, digest }: InspectResult): string {
  if (kind === "index") return `index of ${amountText(manifests.length, "manifest")}`;
  return named.digest === digest ? "manifest" : `manifest of the index ${named.digest}`;
}

/** A verdict is shown where one was reached, and else how many signatures there are to reach one about. */
function signatureFields({ verdicts, signed, named, digest, referrers }: InspectResult): Field[] {
  const { attestations, sboms, others, more } = referrers;
  const counts = [
    ...attestations > 0 ? [amountText(attestations, "attestation")] : [],
    ...sboms > 0 ? [amountText(sboms, "bill of materials", "bills of materials")] : [],
    ...others > 0 ? [amountText(others, "other referrer")] : [],
    ...more ? ["more that were not read"] : [],
  ];
  const byIndex = signed === "root" && named.digest !== digest ? ", by its index" : "";
  const signers = [...new Set(verdicts.map((verdict) => `${signedBy(verdict)}${byIndex}`))];
  return [
    ["Signatures", ...signers.length > 0 ? signers : [unchecked(referrers)]],
    ...counts.length > 0 ? [["Referrers", counts.join(", ")] as Field] : [],
  ];
}

function unchecked({ signatures, more }: InspectResult["referrers"]): string {
  if (signatures === 0) return more ? "none among the referrers that were read" : "none";
  return `${more ? "at least " : ""}${amountText(signatures, "signature")} present, not checked`;
}

function tagFields({ tags }: InspectResult): Field[] {
  if (tags === undefined) return [];
  const { names, looked, more } = tags;
  const cut = more ? ` (of the first ${looked} tags)` : "";
  return [["Tags", (names.join(", ") || "none") + cut]];
}

function fileFields({ files }: InspectResult): Field[] {
  return files === undefined ? [] : [["Files", filesText(files.files, files.bytes)]];
}

function layerFields({ kind, layers }: InspectResult): Field[] {
  if (kind === "index") return [];
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const rows = layers.slice(0, MAX_SHOWN).map((layer, i): Field => [
    `Layer ${i + 1}`,
    layer.digest,
    layerText(layer),
    ...layer.title === undefined ? [] : [`title ${printable(layer.title, MAX_VALUE)}`],
  ]);
  return [
    ["Layers", layers.length === 0 ? "none" : `${layers.length}, ${formatSize(size)}`],
    ...rows,
    ...rest("Layer", layers.length),
  ];
}

function layerText({ size, compression, table, mediaType, urls }: InspectedLayer): string {
  return [
    formatSize(size),
    ...compression === undefined ? [] : [compression === "none" ? "not compressed" : compression],
    ...table === undefined
      ? []
      : [`${table.format} table of ${filesText(table.files, table.bytes)}`],
    ...urls === undefined ? [] : ["names other places, which are never followed"],
    printable(mediaType),
  ].join(", ");
}

function manifestFields({ manifests }: InspectResult): Field[] {
  return [
    ...manifests.slice(0, MAX_SHOWN).map((one): Field => [
      one.platform === undefined ? "(no platform)" : platformText(one.platform),
      one.digest,
      manifestText(one),
    ]),
    ...rest("Manifest", manifests.length),
  ];
}

function manifestText({ size, mediaType, artifactType }: Descriptor): string {
  return [formatSize(size), printable(artifactType ?? mediaType)].join(", ");
}

function configFields({ config }: InspectResult): Field[] {
  if (config === undefined) return [];
  const { digest, size, mediaType, summary = {} } = config;
  const entries = Object.entries(summary);
  return [[
    "Config",
    digest,
    `${formatSize(size)}, ${printable(mediaType)}`,
    ...entries.slice(0, MAX_SHOWN).map(([name, value]) =>
      entryText(name, typeof value === "string" ? value : value.join(", "))
    ),
    ...entries.length > MAX_SHOWN ? [`and ${entries.length - MAX_SHOWN} more`] : [],
  ]];
}

function subjectFields({ subject }: InspectResult): Field[] {
  return subject === undefined ? [] : [["Refers to", subject.digest, printable(subject.mediaType)]];
}

function annotationFields({ annotations }: InspectResult): Field[] {
  const entries = Object.entries(annotations);
  if (entries.length === 0) return [];
  return [[
    "Annotations",
    ...entries.slice(0, MAX_SHOWN).map(([name, value]) => entryText(name, value)),
    ...entries.length > MAX_SHOWN ? [`and ${entries.length - MAX_SHOWN} more`] : [],
  ]];
}

function entryText(name: string, value: string): string {
  const cut = value.length > MAX_VALUE ? ` (${value.length} characters)` : "";
  return `${printable(name, MAX_VALUE)}: ${printable(value, MAX_VALUE)}${cut}`;
}

function rest(what: string, count: number): Field[] {
  return count > MAX_SHOWN ? [[`${what}s`, `and ${count - MAX_SHOWN} more`]] : [];
}

/**
 * A platform as people write it.
 *
 * @param platform of a manifest
 */
export function platformText({ os, architecture, variant }: Platform): string {
  return printable([os, architecture, ...variant ? [variant] : []].join("/"), 100);
}
