import assert from "node:assert/strict";
import { Client } from "@blobber/core/internal/client";
import type { Context } from "../context.ts";
import { resolveSettings } from "../config/effective.ts";
import { planVerification } from "../plan/verification.ts";
import { readOptions } from "./reading.ts";
import { fileNeeds } from "../../tests/fakes/only_on.ts";

fileNeeds("owners");

/** Two layouts, a link to one of them, and rules under which one of the two may be read. */
async function scene(
  body: (at: {
    dir: string;
    client: Client;
    point(to: string): void;
    options(ref: string): ReturnType<typeof readOptions>;
  }) => Promise<void>,
): Promise<void> {
  const dir = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    const client = new Client();
    for (const name of ["allowed", "denied"]) {
      Deno.mkdirSync(`${dir}/${name}-site`);
      Deno.writeTextFileSync(`${dir}/${name}-site/${name}.txt`, "");
      await client.push({ directory: `${dir}/${name}-site` }, `oci:${dir}/${name}:v1`);
    }
    const rules = `verify:
  unmatched: deny
  rules:
    - name: free
      match: ["oci:${dir}/allowed"]
      unsigned: true
`;
    Deno.writeTextFileSync(`${dir}/config.yaml`, rules, { mode: 0o644 });
    const settings = await resolveSettings(new Map(), () => undefined, {
      files: true,
      system: `${dir}/config.yaml`,
    });
    const report = { observer: () => ({}), warn: () => {} };
    const plan = { verification: await planVerification("ls", settings), signing: undefined };
    const context = { settings, plan, report, signal: new AbortController().signal };
    const point = (to: string) => {
      Deno.symlinkSync(to, `${dir}/next`);
      Deno.renameSync(`${dir}/next`, `${dir}/link`);
    };
    const options = (ref: string) => readOptions(context as unknown as Context, ref);
    await body({ dir, client, point, options });
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test("layout-link-swapped: the layout that rules were decided on is the one that is read", () =>
  scene(async ({ dir, client, point, options }) => {
    const ref = `oci:${dir}/link:v1`;
    point("denied");
    await assert.rejects(options(ref), { code: "trust-rule" });
    point("allowed");
    const judged = await options(ref);
    assert.deepEqual((await client.list(ref, judged)).names, ["allowed.txt"]);
    point("denied");
    assert.deepEqual((await client.list(ref, judged)).names, ["allowed.txt"]);
    const copied = await client.copy(ref, `oci:${dir}/copy:v1`, judged);
    assert.equal(copied.digest, (await client.resolve(`oci:${dir}/allowed:v1`)).digest);
    await client.tag(ref, ["v2"], judged);
    assert.equal((await client.resolve(`oci:${dir}/allowed:v2`)).digest, copied.digest);
    // Without a decision the link leads where it leads.
    assert.deepEqual((await client.list(ref)).names, ["denied.txt"]);
  }));

Deno.test("layout-link-swapped: a link that appeared meanwhile is refused", () =>
  scene(async ({ dir, client, options }) => {
    const ref = `oci:${dir}/allowed:v1`;
    const judged = await options(ref);
    assert.deepEqual((await client.list(ref, judged)).names, ["allowed.txt"]);
    Deno.renameSync(`${dir}/allowed`, `${dir}/moved`);
    Deno.symlinkSync("denied", `${dir}/allowed`);
    for (const any of [client, new Client()]) {
      await assert.rejects(any.list(ref, judged), {
        code: "file-system",
        message: /is a link, and there was none/,
      });
    }
  }));
