import assert from "node:assert/strict";
import { argumentAt } from "../command_table/arguments.ts";
import { checkArguments } from "./check_arguments.ts";

Deno.test("a command that takes a repository refuses a tag and a digest", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  for (const name of ["ghcr.io/acme/site", "127.0.0.1:5000/site", "oci:./layout"]) {
    await checkArguments({ args: ["repository"] }, [name]);
    for (const text of [`${name}:v1`, `${name}@${digest}`, `${name}:v1@${digest}`]) {
      await assert.rejects(checkArguments({ args: ["repository"] }, [text]), {
        code: "usage",
        message: /is not a repository/,
      });
      await checkArguments({ args: ["reference"] }, [text]);
    }
  }
  await assert.rejects(checkArguments({ args: ["repository"] }, ["Not A Name"]), {
    code: "invalid-reference",
  });
  const all = { args: ["directory", "repository"], variadic: true } as const;
  await assert.rejects(checkArguments(all, ["x", "r.io/a", "r.io/a:v1"]), { code: "usage" });
  const first = { ...all, variadic: 0 };
  await checkArguments(first, ["x:y", "y:z", "r.io/a"]);
  await assert.rejects(checkArguments(first, ["x", "y", "r.io/a:v1"]), { code: "usage" });
});

Deno.test("the argument that may be repeated takes what is left over, wherever it stands", () => {
  const kinds = (variadic: true | number, count: number) =>
    Array.from(
      { length: count },
      (_, i) => argumentAt({ args: ["reference", "path-inside", "file"], variadic }, i, count),
    );
  const [ref, path, file] = ["reference", "path-inside", "file"];
  assert.deepEqual(kinds(1, 3), [ref, path, file]);
  assert.deepEqual(kinds(1, 5), [ref, path, path, path, file]);
  assert.deepEqual(kinds(0, 4), [ref, ref, path, file]);
  assert.deepEqual(kinds(true, 4), [ref, path, file, file]);
  assert.deepEqual(kinds(1, 2), [ref, path]);
});
