/**
 * What `docs/howto/containers.md` has for Podman, Kubernetes and GitLab is run, as far as it is blobber's and Deno's:
 * the arguments of containers and the script of the job. Its names are the project's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readYaml } from "../cli/config/yaml.ts";
import { ARTIFACT, SIGNER } from "../cli/home.ts";
import { inRoot } from "../tasks/run.ts";
import { Shell } from "./commands.ts";
import { startRegistry } from "./fakes/registry/fake_registry.ts";
import { startSigstore } from "./fakes/sigstore.ts";

const PAGE = readFileSync(inRoot("docs/howto/containers.md"), "utf8");

const texts = (language: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
    .map(([, block]) => block!);

const blocks = (language: string) =>
  texts(language).map((block) => readYaml(block, "containers.md") as unknown);

/** Stands for Podman: runs what the image would, here. */
const PODMAN = `#!/bin/sh
while [ "$1" != "\${1#-}" ] || [ "$1" = run ]; do
  case "$1" in -v | --network | --userns) shift ;; esac
  shift
done
image=$1; shift
case $image in *-deno) exec deno "$@" ;; *) exec blobber "$@" ;; esac
`;

interface Pod {
  spec: { initContainers: { image: string; args: string[] }[] };
}

interface Job {
  site: { image: { name: string }; script: string[] };
}

test("the images and their signer are those of cli/home.ts", () => {
  const names = [...PAGE.matchAll(/ghcr\.io\/[\w-]+\/blobber-image/g)].map(([name]) => name);
  assert.deepEqual([...new Set(names)], [`${ARTIFACT}-image`]);
  const [{ verify }] = blocks("yaml") as [{ verify: { rules: unknown[] } }];
  assert.deepEqual(verify.rules, [{
    name: "blobber-image",
    match: [`${ARTIFACT}-image`],
    any: [{ issuer: SIGNER.issuer, "subject-pattern": `${SIGNER.identityPrefix}v*` }],
  }]);
});

test("the init container pulls what was signed, and the job pushes", async () => {
  const [registry, sigstore] = await Promise.all([startRegistry(), startSigstore()]);
  const root = Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(root, JSON.stringify(sigstore.trustedRoot()));
  try {
    using shell = new Shell();
    const env = {
      CI: "true",
      BLOBBER_SIGN_FULCIO: sigstore.urls.fulcio,
      BLOBBER_SIGN_REKOR: sigstore.urls.rekor1,
      BLOBBER_VERIFY_TRUSTED_ROOT: root,
    };
    const [pod, job] = blocks("yml") as [Pod, Job];
    const site = `${registry.host}/acme/site:v1`;
    const signed = await shell.say(`blobber push site ${site} --sign`, {
      ...env,
      ...sigstore.githubEnvironment(),
    });
    assert.equal(signed.code, 0, signed.text);
    const { args } = pod.spec.initContainers[0]!;
    const here = args.map((word) =>
      word.replace("ghcr.io/acme/site:v1", site)
        .replace("/site/files", `${shell.path}/files`)
        .replace("https://token.actions.githubusercontent.com", `${sigstore.urls.oidc}/gha`)
    );
    const pull = (words: string[]) =>
      shell.say(`blobber ${words.map((it) => `'${it}'`).join(" ")}`, env);
    // The fake's workflow is that of another repository.
    const refused = await pull(here);
    assert.equal(refused.code, 7, refused.text);
    const pulled = await pull(
      here.map((word) => word.replace("/acme/site/.g", "/acme/demo/.g").replace("tags/v*", "**")),
    );
    assert.equal(pulled.code, 0, pulled.text);
    assert.equal((await shell.say("diff -r site files")).text, "");

    assert.match(job.site.image.name, /-deno$/);
    const script = await shell.say(`set -e\n${job.site.script.join("\n")}`, {
      ...env,
      CI_REGISTRY_IMAGE: `${registry.host}/acme`,
      CI_COMMIT_SHORT_SHA: "0123abcd",
    });
    assert.equal(script.code, 0, script.text);
    assert.ok(registry.log().includes("PUT /v2/acme/site/manifests/0123abcd 201"));
  } finally {
    Deno.removeSync(root);
    await Promise.all([registry.close(), sigstore.close()]);
  }
});

test("what Podman is told to run does what the page says", async () => {
  const registry = await startRegistry();
  try {
    using shell = new Shell();
    const bin = `${shell.path}/podman-bin`;
    Deno.mkdirSync(bin);
    Deno.writeTextFileSync(`${bin}/podman`, PODMAN, { mode: 0o755 });
    Deno.symlinkSync(Deno.execPath(), `${bin}/deno`);
    Deno.writeTextFileSync(`${shell.path}/list.ts`, texts("ts")[0]!);
    Deno.mkdirSync(`${shell.path}/examples`);
    Deno.symlinkSync(inRoot("examples/site"), `${shell.path}/examples/site`);
    const imports = { "@blobber/core": new URL("../mod.ts", import.meta.url).href };
    Deno.writeTextFileSync(`${shell.path}/deno.json`, JSON.stringify({ imports, lock: false }));
    const printed: string[] = [];
    for (const script of texts("sh")) {
      const here = script.replace("registry.example.org", registry.host);
      const { code, text } = await shell.say(`PATH=${bin}:$PATH\n${here}`);
      assert.equal(code, 0, text);
      printed.push(text);
    }
    assert.match(printed[0]!, /^sha256:[0-9a-f]{64}\n$/);
    assert.equal(printed[1], "css/main.css\nindex.html\nrobots.txt\n");
    assert.ok(registry.log().includes("PUT /v2/acme/site/manifests/v1 201"));
  } finally {
    await registry.close();
  }
});
