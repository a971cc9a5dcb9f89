import { test } from "node:test";
import assert from "node:assert/strict";
import { fromBase64, fromBase64Url, fromHex, readPem, toBase64, toHex, toPem } from "./bytes.ts";

test("base64 of many bytes goes there and back", () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i * 7);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.equal(fromBase64("a*"), undefined);
  assert.deepEqual(fromBase64Url("_-8"), new Uint8Array([255, 239]));
  assert.equal(fromBase64Url("/w"), undefined);
});

test("hexadecimal is of whole octets", () => {
  assert.equal(toHex(fromHex("00fF")!), "00ff");
  assert.equal(fromHex("0"), undefined);
  assert.equal(fromHex("0x"), undefined);
});

test("PEM blocks are read in order, with text and headers around", () => {
  const text = `Bag Attributes\n${toPem("A KEY", new Uint8Array([1, 2, 3]))}more\n` +
    "-----BEGIN B-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQI=\n-----END B-----\n";
  assert.deepEqual(readPem(text).map(({ label, der }) => [label, toHex(der)]), [
    ["A KEY", "010203"],
    ["B", "0102"],
  ]);
  assert.deepEqual(readPem("-----BEGIN A-----\nAQI=\n-----END B-----"), []);
});
