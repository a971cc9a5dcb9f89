import { test } from "node:test";
import assert from "node:assert/strict";
import { toBase64 } from "../../bytes.ts";
import { digestOf } from "../../digest.ts";
import { MAX_RECEIPT_PARTS } from "../../limits.ts";
import { MEDIA_TYPE } from "../../types.ts";
import { formatReceipt, isReceipt, parseReceipt, type Receipt } from "./receipt.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const manifest = bytesOf('{"schemaVersion":2}');
const table = bytesOf("the end of a layer");
const root = { mediaType: MEDIA_TYPE.manifest, digest: digestOf(manifest), size: manifest.length };
const layer = { mediaType: MEDIA_TYPE.layerGzip, digest: digestOf(bytesOf("layer")), size: 1000 };

const RECEIPT: Receipt = {
  reference: "ghcr.io/acme/site:v1",
  root,
  manifest: root.digest,
  tags: new Map([["sha256-00.sig", root]]),
  parts: [
    { descriptor: root, start: 0, bytes: manifest },
    { descriptor: layer, start: 1000 - table.length, bytes: table },
  ],
};

test("a receipt is read as it was written, and the same one has the same bytes", async () => {
  const text = formatReceipt(RECEIPT);
  const read = await parseReceipt(bytesOf(text), "r");
  assert.deepEqual(read, RECEIPT);
  assert.equal(formatReceipt(read), text);
  assert.equal(isReceipt(bytesOf(text)), true);
});

// deno-lint-ignore no-explicit-any
type Loose = any;

/** Changes that are made to a receipt, and what is said about it. */
const EDITED: [string, (json: Loose) => unknown, RegExp][] = [
  ["no object", () => [], /has no "blobberReceipt"/],
  ["other JSON", () => ({ a: 1 }), /has no "blobberReceipt", expected a file that a pull wrote/],
  ["a later version", (json) => ({ ...json, blobberReceipt: 2 }), /version is "2", expected 1/],
  ["a version as text", (json) => ({ ...json, blobberReceipt: "1" }), /version is "1", expected 1/],
  ["no reference", (json) => ({ ...json, reference: undefined }), /"reference" is no text/],
  ["no root", (json) => ({ ...json, root: null }), /root is no object/],
  ["a root without a size", (json) => ({ ...json, root: { ...json.root, size: -1 } }), /size of/],
  ["another hash", (json) => ({ ...json, manifest: `sha1:${"0".repeat(40)}` }), /sha1/],
  ["parts that are none", (json) => ({ ...json, parts: {} }), /"parts" are no list/],
  ["tags that are none", (json) => ({ ...json, tags: [] }), /"tags" are no object/],
  ["a tag that names nothing", (json) => ({ ...json, tags: { a: 1 } }), /its tags is no object/],
  [
    "too many parts",
    (json) => ({ ...json, parts: Array(MAX_RECEIPT_PARTS + 1).fill(json.parts[0]) }),
    /has 1025 parts, expected at most 1024/,
  ],
  ["a part twice", (json) => ({ ...json, parts: [json.parts[0], json.parts[0]] }), /in it twice/],
];

/** Changes to one of its parts. */
const PARTS: [string, (part: Loose) => Loose, RegExp][] = [
  ["no content", () => ({ content: undefined }), /content of parts\[0\] is not base64/],
  ["other text", () => ({ content: "%%" }), /is not base64/],
  [
    "another manifest of the same size",
    () => ({ content: toBase64(bytesOf('{"schemaVersion":3}')) }),
    /content of parts\[0\] has sha256:.*, not sha256:/,
  ],
  ["content that is cut", () => ({ content: toBase64(manifest.slice(1)) }), /has 18 bytes/],
  ["a place behind the end", () => ({ start: 20 }), /begins at "20", expected a place in its 19/],
  ["a place before the start", () => ({ start: -1 }), /begins at "-1"/],
  ["a place that is none", () => ({ start: "0" }), /begins at "0"/],
  ["a media type that is none", () => ({ mediaType: "a\nb" }), /mediaType of parts\[0\]/],
  ["a digest that is none", () => ({ digest: "sha256:00" }), /sha256:00/],
  ["a size that is none", () => ({ size: 1.5 }), /size of parts\[0\] is "1.5"/],
];

test("an edited receipt is refused, with the reason", async () => {
  const json = () => JSON.parse(formatReceipt(RECEIPT));
  const all = [
    ...EDITED,
    ...PARTS.map(([name, change, message]) =>
      [name, (json: Loose) => {
        const [part, ...others] = json.parts;
        return { ...json, parts: [{ ...part, ...change(part) }, ...others] };
      }, message] as typeof EDITED[number]
    ),
  ];
  for (const [name, change, message] of all) {
    const bytes = bytesOf(JSON.stringify(change(json())));
    await assert.rejects(parseReceipt(bytes, "r"), { code: "invalid-receipt", message }, name);
  }
});

test("what is no JSON is refused: a receipt that was cut anywhere, other bytes, nothing", async () => {
  const bytes = bytesOf(formatReceipt(RECEIPT));
  const error = { code: "invalid-receipt", message: /"r": it is not JSON/ };
  for (let length = 0; length < bytes.length - 2; length += 7) {
    await assert.rejects(parseReceipt(bytes.slice(0, length), "r"), error, `${length}`);
  }
  for (const other of [new Uint8Array([0xff, 0xfe]), new Uint8Array([0x1f, 0x8b, 8])]) {
    await assert.rejects(parseReceipt(other, "r"), error);
    assert.equal(isReceipt(other), false);
  }
});

test("what names have to say is not taken for what an object has by nature", async () => {
  const json = JSON.parse(formatReceipt(RECEIPT));
  const text = JSON.stringify(json).replace('"sha256-00.sig"', '"__proto__"');
  const { tags } = await parseReceipt(bytesOf(text), "r");
  assert.deepEqual([...tags], [["__proto__", root]]);
});
