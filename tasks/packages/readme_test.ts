import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../run.ts";
import { readmeElsewhere } from "./readme.ts";

const home = { url: "https://git.example/acme/it", tag: "v1.2.3", folder: "" };

Deno.test("links and pictures of a README lead to the files of the release", () => {
  const text = [
    "![a\npicture](docs/a.svg) [page](docs/a.md#part) [out](https://b.example/x) [here](#part)",
    "```sh\n[ -e a ](b)\n```",
    "[last](LICENSE)\n",
  ].join("\n\n");
  assert.equal(
    readmeElsewhere(text, home),
    [
      "![a\npicture](https://git.example/acme/it/raw/v1.2.3/docs/a.svg) " +
      "[page](https://git.example/acme/it/blob/v1.2.3/docs/a.md#part) " +
      "[out](https://b.example/x) [here](#part)",
      "```sh\n[ -e a ](b)\n```",
      "[last](https://git.example/acme/it/blob/v1.2.3/LICENSE)\n",
    ].join("\n\n"),
  );
  assert.equal(
    readmeElsewhere("[up](../docs/a.md), [own](mod.ts)", { ...home, folder: "sigstore" }),
    "[up](https://git.example/acme/it/blob/v1.2.3/docs/a.md), " +
      "[own](https://git.example/acme/it/blob/v1.2.3/sigstore/mod.ts)",
  );
});

Deno.test("what the README links to is published to JSR with it, which shows it there", () => {
  const { publish } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));
  const published = (path: string) =>
    (publish.include as string[]).some((form) =>
      new RegExp(`^${form.replaceAll(".", "\\.").replace("**/*", ".+")}$`).test(path)
    );
  const text = readFileSync(inRoot("README.md"), "utf8").replace(/^```[^]*?^```$/gm, "");
  const targets = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));
  assert.ok(targets.length > 5);
  for (const target of targets) {
    assert.ok(existsSync(inRoot(target)) && published(target), target);
  }
});
