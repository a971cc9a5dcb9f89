import assert from "node:assert/strict";
import type { InspectResult, Verdict } from "@blobber/core";
import { inspectLines } from "./inspect_text.ts";

const digest = (n: number): InspectResult["digest"] => `sha256:${n.toString(16).padStart(64, "0")}`;
const layer = (n: number) => ({ mediaType: "application/x", digest: digest(n), size: 1000 * n });
const verdict: Verdict = {
  signer: { kind: "certificate", issuer: "https://i.example", subject: "jo@x.example", claims: {} },
  checks: [],
};
const result = (more: Partial<InspectResult> = {}): InspectResult => ({
  kind: "manifest",
  digest: digest(1),
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 500,
  named: { mediaType: "x/y", digest: digest(1), size: 500 },
  layers: [],
  manifests: [],
  annotations: {},
  verdicts: [],
  referrers: { signatures: 0, attestations: 0, sboms: 0, others: 0, more: false },
  ...more,
});
/** The lines of one field: the first of them and those below it. */
function field(more: Partial<InspectResult>, name: string): string[] {
  const lines = inspectLines("reg.example/a:v1", result(more), Infinity);
  const at = lines.findIndex((line) => line.startsWith(`${name}:`));
  if (at < 0) return [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith(" "));
  return [lines[at]!.slice(name.length + 1), ...rest.slice(0, end < 0 ? rest.length : end)]
    .map((line) => line.trim());
}

Deno.test("a verdict is shown where there is one, else a number of what was not checked", () => {
  const counts = { signatures: 2, attestations: 1, sboms: 2, others: 1, more: false };
  assert.deepEqual(field({ referrers: counts }, "Signatures"), [
    "2 signatures present, not checked",
  ]);
  assert.deepEqual(field({ referrers: counts }, "Referrers"), [
    "1 attestation, 2 bills of materials, 1 other referrer",
  ]);
  const crowd = { ...counts, more: true };
  assert.deepEqual(field({ referrers: crowd }, "Signatures"), [
    "at least 2 signatures present, not checked",
  ]);
  assert.match(field({ referrers: crowd }, "Referrers")[0]!, /more that were not read$/);
  assert.deepEqual(field({}, "Signatures"), ["none"]);
  const unread = { ...result().referrers, more: true };
  assert.deepEqual(field({ referrers: unread }, "Signatures"), [
    "none among the referrers that were read",
  ]);
  // Several rules may be satisfied by one signature.
  const signed = { referrers: counts, verdicts: [verdict, verdict], signed: "root" as const };
  const by = "Signed by jo@x.example (https://i.example)";
  assert.deepEqual(field(signed, "Signatures"), [by]);
  const named = { mediaType: "x/y", digest: digest(9), size: 1 };
  assert.deepEqual(field({ ...signed, named }, "Signatures"), [`${by}, by its index`]);
  assert.deepEqual(field({ ...signed, named, signed: "manifest" }, "Signatures"), [by]);
  assert.deepEqual(field({ named }, "Kind"), [`manifest of the index ${digest(9)}`]);
});

Deno.test("layers and manifests say what they are, and a crowd of them is counted", () => {
  const table = { format: "estargz" as const, entries: 3, files: 2, bytes: 1200 };
  const layers = [
    { ...layer(1), compression: "gzip" as const, table },
    { ...layer(2), compression: "none" as const, title: "a\x1bb" },
    { ...layer(3), urls: ["https://far.example"] },
  ];
  assert.deepEqual(field({ layers }, "Layers"), ["3, 6.0 kB"]);
  assert.deepEqual(field({ layers }, "Layer 1"), [
    digest(1),
    "1.0 kB, gzip, estargz table of 2 files, 1.2 kB, application/x",
  ]);
  assert.deepEqual(field({ layers }, "Layer 2"), [
    digest(2),
    "2.0 kB, not compressed, application/x",
    "title a\\x1bb",
  ]);
  assert.match(field({ layers }, "Layer 3")[1]!, /names other places, which are never followed/);
  assert.deepEqual(field({}, "Layers"), ["none"]);
  const many = Array.from({ length: 512 }, (_, i) => layer(i));
  const lines = inspectLines("r", result({ layers: many }), Infinity);
  assert.ok(lines.length < 120);
  assert.ok(lines.some((line) => /and 472 more$/.test(line)));
  const index = {
    kind: "index" as const,
    manifests: [{ ...layer(1), platform: { os: "linux", architecture: "arm", variant: "v7" } }],
  };
  assert.deepEqual(field(index, "linux/arm/v7"), [digest(1), "1.0 kB, application/x"]);
  assert.deepEqual(field(index, "Kind"), ["index of 1 manifest"]);
  assert.deepEqual(field(index, "Layers"), []);
});

Deno.test("annotations cannot steer the terminal, and huge ones are cut and counted", () => {
  const annotations = {
    "a\nb": "c\x1b]0;title\x07",
    long: "x".repeat(5000),
    ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, `${i}`])),
  };
  const [first, second, ...rest] = field({ annotations }, "Annotations");
  assert.equal(first, "a\\x0ab: c\\x1b]0;title\\x07");
  assert.equal(second, `long: ${"x".repeat(1000)}… (5000 characters)`);
  assert.equal(rest.at(-1), "and 22 more");
  const config = { ...layer(4), summary: { command: ["a", "b\x07"], user: "root" } };
  assert.deepEqual(field({ config }, "Config"), [
    digest(4),
    "4.0 kB, application/x",
    "command: a, b\\x07",
    "user: root",
  ]);
});
