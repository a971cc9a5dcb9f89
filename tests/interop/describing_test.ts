import assert from "node:assert/strict";
import { Home, interop, SHARED, withFiles } from "./harness.ts";
import { manifestOf } from "./manifests.ts";
import { must, TempDir } from "./processes.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { REGISTRIES } from "./servers.ts";
import { sampleTree } from "./tree.ts";

const CLIENTS: Peer[] = ["crane", "oras", "regctl", "cosign"];

interface Node {
  kind: string;
  digest: string;
  type?: string;
  tag?: string;
  format?: string;
  signatures?: { state: string; claims?: { kind: string; predicateType?: string } }[];
  manifests?: Node[];
  referrers: Node[];
}

for (const { name, needs, start } of REGISTRIES) {
  interop(
    `${name}: inspect prints the bytes that others print, and tree finds what they find`,
    [...needs, ...CLIENTS],
    async () => {
      await using registry = await start();
      using home = new Home({ COSIGN_PASSWORD: "pw" });
      home.logIn(registry);
      using files = new TempDir();
      sampleTree(files.path);
      const run = async (peer: Peer, ...args: string[]) =>
        (await must(requirePeer(peer), args, { env: home.env, cwd: home.dir.path })).stdout;
      const { host } = registry;
      const plain = ["--host", `reg=${host},tls=disabled`];
      const place = `${host}/interop/described`;
      const reference = `${place}:v1`;
      const push = ["push", files.path, reference, "--tag", "v2", "--annotation", "org.test=yes"];
      const digest = (await home.must(push)).stdout.trim().split("\n").at(-1)!;
      const ours = async (...args: string[]) => (await home.must(args)).stdout;

      const raw = await ours("inspect", reference, "--raw", "manifest");
      assert.equal(raw, await run("crane", "manifest", reference));
      assert.equal(raw, await run("oras", "manifest", "fetch", "--plain-http", reference));
      const body = ["--format", "raw-body"];
      assert.equal(raw, await run("regctl", ...plain, "manifest", "get", ...body, reference));
      assert.equal(
        await ours("inspect", reference, "--raw", "config"),
        await run("crane", "config", reference),
      );
      const found = JSON.parse(await ours("inspect", reference, "--tags", "-ojson"));
      assert.deepEqual(found.tags.names, ["v1", "v2"]);
      const manifest = await manifestOf(host, "interop/described", digest);
      assert.deepEqual(
        found.layers.map(({ digest }: Node) => digest),
        manifest.layers.map(({ digest }) => digest),
      );
      assert.equal(found.digest, digest);

      // Signatures and attestations in both of cosign's forms, an SBOM that is signed itself, and a note.
      await run("cosign", "generate-key-pair");
      await Deno.writeTextFile(home.dir.at("predicate.json"), "{}");
      await Deno.writeTextFile(home.dir.at("sbom.json"), "{}");
      const key = ["--yes", "--key", "cosign.key", "--use-signing-config=false"];
      const alone = [...key, "--tlog-upload=false", "--allow-http-registry"];
      const subject = `${place}@${digest}`;
      const attest = [
        "attest",
        ...alone,
        "--predicate",
        "predicate.json",
        "--type",
        "slsaprovenance1",
      ];
      for (const form of ["--new-bundle-format=true", "--new-bundle-format=false"]) {
        await run("cosign", "sign", ...alone, form, subject);
        await run("cosign", ...attest, form, subject);
      }
      for (
        const [type, file] of [["application/spdx+json", "sbom.json"], [
          "application/x.note",
          "predicate.json",
        ]]
      ) {
        await run("oras", "attach", "--plain-http", "--artifact-type", type!, reference, file!);
      }
      const tree = async (...flags: string[]): Promise<Node> =>
        JSON.parse(await ours("tree", reference, "-ojson", ...flags)).tree;
      const sbom = (await tree()).referrers.find(({ kind }) => kind === "sbom")!;
      assert.equal(sbom.format, "SPDX");
      await run("cosign", "sign", ...alone, `${place}@${sbom.digest}`);

      const root = await tree("--verify-key", home.dir.at("cosign.pub"));
      const listed = root.referrers.filter(({ tag }) => tag === undefined);
      const slsa = "https://slsa.dev/provenance/v1";
      assert.deepEqual(
        root.referrers.map(({ kind, tag, signatures: [one] = [] }) =>
          [kind, tag?.split(".")[1], one?.state, one?.claims?.predicateType]
            .filter((part) => part !== undefined).join(" ")
        ).sort(),
        [
          "artifact",
          `attestation att unchecked ${slsa}`,
          `attestation unchecked ${slsa}`,
          "sbom",
          "signature sig verified",
          "signature verified",
        ],
      );
      const nested = root.referrers.find(({ kind }) => kind === "sbom")!.referrers;
      assert.deepEqual(nested.map(({ kind, signatures }) => [kind, signatures![0]!.state]), [
        ["signature", "verified"],
      ]);
      const discovered = JSON.parse(
        await run("oras", "discover", "--plain-http", "--format", "json", reference),
      );
      const theirs: Node[] = discovered.referrers ?? discovered.manifests;
      const digests = (nodes: Node[]) => nodes.map(({ digest }) => digest).sort();
      assert.deepEqual(digests(listed), digests(theirs));
      const regctl = JSON.parse(
        await run("regctl", ...plain, "artifact", "list", "--format", "{{json .}}", reference),
      );
      assert.deepEqual(digests(listed), digests(regctl.descriptors ?? regctl.manifest.manifests));

      // The same in a layout, with cosign's tags.
      const layout = `oci:${home.dir.at("layout")}:v1`;
      await home.must(["copy", reference, layout]);
      const copied = JSON.parse(await ours("tree", layout, "-ojson")).tree;
      assert.deepEqual(digests(copied.referrers), digests(root.referrers));
      assert.equal(
        await ours("tree", layout).then((text) => text.split("\n").length),
        await ours("tree", reference).then((text) => text.split("\n").length),
      );

      // An index of two platforms, made by crane.
      await run("crane", "index", "append", "-m", reference, "-t", `${place}:list`);
      const index = JSON.parse(await ours("tree", `${place}:list`, "-ojson")).tree;
      assert.deepEqual([index.kind, digests(index.manifests)], ["index", [digest]]);
      assert.deepEqual(digests(index.manifests[0].referrers), digests(root.referrers));
    },
  );
}

withFiles(
  "tree and inspect of artifacts that the Go tool and cosign signed",
  `${SHARED}/fixtures/interop/layout`,
  async () => {
    using home = new Home();
    const at = `${SHARED}/fixtures/interop`;
    const trust = ["--trusted-root", `${at}/trusted_root.json`, "--offline"];
    const identity = [
      ...["--verify-issuer", "http://127.0.0.1:18080/gha", "--verify-subject"],
      "https://github.com/acme/demo/.github/workflows/ci.yml@refs/heads/main",
    ];
    const reference = `oci:${at}/layout:blobber-gzip`;
    const { stdout } = await home.must(["tree", reference, ...identity, ...trust, "-ojson"]);
    const { tree } = JSON.parse(stdout);
    assert.deepEqual(
      tree.referrers.map(({ signatures }: Node) => signatures![0]!.state).sort(),
      ["refused", "verified"],
    );
    const text = (await home.must(["inspect", reference, "--tags"])).stdout;
    assert.match(text, /2 signatures present, not checked/);
    assert.match(text, /^Tags: +blobber-gzip, blobber-signed$/m);
  },
);
