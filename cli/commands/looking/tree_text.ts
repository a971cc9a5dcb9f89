/**
 * A tree of referrers, drawn.
 *
 * @module
 */

import type { ClaimedBy, LeftOut, SignatureFound, TreeNode } from "@blobber/core";
import { counted, printable, printableSentence, quote } from "@blobber/core/internal/printable";
import { fold } from "../../terminal/wrap.ts";
import { signedBy } from "../../trust/verdict.ts";
import { platformText } from "./inspect_text.ts";

/** How a tree is drawn. */
export interface TreeSetting {
  columns: number;
  /** Whether digests are shown whole. */
  long: boolean;
  /** Whether lines are drawn with characters beyond ASCII. */
  unicode: boolean;
}

/** What is drawn: a line, and what hangs from it. */
interface Branch {
  text: string;
  below: Branch[];
}

const LINES = {
  unicode: { branch: "├── ", last: "└── ", beside: "│   " },
  ascii: { branch: "|-- ", last: "`-- ", beside: "|   " },
} as const;
const BLANK = "    ";
/** The fewest columns for text. */
const MIN_TEXT = 16;

/**
 * The lines of a tree.
 *
 * @param name the reference, in full
 * @param root the artifact
 */
export function treeLines(name: string, root: TreeNode, setting: TreeSetting): string[] {
  const type = root.artifactType === undefined ? "" : `, ${printable(root.artifactType)}`;
  const heads = [printable(name), `${root.kind} ${root.digest}${type}`];
  const { columns } = setting;
  return [
    ...heads.flatMap((line) => fold(line, { columns, hang: 2 }).split("\n")),
    ...drawn(branchesOf(root, setting), "", setting),
  ];
}

function drawn(branches: readonly Branch[], before: string, setting: TreeSetting): string[] {
  const { branch, last, beside } = setting.unicode ? LINES.unicode : LINES.ascii;
  const columns = Math.max(MIN_TEXT, setting.columns - before.length - branch.length);
  return branches.flatMap(({ text, below }, i) => {
    const isLast = i === branches.length - 1;
    const under = before + (isLast ? BLANK : beside);
    const [first, ...rest] = fold(text, { columns, hang: 2 }).split("\n");
    const stem = below.length > 0 ? (setting.unicode ? "│ " : "| ") : "  ";
    return [
      before + (isLast ? last : branch) + first,
      ...rest.map((line) => under + (line.startsWith("  ") ? stem + line.slice(2) : line)),
      ...drawn(below, under, setting),
    ];
  });
}

function branchesOf(node: TreeNode, setting: TreeSetting): Branch[] {
  return [
    ...node.manifests.map((one) => branchOf(one, setting)),
    ...node.referrers.map((one) => branchOf(one, setting)),
    ...leftOutTexts(node.leftOut).map((text) => ({ text, below: [] })),
  ];
}

function branchOf(node: TreeNode, setting: TreeSetting): Branch {
  const { signatures = [] } = node;
  const many = signatures.length > 1;
  const below = branchesOf(node, setting);
  return {
    text: nodeText(node, setting),
    below: many
      ? [
        ...signatures.map((one) => ({
          text: shortened(signatureText(one, node), setting),
          below: [],
        })),
        ...below,
      ]
      : below,
  };
}

function nodeText(node: TreeNode, setting: TreeSetting): string {
  const tag = node.tag === undefined ? "" : ` (tag ${tagText(node.tag, setting)})`;
  const digest = node.digest + tag;
  const again = node.repeated ? ", which stands elsewhere in this tree" : "";
  return shortened(`${whatText(node, digest)}${again}`, setting);
}

function whatText(node: TreeNode, digest: string): string {
  const { kind, signatures = [], artifactType: type } = node;
  switch (kind) {
    case "manifest":
    case "index": {
      const platform = node.platform && platformText(node.platform);
      return [...platform ? [platform] : [], ...kind === "index" || !platform ? [kind] : [], digest]
        .join(" ");
    }
    case "signature":
    case "attestation":
      return signatures.length === 1
        ? `${kind} ${digest}: ${signatureText(signatures[0]!, node)}`
        : `${counted(signatures.length, kind)} ${digest}`;
    case "sbom": {
      const form = node.format ?? "of an unknown form";
      return `SBOM ${digest}: ${form}${type ? ` (${printable(type, 100)})` : ""}`;
    }
    case "unread":
      return `unread ${digest}: ${printableSentence(node.problem?.message ?? "", 300)}`;
    default:
      return `${type ? printable(type, 200) : "artifact of no stated type"} ${digest}`;
  }
}

/** What is verified is said as it is; what is only claimed is quoted, and said to be a claim. */
function signatureText(
  { state, verdict, refusal, claims }: SignatureFound,
  node: TreeNode,
): string {
  if (state === "verified") {
    const text = signedBy(verdict!);
    return text[0]!.toLowerCase() + text.slice(1);
  }
  if (state === "refused") return `refused: ${printableSentence(refusal!.message, 300)}`;
  const when = claims?.time?.toISOString().slice(0, 16).replace("T", " ");
  const claimed = [
    ...claims?.predicateType === undefined ? [] : [`of the type ${quote(claims.predicateType)}`],
    ...claims?.signer === undefined ? [] : [`by ${signerText(claims.signer)}`],
    ...when !== undefined
      ? [`of ${when} UTC`]
      : node.created !== undefined
      ? [`of ${quote(node.created)}`]
      : [],
  ];
  return `not checked${claimed.length > 0 ? `, claims to be ${claimed.join(", ")}` : ""}`;
}

function signerText(signer: ClaimedBy): string {
  if (signer.kind === "certificate") {
    return `${quote(signer.subject)} (issuer ${quote(signer.issuer)})`;
  }
  if (signer.fingerprint !== undefined) return `the key ${quote(signer.fingerprint)}`;
  return signer.hint ? `the key ${quote(signer.hint)}` : "a key that it does not name";
}

function leftOutTexts(left: LeftOut | undefined): string[] {
  if (left === undefined) return [];
  const { referrers, more, manifests, unasked } = left;
  return [
    ...manifests > 0 ? [`and ${counted(manifests, "more manifest")}, not shown`] : [],
    ...referrers > 0 || more
      ? [
        `and ${referrers > 0 ? counted(referrers, "more referrer") : "more referrers"}${
          referrers > 0 && more ? " at least" : ""
        }, not read`,
      ]
      : [],
    ...unasked ? ["not asked what refers to it"] : [],
  ];
}

/** Digests, and fingerprints of keys, which messages and verdicts name in full. */
const HASH = /\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/gi;

function shortened(text: string, { long, unicode }: TreeSetting): string {
  return long ? text : text.replace(HASH, `$1${unicode ? "…" : "..."}`);
}

/** A tag of cosign's is as long as the digest that it is made of. */
function tagText(tag: string, { long, unicode }: TreeSetting): string {
  const match = /^(sha256-[0-9a-f]{12})[0-9a-f]{52}(\..*)$/.exec(tag);
  return long || match === null ? printable(tag) : `${match[1]}${unicode ? "…" : "..."}${match[2]}`;
}
