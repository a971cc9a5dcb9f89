import assert from "node:assert/strict";
import { checkArguments } from "./check_arguments.ts";

Deno.test("a command that takes a repository refuses a tag and a digest", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  for (const name of ["ghcr.io/acme/site", "127.0.0.1:5000/site", "oci:./layout"]) {
    await checkArguments(["repository"], [name]);
    for (const text of [`${name}:v1`, `${name}@${digest}`, `${name}:v1@${digest}`]) {
      await assert.rejects(checkArguments(["repository"], [text]), {
        code: "usage",
        message: /is not a repository/,
      });
      await checkArguments(["reference"], [text]);
    }
  }
  await assert.rejects(checkArguments(["repository"], ["Not A Name"]), {
    code: "invalid-reference",
  });
  await assert.rejects(checkArguments(["directory", "repository"], ["x", "r.io/a", "r.io/a:v1"]), {
    code: "usage",
  });
});
