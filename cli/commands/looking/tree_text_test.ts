import assert from "node:assert/strict";
import type { TreeNode, Verdict } from "@blobber/core";
import { widthOf } from "../../terminal/wrap.ts";
import { treeLines, type TreeSetting } from "./tree_text.ts";

const digest = (n: number): TreeNode["digest"] => `sha256:${n.toString(16).padStart(64, "0")}`;
let count = 0;
const node = (kind: TreeNode["kind"], more: Partial<TreeNode> = {}): TreeNode => ({
  kind,
  digest: digest(++count),
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 1,
  manifests: [],
  referrers: [],
  ...more,
});
const verdict: Verdict = {
  signer: { kind: "certificate", issuer: "https://i.example", subject: "jo@x.example", claims: {} },
  time: new Date("2026-11-27T09:14:07Z"),
  checks: [],
};
const root = node("index", {
  manifests: [
    node("manifest", {
      platform: { os: "linux", architecture: "amd64" },
      referrers: [
        node("signature", { signatures: [{ state: "verified", verdict }] }),
        node("signature", {
          signatures: [{
            state: "refused",
            refusal: { code: "signature-invalid", message: "the key did not make it" },
            claims: { kind: "signature", signer: { kind: "key", fingerprint: "SHA256:ab" } },
          }],
        }),
      ],
    }),
    node("manifest", { repeated: true }),
  ],
  referrers: [
    node("signature", {
      signatures: [{
        state: "unchecked",
        claims: {
          kind: "signature",
          signer: { kind: "certificate", issuer: "https://i", subject: "eve\u202e\x1b[2J" },
          time: new Date("2026-11-27T09:14:07Z"),
        },
      }],
    }),
    node("signature", {
      tag: `sha256-${"a".repeat(64)}.sig`,
      created: "2026",
      signatures: [
        { state: "unchecked", claims: { kind: "signature", signer: { kind: "key" } } },
        { state: "unchecked" },
      ],
    }),
    node("attestation", {
      signatures: [{
        state: "unchecked",
        claims: { kind: "attestation", predicateType: "https://slsa.dev/provenance/v1" },
      }],
    }),
    node("sbom", { format: "SPDX", artifactType: "application/spdx+json" }),
    node("artifact", {
      artifactType: "application/vnd.x\x07",
      leftOut: {
        referrers: 0,
        more: false,
        manifests: 0,
        unasked: true,
      },
    }),
    node("artifact"),
    node("unread", { problem: { code: "not-found", message: "it is gone" } }),
  ],
  leftOut: { referrers: 900, more: true, manifests: 3, unasked: false },
});
const draw = (more: Partial<TreeSetting> = {}) =>
  treeLines("reg.example/a:v1", root, { columns: Infinity, long: false, unicode: true, ...more });

Deno.test("a tree says what was verified, and of the rest that it is a claim", () => {
  assert.deepEqual(draw(), [
    "reg.example/a:v1",
    `index ${root.digest}`,
    "├── linux/amd64 sha256:000000000000…",
    "│   ├── signature sha256:000000000000…: signed by jo@x.example (https://i.example) at " +
    "2026-11-27 09:14 UTC",
    "│   └── signature sha256:000000000000…: refused: the key did not make it",
    "├── manifest sha256:000000000000…, which stands elsewhere in this tree",
    '├── signature sha256:000000000000…: not checked, claims to be by "eve\\u{202e}\\x1b[2J" ' +
    '(issuer "https://i"), of 2026-11-27 09:14 UTC',
    "├── 2 signatures sha256:000000000000… (tag sha256-aaaaaaaaaaaa….sig)",
    '│   ├── not checked, claims to be by a key that it does not name, of "2026"',
    '│   └── not checked, claims to be of "2026"',
    "├── attestation sha256:000000000000…: not checked, claims to be of the type " +
    '"https://slsa.dev/provenance/v1"',
    "├── SBOM sha256:000000000000…: SPDX (application/spdx+json)",
    "├── application/vnd.x\\x07 sha256:000000000000…",
    "│   └── not asked what refers to it",
    "├── artifact of no stated type sha256:000000000000…",
    "├── unread sha256:000000000000…: it is gone",
    "├── and 3 more manifests, not shown",
    "└── and 900 more referrers at least, not read",
  ]);
});

Deno.test("a tree is made of ASCII where nothing else can be shown, and digests are whole when asked for", () => {
  const lines = draw({ unicode: false });
  assert.ok(lines.every((line) => /^[\x20-\x7e]*$/.test(line)), lines.join("\n"));
  assert.equal(lines[2], "|-- linux/amd64 sha256:000000000000...");
  assert.equal(lines.at(-1), "`-- and 900 more referrers at least, not read");
  assert.equal(draw({ long: true })[2], `├── linux/amd64 ${root.manifests[0]!.digest}`);
});

Deno.test("a tree keeps its shape at any width", () => {
  for (const columns of [80, 40]) {
    const lines = draw({ columns });
    const tree = lines.slice(lines.indexOf(lines.find((line) => line.startsWith("├"))!));
    assert.ok(tree.every((line) => /^(?:[│├└ ]|── )/.test(line)), tree.join("\n"));
    // A word is never broken: only lines with one that is too long are wider.
    const wide = tree.filter((line) => widthOf(line) > columns);
    assert.ok(wide.every((line) => /\S{22}/.test(line)), wide.join("\n"));
    assert.equal(lines.join("").match(/signed by/g)!.length, 1);
  }
});
