import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

Deno.test("the key that --sign-key names is never pushed", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "site/css/acme");
  await Deno.link(`${at.dir}/site/css/acme.pem`, `${at.dir}/elsewhere.pem`);
  const runs: [string[], Record<string, string>?][] = [
    [["site", "oci:layout:v1", "--sign-key", "site/css/acme.pem"]],
    [["./site/", "oci:layout:v1", `--sign-key=${at.dir}/site/css/../css/acme.pem`]],
    [["site", "oci:layout:v1", "--sign-key", "elsewhere.pem"]],
    [["site", "oci:layout:v1", "--dry-run", "--sign-key", "site/css/acme.pem"]],
    [["site", "oci:layout:v1"], { BLOBBER_SIGN_KEY: `${at.dir}/site/css/acme.pem` }],
  ];
  for (const [args, env = {}] of runs) {
    const { status, stdout, stderr } = await at.run(["push", ...args], { env });
    assert.equal(status, 9, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /cannot push "css\/acme\.pem": it is a file that must not be pushed/);
    assert.equal((await at.run(["ls", "oci:layout:v1"])).status, 4);
  }
});

Deno.test("--dry-run lists what would be pushed, marks likely secrets, and sends nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/.env", "TOKEN=hunter2\n");
  // No server listens there, so a request would fail.
  const ref = "127.0.0.1:1/acme/site:v1";
  const dry = await at.run(["push", "site", ref, "--dry-run", "--sign", "--if-absent"]);
  assert.equal(dry.status, 0, dry.stderr);
  assert.match(dry.stderr, /seems to hold secrets: "\.env" \(password\)/);
  const lines = dry.stdout.trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, -1), [
    "14  .env  [password?]",
    " 0  bin/",
    "10  bin/run",
    " 0  css/",
    " 8  css/site.css",
    " 0  home.html -> index.html",
    "12  index.html",
    " 2  naïve 名.txt",
  ]);
  const json = await at.run(["push", "site", ref, "--dry-run", "-ojson"]);
  const document = JSON.parse(json.stdout);
  assert.deepEqual(document.tags, []);
  assert.equal(document.reference, ref);
  assert.deepEqual(document.entries[0], {
    ...{ path: ".env", type: "file", size: 14, mode: "0644", secret: "password" },
  });
  assert.equal(document.entries.length, 8);
  const pushed = await at.run(["push", "site", "oci:layout:v1"]);
  assert.equal(pushed.stdout.trim(), lines.at(-1));
  assert.equal(pushed.stdout.trim(), document.digest);
  const digested = await at.run(["push", "site", `${ref}@${document.digest}`, "--dry-run"]);
  assert.equal(digested.status, 2);
});

Deno.test("a second push sends nothing but the manifest, and --no-cache all of it again", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await startRegistry();
  await using _closed = { [Symbol.asyncDispose]: () => registry.close() };
  const index = `${at.dir}/home/.cache/blobber/push`;
  const records = () => [...Deno.readDirSync(index)].length;
  const push = async (repository: string, ...flags: string[]) => {
    registry.clear();
    const digest = await at.ok(["push", "site", `${registry.host}/${repository}:v1`, ...flags]);
    return { digest, sent: registry.log().filter((line) => /^(POST|PATCH)/.test(line)).length };
  };
  const first = await push("a");
  assert.equal(first.sent, 2, "layer and config");
  assert.equal(records(), 1);
  assert.deepEqual(await push("a"), { ...first, sent: 0 });
  assert.equal(registry.log().at(-1), "PUT /v2/a/manifests/v1 201");
  // The registry has the layer, and it is sent again: without the cache, the program does not know that.
  assert.deepEqual(await push("a", "--no-cache"), { ...first, sent: 1 });
  assert.deepEqual(await push("b"), first);
  await at.ok(["cache", "clear", "--yes"]);
  assert.equal(records(), 0);
  assert.deepEqual(await push("c", "--no-cache"), first);
  assert.equal(records(), 0);
  await Deno.remove(`${at.dir}/home/.cache`, { recursive: true });
  await at.write("home/.cache", "no directory");
  assert.deepEqual(await push("d"), first);
});
