import { test } from "node:test";
import assert from "node:assert/strict";
import type { Policy } from "./policy.ts";
import { type BundleOptions, DEVELOPER } from "../../tests/fakes/bundles.ts";
import {
  key,
  make,
  pemOf,
  refused,
  STATEMENT,
  trust,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";

useSigstore();

for (
  const [name, subject, issuer] of [
    ["a longer domain", "dev@example.com.evil.org", DEVELOPER.issuer],
    ["a prefix", "dev@example.co", DEVELOPER.issuer],
    ["another case", "Dev@example.com", DEVELOPER.issuer],
    ["a regular expression", ".+@example.com", DEVELOPER.issuer],
    ["a dot for any letter", "dev@examplexcom", DEVELOPER.issuer],
    ["another issuer", DEVELOPER.subject, "https://issuer.example"],
    ["an issuer with a slash", DEVELOPER.subject, `${DEVELOPER.issuer}/`],
  ] as const
) {
  test(`sigstore-js e66d99f: a valid signature does not fit ${name}`, () =>
    refused(
      verify(make(STATEMENT), { signers: [{ issuer, subject }], trust }),
      "identity-mismatch",
      /signed by "dev@example\.com".*expected/,
    ));
}

test("any one of several signers is enough", async () => {
  const other = { issuer: DEVELOPER.issuer, subject: "other@example.com" };
  const signers: Policy["signers"] = [other, DEVELOPER, { key: pemOf(key) }];
  await verify(make(STATEMENT), { signers, trust });
  await verify(make("v0.3 statement, key"), { signers, trust });
  await refused(
    verify(make(STATEMENT), { signers: [other, { key: pemOf(key) }], trust }),
    "identity-mismatch",
    /other@example\.com.*or the key SHA256:/,
  );
});

test("a key never verifies a bundle with a certificate, nor an identity one with a key", async () => {
  await refused(
    verify(make(STATEMENT, { key }), { signers: [{ key: pemOf(key) }] }),
    "identity-mismatch",
  );
  await refused(
    verify(make(STATEMENT, { key }), { signers: [{ key: pemOf(key) }], trust }),
    "identity-mismatch",
  );
  await refused(verify(make("v0.3 statement, key")), "identity-mismatch");
  await refused(verify(make("v0.3 statement, key"), { unsafe: true, trust }), "identity-mismatch");
});

test("unsafe takes any certificate, and none that is not valid", async () => {
  const verdict = await verify(make(STATEMENT), { unsafe: true, trust });
  assert.match(verdict.checks[5]!.evidence, /any signer is accepted/);
  await refused(
    verify(make(STATEMENT, { leaf: { sct: false } }), { unsafe: true, trust }),
    "signature-invalid",
  );
});

const CALLED = "https://github.com/acme/workflows/.github/workflows/release.yml@refs/heads/main";
const github = (repository: string): Partial<BundleOptions["leaf"] & object> => ({
  names: [{ uri: CALLED }],
  claims: {
    5: repository,
    12: `https://github.com/${repository}`,
    14: "refs/pull/7/merge",
    15: "1234",
    11: "self-hosted",
  },
});

test("the subject of a reusable workflow does not say who called it, its claims do", async () => {
  const signers: [typeof DEVELOPER] = [{ issuer: DEVELOPER.issuer, subject: CALLED }];
  const ours = make(STATEMENT, { leaf: github("acme/demo") });
  const theirs = make(STATEMENT, { leaf: github("evil/demo") });
  await verify(theirs, { signers, trust });
  await verify(ours, { signers, trust, repo: "acme/demo" });
  for (const repo of ["acme/dem", "acme/demo2", "evil/acme/demo", "cme/demo"]) {
    await refused(
      verify(ours, { signers, trust, repo }),
      "identity-mismatch",
      /source-repository-uri/,
    );
  }
  await refused(verify(theirs, { signers, trust, repo: "acme/demo" }), "identity-mismatch");
  await refused(
    verify(theirs, { unsafe: true, trust, repo: "acme/demo" }),
    "identity-mismatch",
  );
});

test("pull requests, renamed repositories and self-hosted runners are told by their claims", async () => {
  const signers: [typeof DEVELOPER] = [{ issuer: DEVELOPER.issuer, subject: CALLED }];
  const bundle = make(STATEMENT, { leaf: github("acme/demo") });
  await verify(bundle, {
    signers,
    trust,
    claims: { "Source Repository Identifier": "1234", SourceRepositoryRef: "refs/pull/7/merge" },
  });
  for (
    const claims of [
      { "source-repository-ref": "refs/heads/main" },
      { "source-repository-identifier": "12345" },
      { "runner-environment": "github-hosted" },
      { "deployment-environment": "production" },
    ]
  ) await refused(verify(bundle, { signers, trust, claims }), "identity-mismatch", /claim/);
});

test("a certificate whose two names of a repository differ is not of either", () =>
  refused(
    verify(
      make(STATEMENT, {
        leaf: {
          ...github("acme/demo"),
          claims: { 5: "evil/demo", 12: "https://github.com/acme/demo" },
        },
      }),
      { signers: [{ issuer: DEVELOPER.issuer, subject: CALLED }], trust, repo: "acme/demo" },
    ),
    "identity-mismatch",
  ));

for (
  const [name, leaf] of [
    ["two subjects", { names: [{ email: DEVELOPER.subject }, { email: "evil@example.com" }] }],
    ["no subject", { names: [] }],
    ["two issuers", { issuer: DEVELOPER.issuer, issuerV2: "https://evil.test" }],
    ["a URI that is a mail address", { names: [{ uri: DEVELOPER.subject }] }],
    ["a mail address that is a URI", { names: [{ email: CALLED }] }],
    ["a subject with a line break", { names: [{ email: "dev@example.com\n" }] }],
    ["a NUL in its subject", { names: [{ email: "dev@example.com\0.evil.org" }] }],
  ] as const
) {
  test(`a certificate with ${name} is refused`, () =>
    refused(
      verify(make(STATEMENT, { leaf: leaf as BundleOptions["leaf"] & object }), {
        unsafe: true,
        trust,
      }),
      "signature-invalid",
    ));
}

test("an issuer that stands in one of the two extensions alone is enough", async () => {
  await verify(make(STATEMENT, { leaf: { issuerV2: DEVELOPER.issuer } }));
});
