import assert from "node:assert/strict";
import { test } from "node:test";
import { blobOf } from "../../tests/fakes/store_suite.ts";
import { type Annotations, type Document, type Manifest, MEDIA_TYPE } from "../types.ts";
import { kindOf } from "./referrer_kind.ts";

const SIGN = "https://sigstore.dev/cosign/sign/v1";
const SLSA = "https://slsa.dev/provenance/v1";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

interface Shape {
  artifactType?: string;
  config?: string;
  layers?: [type: string, annotations?: Annotations][];
  annotations?: Annotations;
}

function documentOf({ artifactType, config = MEDIA_TYPE.empty, layers = [], annotations }: Shape) {
  const value: Manifest = {
    schemaVersion: 2,
    config: blobOf("{}", config),
    layers: layers.map(([type, annotations]) => ({
      ...blobOf(type, type),
      ...annotations && { annotations },
    })),
    ...artifactType && { artifactType },
    ...annotations && { annotations },
  };
  const descriptor = { ...blobOf("m"), mediaType: MEDIA_TYPE.manifest };
  return { descriptor, bytes: new Uint8Array(), value } as Document<Manifest>;
}

const predicate = (type: string) => ({ "dev.sigstore.bundle.predicateType": type });

const CASES: [name: string, Shape, expected: object][] = [
  ["a bundle", { artifactType: BUNDLE }, { kind: "signature", type: BUNDLE }],
  ["a bundle with cosign's predicate", {
    artifactType: BUNDLE,
    annotations: predicate(SIGN),
  }, { kind: "signature", type: BUNDLE }],
  ["a bundle with another predicate", {
    artifactType: BUNDLE,
    annotations: predicate(SLSA),
  }, { kind: "attestation", type: BUNDLE, predicateType: SLSA }],
  ["a bundle whose type stands on its config", { config: BUNDLE }, {
    kind: "signature",
    type: BUNDLE,
  }],
  ["cosign's older signatures", {
    config: MEDIA_TYPE.config,
    layers: [["application/vnd.dev.cosign.simplesigning.v1+json"]],
  }, { kind: "signature", type: "application/vnd.dev.cosign.simplesigning.v1+json" }],
  ["a Notary signature", {
    artifactType: "application/vnd.cncf.notary.signature",
    layers: [["application/jose+json"]],
  }, { kind: "signature", type: "application/vnd.cncf.notary.signature" }],
  ["cosign's older attestation", {
    config: MEDIA_TYPE.config,
    layers: [["application/vnd.dsse.envelope.v1+json", { predicateType: SLSA }]],
  }, {
    kind: "attestation",
    type: "application/vnd.dsse.envelope.v1+json",
    predicateType: SLSA,
  }],
  ["BuildKit's attestation", {
    config: MEDIA_TYPE.config,
    layers: [["application/vnd.in-toto+json", { "in-toto.io/predicate-type": SLSA }]],
  }, { kind: "attestation", type: "application/vnd.in-toto+json", predicateType: SLSA }],
  ["SPDX", { artifactType: "application/spdx+json" }, {
    kind: "sbom",
    type: "application/spdx+json",
    format: "SPDX",
  }],
  ["CycloneDX", { artifactType: "application/vnd.cyclonedx+xml" }, {
    kind: "sbom",
    type: "application/vnd.cyclonedx+xml",
    format: "CycloneDX",
  }],
  ["cosign's SBOM under a tag", { config: MEDIA_TYPE.config, layers: [["text/spdx"]] }, {
    kind: "sbom",
    type: "text/spdx",
    format: "SPDX",
  }],
  ["cosign's SBOM as a referrer", {
    artifactType: "application/vnd.dev.cosign.artifact.sbom.v1+json",
    layers: [["application/vnd.cyclonedx+json"]],
  }, {
    kind: "sbom",
    type: "application/vnd.dev.cosign.artifact.sbom.v1+json",
    format: "CycloneDX",
  }],
  ["something else", { artifactType: "application/vnd.example.thing" }, {
    kind: "artifact",
    type: "application/vnd.example.thing",
  }],
  ["a Helm chart", { config: "application/vnd.cncf.helm.config.v1+json" }, {
    kind: "artifact",
    type: "application/vnd.cncf.helm.config.v1+json",
  }],
  ["an image", { config: MEDIA_TYPE.config, layers: [[MEDIA_TYPE.layerGzip]] }, {
    kind: "artifact",
    type: undefined,
  }],
  // A name that only begins alike is none of them.
  ["a type that begins as another", { artifactType: "application/spdxish" }, {
    kind: "artifact",
    type: "application/spdxish",
  }],
];

for (const [name, shape, expected] of CASES) {
  test(`kind of a referrer: ${name}`, () => {
    assert.deepEqual({ ...kindOf(documentOf(shape)) }, expected);
  });
}
