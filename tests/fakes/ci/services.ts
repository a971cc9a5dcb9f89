/**
 * What a job of a CI system finds on the network: releases of blobber to install, a registry, and a Sigstore that
 * knows the job.
 *
 * @module
 */

import { GITHUB_REQUEST_TOKEN } from "../sigstore/oidc.ts";
import { TARGETS, thisTarget } from "../../../tasks/binary/targets.ts";
import { treeVersion } from "../../../tasks/release/version.ts";
import { type Downloads, startDownloads } from "../downloads.ts";
import { type Releases, startReleases } from "../releases.ts";
import { standIn } from "../standin_binary.ts";

/** The issuers as they are called outside the tests too: nothing of theirs is asked for. */
export const ISSUERS = {
  github: "https://token.actions.githubusercontent.com",
  gitlab: "https://gitlab.com",
} as const;

/** The services. */
export class CiServices implements AsyncDisposable {
  readonly releases: Releases;
  readonly #downloads: Downloads;
  readonly #root: string;

  private constructor(releases: Releases, downloads: Downloads, root: string) {
    this.releases = releases;
    this.#downloads = downloads;
    this.#root = root;
  }

  /** Starts them, with the release of this tree. */
  static async start(): Promise<CiServices> {
    const [releases, downloads] = await Promise.all([startReleases(), startDownloads()]);
    const root = Deno.makeTempFileSync({ suffix: ".json" });
    Deno.writeTextFileSync(root, releases.trustedRoot);
    return new CiServices(releases, downloads, root);
  }

  /** Publishes the release of this tree, as the real one is. */
  async release(): Promise<void> {
    const version = treeVersion();
    const { file } = TARGETS[thisTarget()];
    const files = { [file]: await standIn({ version }) };
    const checksums = await this.releases.push(version, files);
    this.#downloads.files.set(`/v${version}/${file}`, files[file]!);
    this.#downloads.files.set(`/v${version}/checksums.txt`, checksums);
  }

  /** The registry's name. */
  get host(): string {
    return this.releases.registry.host;
  }

  /** The variables by which blobber and its installer use these in place of the real ones. */
  get env(): Record<string, string> {
    const { sigstore, artifact } = this.releases;
    return {
      CI: "true",
      BLOBBER_DOWNLOADS: this.#downloads.url,
      BLOBBER_ARTIFACT: artifact,
      BLOBBER_SIGN_FULCIO: sigstore.urls.fulcio,
      BLOBBER_SIGN_REKOR: sigstore.urls.rekor1,
      BLOBBER_VERIFY_TRUSTED_ROOT: this.#root,
    };
  }

  /**
   * The variables of a job of GitHub's that may ask for an identity.
   *
   * @param workflow its repository, file and ref
   */
  githubIdentity(workflow: string): Record<string, string> {
    const { sigstore } = this.releases;
    sigstore.onRequest = ({ service, path, headers }) => {
      if (service !== "oidc" || !path.startsWith("/gha/token")) return undefined;
      if (headers.authorization !== `Bearer ${GITHUB_REQUEST_TOKEN}`) return { status: 401 };
      const aud = new URL(path, "http://x").searchParams.get("audience");
      const token = sigstore.oidc.githubToken({
        iss: ISSUERS.github,
        aud,
        job_workflow_ref: workflow,
      });
      return { status: 200, body: JSON.stringify({ value: token }) };
    };
    return sigstore.githubEnvironment();
  }

  /**
   * The identity token of a job of GitLab's.
   *
   * @param aud what the job asks for it for
   * @param subject the file of the pipeline, and the ref
   */
  gitlabToken(aud: string, subject: string): string {
    return this.releases.sigstore.oidc.token({ iss: ISSUERS.gitlab, sub: subject, aud });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.removeSync(this.#root);
    await Promise.all([
      this.releases[Symbol.asyncDispose](),
      this.#downloads[Symbol.asyncDispose](),
    ]);
  }
}
