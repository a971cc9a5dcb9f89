/**
 * What can be done at a registry that removes nothing by the distribution API. Loaded after a refusal.
 *
 * @module
 */

/** What there is in place of the API, by the end of a registry's host name. */
const PLACES: readonly [host: RegExp, hint: string][] = [
  [
    /(^|\.)ghcr\.io$/,
    "GitHub removes versions of a package on its page, or by its own API: " +
    "DELETE /user/packages/container/NAME/versions/ID, with a token for delete:packages",
  ],
  [
    /(^|\.)docker\.(io|com)$/,
    "Docker Hub removes tags on its page, or by its own API: DELETE /v2/repositories/NAME/tags/TAG",
  ],
  [/\.amazonaws\.com(\.cn)?$/, "ECR removes images with: aws ecr batch-delete-image"],
  [/(^|\.)quay\.io$/, "Quay removes tags on the repository's page, or by its own API"],
  [/(^|\.)gitlab\./, "GitLab removes tags on the project's page, or by a cleanup policy"],
  [
    /(^|\.)jfrog\.io$|artifactory/,
    "Artifactory removes what is in a local repository, for users with the permission Delete",
  ],
  [/\.azurecr\.io$/, "ACR removes images with: az acr repository delete"],
  [
    /(^|[.-])(docker\.pkg\.dev|gcr\.io)$/,
    "Google removes images with: gcloud artifacts docker images delete",
  ],
];

/**
 * What a person can do there.
 *
 * @param address `host[:port]` of the registry
 */
export function removalHint(address: string): string {
  const host = address.replace(/:\d+$/, "");
  return PLACES.find(([pattern]) => pattern.test(host))?.[1] ??
    "its operator decides that: distribution removes manifests where " +
      "REGISTRY_STORAGE_DELETE_ENABLED=true is set; other registries have a page or an API of their own";
}
