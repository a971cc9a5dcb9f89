import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { Home, interop } from "./harness.ts";
import { must, TempDir } from "./processes.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { distribution, REGISTRIES } from "./servers.ts";
import { sampleTree } from "./tree.ts";

const CLIENTS: Peer[] = ["crane", "oras", "regctl"];
const run = (peer: Peer, args: string[], home: Home) =>
  must(requirePeer(peer), args, { env: home.env, cwd: home.dir.path });
const lines = (text: string) => text.split("\n").filter((line) => line !== "").sort();

/** A key to sign with. */
function signingKey(home: Home): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const path = home.dir.at("key.pem");
  Deno.writeTextFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }) as string, {
    mode: 0o600,
  });
  return path;
}

/** What the other clients list: tags, or repositories. */
async function asOthers(
  home: Home,
  commands: [peer: Peer, args: string[]][],
  ours: string[],
): Promise<void> {
  for (const [peer, args] of commands) {
    assert.deepEqual(
      lines((await run(peer, args, home)).stdout),
      ours,
      `${peer} ${args.join(" ")}`,
    );
  }
}

for (const { name, needs, start } of REGISTRIES) {
  interop(`${name}: what is listed, resolved and removed agrees with others`, [
    ...needs,
    ...CLIENTS,
  ], async () => {
    await using registry = await start();
    using home = new Home();
    home.logIn(registry);
    using tree = new TempDir();
    sampleTree(tree.path);
    const { host } = registry;
    const plain = ["--host", `reg=${host},tls=disabled`];
    const repo = `${host}/interop/removal`;
    const sign = ["--sign-key", signingKey(home)];
    const push = ["push", tree.path, `${repo}:v1.9`, "--tag", "v1.10", "--tag", "latest", ...sign];
    const digest = (await home.must(push)).stdout.trim();
    Deno.writeTextFileSync(home.dir.at("note.txt"), "a note\n");
    const attach = ["attach", "--plain-http", "--artifact-type", "application/x.note"];
    await run("oras", [...attach, `${repo}:v1.10`, "note.txt:text/plain"], home);

    assert.equal((await home.must(["tags", repo])).stdout, "latest\nv1.9\nv1.10\n");
    const tags = async () => lines((await home.must(["tags", "--all", repo])).stdout);
    const tagLists: [Peer, string[]][] = [
      ["crane", ["ls", repo]],
      ["oras", ["repo", "tags", "--plain-http", repo]],
      ["regctl", [...plain, "tag", "ls", repo]],
    ];
    await asOthers(home, tagLists, await tags());
    const repositories = lines((await home.must(["repos", host])).stdout);
    assert.deepEqual(repositories, [repo]);
    await asOthers(home, [
      ["crane", ["catalog", host]],
      ["oras", ["repo", "ls", "--plain-http", host]],
      ["regctl", [...plain, "repo", "ls", host]],
    ], ["interop/removal"]);
    assert.equal((await home.must(["resolve", `${repo}:v1.9`])).stdout, `${digest}\n`);
    await asOthers(home, [
      ["crane", ["digest", `${repo}:v1.9`]],
      ["oras", ["resolve", "--plain-http", `${repo}:v1.9`]],
      ["regctl", [...plain, "manifest", "head", `${repo}:v1.9`]],
    ], [digest]);

    // A tag goes alone while another names the same.
    await home.must(["rm", "--yes", `${repo}:v1.9`]);
    await asOthers(home, tagLists, await tags());
    assert.equal((await home.must(["tags", repo])).stdout, "latest\nv1.10\n");
    assert.equal((await run("crane", ["digest", `${repo}:v1.10`], home)).stdout.trim(), digest);

    // With its last tags goes all that refers to it, ours and another client's.
    const { stdout } = await home.must([
      ...["rm", "--yes", "-o", "json", `${repo}:latest`, `${repo}:v1.10`],
    ]);
    const [{ goes, stays }] = JSON.parse(stdout).removals;
    assert.deepEqual(stays, []);
    const referrers = goes.filter(({ role }: { role?: string }) => role === "referrer");
    assert.equal(referrers.length, 2, stdout);
    for (const { kind, digest } of goes) {
      if (kind === "tag") continue;
      const read = home.blobber(["resolve", `${repo}@${digest}`]);
      assert.equal((await read).code, 4, `${digest} is still there`);
    }
    const left = await home.blobber(["tags", "--all", repo]);
    assert.equal(left.stdout, "", left.stderr);

    // By its digest, with what another client tagged.
    await home.must(["push", tree.path, `${repo}:a`, ...sign]);
    await run("crane", ["tag", `${repo}:a`, "b"], home);
    await home.must(["rm", "--yes", `${repo}@${digest}`]);
    const none = await home.blobber(["tags", "--all", repo]);
    assert.equal(none.stdout, "", none.stderr);
  });
}

for (const program of ["registry", "docker-registry"] as const) {
  interop(
    `${program} that removes nothing says so, and keeps everything`,
    [program, ...CLIENTS],
    async () => {
      await using registry = await distribution({ program, deletes: false });
      using home = new Home();
      using tree = new TempDir();
      sampleTree(tree.path);
      const repo = `${registry.host}/interop/removal`;
      const push = ["push", tree.path, `${repo}:v1`, "--sign-key", signingKey(home)];
      const digest = (await home.must(push)).stdout.trim();
      const before = (await home.must(["tags", "--all", repo])).stdout;
      for (const ref of [`${repo}:v1`, `${repo}@${digest}`]) {
        const { code, stderr } = await home.blobber(["rm", "--yes", ref]);
        assert.equal(code, 11, stderr);
        assert.match(stderr, /removes no manifests \(status 405\)/);
        assert.match(stderr, /REGISTRY_STORAGE_DELETE_ENABLED=true/);
      }
      assert.equal((await home.must(["tags", "--all", repo])).stdout, before);
      assert.equal((await home.must(["resolve", `${repo}:v1`])).stdout, `${digest}\n`);
      await home.must(["pull", `${repo}:v1`, home.dir.at("out")]);
    },
  );
}

interop(
  "a layout that oras wrote is emptied by rm, and oras reads what is left",
  CLIENTS,
  async () => {
    using home = new Home();
    const at = (path: string) => home.dir.at(path);
    Deno.writeTextFileSync(at("note.txt"), "a note\n");
    Deno.writeTextFileSync(at("other.txt"), "another\n");
    for (const [tag, file] of [["v1", "note.txt"], ["v2", "other.txt"]] as const) {
      await run("oras", ["push", "--oci-layout", `layout:${tag}`, `${file}:text/plain`], home);
    }
    await run("oras", [
      ...["attach", "--oci-layout", "--artifact-type", "application/x.note"],
      ...["layout:v1", "note.txt:text/plain"],
    ], home);
    const layout = `oci:${at("layout")}`;
    await home.must(["rm", "--yes", `${layout}:v1`]);
    assert.equal(
      (await run("oras", ["repo", "tags", "--oci-layout", "layout"], home)).stdout,
      "v2\n",
    );
    await run("oras", ["pull", "--oci-layout", "layout:v2", "-o", "out"], home);
    assert.equal(Deno.readTextFileSync(at("out/other.txt")), "another\n");
    await home.must(["rm", "--yes", `${layout}:v2`]);
    assert.deepEqual([...Deno.readDirSync(at("layout/blobs/sha256"))], []);
  },
);
