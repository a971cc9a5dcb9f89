import { test } from "node:test";
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { guardKeys, keyFingerprints, publicFingerprint } from "./private_keys.ts";

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (type: "pkcs8" | "sec1", passphrase?: string) =>
  pair.privateKey.export({
    type,
    format: "pem",
    ...(passphrase !== undefined && { cipher: "aes-256-cbc", passphrase }),
  } as never) as unknown as string;
const block = (label: string, body: string) =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

/** Looks at files as they lie in a batch, one behind the other with a header between. */
function guard(texts: string[], keys: { allow: boolean; never: string[] }): void {
  const encoder = new TextEncoder();
  const header = encoder.encode("-----BEGIN PRIVATE KEY-----".padEnd(512, "\0"));
  const parts: Uint8Array[] = [];
  let at = 0;
  const reads = texts.map((text, i) => {
    const bytes = encoder.encode(text);
    parts.push(header, bytes);
    at += header.length + bytes.length;
    const stamp = { size: bytes.length, mtime: 0, ctime: 0, inode: 1 };
    return { file: `f${i}`, stamp, from: 0, size: bytes.length, at: at - bytes.length };
  });
  const plain = new Uint8Array(at + 4096);
  let end = 0;
  for (const part of parts) {
    plain.set(part, end);
    end += part.length;
  }
  // Left from a batch before.
  plain.set(encoder.encode(pem("pkcs8")), end);
  guardKeys(plain, reads, keys);
}

const strict = { allow: false, never: [] };
const base64 = "QUJD".repeat(40);

for (
  const [what, text] of [
    ["PKCS#8", pem("pkcs8")],
    ["encrypted PKCS#8", pem("pkcs8", "x")],
    ["SEC1", pem("sec1")],
    ["PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "pem" }) as string],
    [
      "OpenSSL's old form",
      block("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n${base64}`),
    ],
    ["OpenSSH", block("OPENSSH PRIVATE KEY", base64)],
    ["cosign", block("ENCRYPTED SIGSTORE PRIVATE KEY", base64)],
    ["cosign's older", block("ENCRYPTED COSIGN PRIVATE KEY", base64)],
    [
      "a key behind parameters and text",
      `# mine\n${block("EC PARAMETERS", "BggqhkjOPQMBBw==")}${pem("sec1")}`,
    ],
    ["a key in JSON", JSON.stringify({ private_key: pem("pkcs8") })],
    ["a key with CRLF", pem("pkcs8").replaceAll("\n", "\r\n")],
    ["a key behind a cut one", `-----BEGIN PRIVATE KEY-----\n${pem("pkcs8")}`],
  ] as const
) {
  test(`key-copy-pushed: ${what} is a private key`, () => {
    assert.throws(() => guard(["x", text, "y"], strict), {
      code: "private-key",
      message: 'cannot push "f1": it holds a private key',
    });
    guard(["x", text, "y"], { allow: true, never: [] });
  });
}

for (
  const [what, text] of [
    ["a public key", pair.publicKey.export({ type: "spki", format: "pem" }) as string],
    ["a certificate", block("CERTIFICATE", base64)],
    [
      "a mention",
      "begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----",
    ],
    ["a placeholder", block("PRIVATE KEY", "...")],
    ["a block without end", `-----BEGIN PRIVATE KEY-----\n${base64}\n`],
    ["other ends", `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END CERTIFICATE-----\n`],
    ["nothing", ""],
  ] as const
) {
  test(`key-copy-pushed: ${what} is none`, () => guard(["x", text, "y"], strict));
}

test("key-copy-pushed: the key that signs is told by its bytes and by its public half", () => {
  const copies = [
    pem("pkcs8"),
    pem("sec1"),
    pem("pkcs8").replaceAll("\n", "\r\n"),
    `x\n${pem("sec1")}`,
  ];
  const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  for (
    const never of [keyFingerprints(new TextEncoder().encode(pem("pkcs8"))), [
      publicFingerprint(spki),
    ]]
  ) {
    for (const copy of copies) {
      for (const allow of [true, false]) {
        assert.throws(() => guard(["x", copy], { allow, never }), {
          code: "private-key",
          message: 'cannot push "f1": it holds the key that signs, which must not be pushed',
        });
      }
    }
    guard([rsa.privateKey.export({ type: "pkcs1", format: "pem" }) as string], {
      allow: true,
      never,
    });
  }
  const sealed = pem("pkcs8", "x");
  assert.throws(
    () =>
      guard([sealed], { allow: true, never: keyFingerprints(new TextEncoder().encode(sealed)) }),
    { message: /the key that signs/ },
  );
});

test("key-copy-pushed: a key that may be there is told of", () => {
  const content = new TextEncoder().encode(`begin\n${pem("pkcs8")}`);
  const places = [{ file: "key", at: 0, size: content.length }, { file: "none", at: 0, size: 6 }];
  assert.deepEqual([...guardKeys(content, places, { allow: true, never: [] })], [places[0]]);
});

test("what only begins as keys do is not decoded for each begin", () => {
  const begins = "-----BEGIN PRIVATE KEY-----\n".repeat(2300);
  guard(Array.from({ length: 50 }, () => `${begins}-----END PRIVATE KEY-----\n`), strict);
  assert.throws(() => guard([begins.slice(0, 3000) + pem("pkcs8")], strict), {
    code: "private-key",
  });
});
