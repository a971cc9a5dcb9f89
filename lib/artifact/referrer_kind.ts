/**
 * What a referrer is, by the types that its manifest names: a signature, an attestation, a bill of materials, or
 * something else. Its maker says so; nothing proves it.
 *
 * @module
 */

import type { ReferrerKind } from "../looking.ts";
import { type Document, type Index, type Manifest, MEDIA_TYPE } from "../types.ts";

/** What the types of a manifest say. */
export interface KindFound {
  kind: ReferrerKind;
  /** Its artifact type; where it states none, the type of its config or of a layer that says what it is. */
  type: string | undefined;
  /** Of a bill of materials: in which form it is written. */
  format?: string | undefined;
  /** Of an attestation: the type of what it states, as an annotation says. */
  predicateType?: string | undefined;
}

/** On the manifest of a Sigstore bundle, and of what BuildKit puts into an index. */
const PREDICATE_TYPES = ["dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type"];
/** As {@linkcode PREDICATE_TYPES}, on a layer, as cosign wrote it before bundles. */
const LAYER_PREDICATE_TYPES = [...PREDICATE_TYPES, "predicateType"];
/** The predicate that means "signed": cosign's. */
const SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

const SIGNATURE =
  /^application\/vnd\.(?:dev\.sigstore\.bundle[.+]|dev\.cosign\.(?:simplesigning\.v1|artifact\.sig\.v1)\+json|cncf\.notary\.signature)/;
const ATTESTATION =
  /^application\/vnd\.(?:in-toto[.+]|dsse\.envelope\.v1\+json|dev\.cosign\.artifact\.att\.v1\+json)/;
const SBOM_FORMATS: readonly [RegExp, string][] = [
  [/^(?:application|text)\/(?:vnd\.)?spdx(?:[+.;-]|$)/, "SPDX"],
  [/^application\/vnd\.cyclonedx(?:[+.;]|$)/, "CycloneDX"],
  [/^application\/vnd\.syft(?:[+.;]|$)/, "Syft"],
];
const COSIGN_SBOM = "application/vnd.dev.cosign.artifact.sbom.v1+json";
/** What says nothing of what an artifact is for. */
const PLAIN: readonly string[] = [
  MEDIA_TYPE.empty,
  MEDIA_TYPE.config,
  MEDIA_TYPE.dockerConfig,
  "application/vnd.unknown.config.v1+json",
];

/**
 * Finds out what a manifest is by its own words.
 *
 * @param document checked
 */
export function kindOf({ value }: Document<Manifest | Index>): KindFound {
  const layers = "layers" in value ? value.layers.map(({ mediaType }) => mediaType) : [];
  const config = "config" in value ? value.config.mediaType : undefined;
  const types = [value.artifactType, config, ...layers]
    .filter((type) => type !== undefined && type !== "" && !PLAIN.includes(type)) as string[];
  for (const one of types) {
    const type = value.artifactType || one;
    if (SIGNATURE.test(one)) {
      const predicateType = statedPredicate(value);
      return predicateType === undefined || predicateType === SIGN_PREDICATE
        ? { kind: "signature", type }
        : { kind: "attestation", type, predicateType };
    }
    if (ATTESTATION.test(one)) {
      return { kind: "attestation", type, predicateType: statedPredicate(value) };
    }
    const format = formatOf(one);
    if (format !== undefined) return { kind: "sbom", type, format };
    // Its layer says in which form it is.
    if (one === COSIGN_SBOM) {
      return { kind: "sbom", type, format: types.map(formatOf).find((found) => found) };
    }
  }
  const type = value.artifactType || config;
  return { kind: "artifact", type: type !== undefined && PLAIN.includes(type) ? undefined : type };
}

/** The type of an attestation's statement, as an annotation of its layer says it. */
export function layerPredicate(
  layer: { annotations?: Record<string, string> },
): string | undefined {
  return first(layer.annotations, LAYER_PREDICATE_TYPES);
}

function statedPredicate(value: Manifest | Index): string | undefined {
  const layer = "layers" in value ? value.layers.find(layerPredicate) : undefined;
  return first(value.annotations, PREDICATE_TYPES) ?? (layer && layerPredicate(layer));
}

function first(
  annotations: Record<string, string> | undefined,
  keys: readonly string[],
): string | undefined {
  return keys.map((key) => annotations?.[key]).find((value) => value !== undefined && value !== "");
}

function formatOf(type: string): string | undefined {
  return SBOM_FORMATS.find(([pattern]) => pattern.test(type))?.[1];
}
