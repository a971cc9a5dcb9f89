import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";
import { TemporaryFile } from "./temporary_file.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const directory = useOwnTemporary();
const skip = lacks("unnamed files");

test("a temporary file gives back what was written, from any place", () => {
  const file = new TemporaryFile();
  file.write(new Uint8Array([1, 2, 3]));
  file.write(new Uint8Array([4, 5]));
  assert.equal(file.size, 5);
  const into = new Uint8Array(3);
  assert.equal(file.read(into, 2), 3);
  assert.deepEqual([...into], [3, 4, 5]);
  file.write(new Uint8Array([6]));
  assert.equal(file.read(into, 5), 1, "a read does not move where writes go");
  assert.equal(into[0], 6);
  file.close();
});

test("a temporary file has no name, so that nothing is left behind", { skip }, () => {
  const file = new TemporaryFile();
  assert.deepEqual(readdirSync(directory), []);
  file.close();
});

test("a temporary file that is closed is not read, one that is too short neither", () => {
  const file = new TemporaryFile();
  assert.throws(() => file.read(new Uint8Array(1), 0), { code: "source-changed" });
  file.close();
  file.close();
  assert.throws(() => file.read(new Uint8Array(1), 0), { code: "closed" });
  assert.deepEqual(readdirSync(directory), []);
});

test("a temporary file that cannot be made is an error of the file system", { skip }, () => {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = "/nowhere/at/all";
  try {
    assert.throws(() => new TemporaryFile(), { code: "file-system", message: /temporary file/ });
  } finally {
    process.env.TMPDIR = TMPDIR;
  }
});
