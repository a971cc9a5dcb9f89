/**
 * The shapes of JSON results, for the reference page. The tests of the command line compare what the
 * program prints with them.
 *
 * @module
 */

/** What every document holds. */
const REFERENCE = "the reference, in full";
const DIGEST = "digest of the manifest";
const TREE = "digest of the tree, which compression and times do not change";
const SIGNER =
  "who signed, if a signature was demanded: `kind` (`certificate`, `key`), `issuer`, `subject`, `claims` or `fingerprint`, and `time` and `log` if they are verified";

const RULES =
  "a list of `name`, `match`, `except`, `nameBinding`, `signedAs`, `legacy`, `unsigned`, `any`, and the `file` and its `scope` (`system`, `user`)";
const TRUST_LIST = {
  unmatched: "what holds where no rule matches: `allow`, `warn` or `deny`",
  rules: RULES,
};
const CACHE_INFO = {
  path: "the cache's directory",
  size: "bytes of the cache",
  entries: "a list of `digest`, `size`, `created` and `used`",
};

/** Fields of each command's document beside `version`; those that end in `?` may be absent. */
export const SHAPES: Record<string, Record<string, string>> = {
  push: {
    reference: REFERENCE,
    digest: DIGEST,
    mediaType: "media type of the manifest",
    size: "bytes of the manifest",
    "layer?":
      "of a directory or a tar: `digest`, `diffId`, `size`, `entries` of the layer, with `--base` of the one on top",
    "base?":
      "with `--base`: `digest` of the base where there is one, how many of its layers were `kept` and how many `absorbed`, why one `whole` layer was made if it was, all `layers` with `digest` and `size`, and bytes of layers that were `sent`",
    "artifactType?": "of files: what kind of artifact it is",
    "layers?": "of files: a list of `path`, `mediaType`, `digest`, `size`",
    files: "how many files are in it",
    bytes: "bytes of all files",
    "tree?": TREE,
    tags: "tags that point to it now",
    "signature?": "digest of the referrer that holds the signature",
    "entries?":
      "with `--dry-run`: a list of `path`, `type`, `size`, `mode`, `linkTarget` for links, and `secret` for files that seem to hold one: what it seems to be",
  },
  pull: {
    reference: REFERENCE,
    digest: DIGEST,
    "directory?": "where it was written",
    "file?": "the tar, with `--to-tar`",
    entries: "entries that are in place now",
    files: "files among them, and further names of files",
    bytes: "bytes of all files",
    "changes?":
      "of a directory: how many files and links were `added`, `changed`, `unchanged` and `removed`; with `--dry-run`, would be",
    "preview?":
      "with `--dry-run`: lists of paths, `added`, `changed` and `removed`, and `toFetch`, the bytes of layers that would be fetched",
    fetched: "bytes of layers that came from the registry or layout",
    reused: "bytes of layers that came out of the cache",
    "signer?": SIGNER,
  },
  ls: {
    reference: REFERENCE,
    digest: DIGEST,
    entries:
      "a list of `path`, `type` (`file`, `directory`, `symlink`, `hardlink`), `size`, `mode` (octal text), `mtime` (seconds since 1970), `linkTarget` for links",
    "signer?": SIGNER,
  },
  cat: {
    reference: REFERENCE,
    digest: DIGEST,
    "signer?": SIGNER,
    "path?": "path in the artifact, if one PATH names the only file",
    "size?": "bytes of the file",
    "encoding?": "`utf-8`, or `base64` for what is not text",
    "content?": "the file",
    "files?": "else a list of `path`, `size`, `encoding` and `content`, in the order of the PATHs",
  },
  cp: {
    reference: REFERENCE,
    digest: DIGEST,
    "signer?": SIGNER,
    "path?": "path in the artifact, if one PATH names the only file",
    "destination?": "file that was written; with directories, DEST",
    "size?": "bytes of the file",
    "files?":
      "of several files: a list of `path`, `destination` and `size`; with directories, how many files",
    "entries?": "with directories: entries written",
    "bytes?": "with directories: bytes of all files",
  },
  diff: {
    before: "the first: its `directory`, or its `reference` and `digest`, and `signer` as of `ls`",
    after: "the second, as `before`",
    same: "whether nothing differs",
    changes:
      "a list of `path`, `kind` (`added`, `removed`, `changed`), `differs` (of what changed: `type`, `content`, `mode`, `target`), and `before` and `after` with `type`, `size`, `mode` (octal text) and `linkTarget` for links",
    totals:
      "`added`, `removed`, and `changed` with `before` and `after`: `files`, `directories`, `links`, and `bytes` of the files",
  },
  check: {
    directory: "what was checked",
    reference: "against what",
    "claimed?": "`true` where REF was left out: the reference is what the receipt says",
    digest: "digest of the manifest",
    same: "whether the directory is what the artifact says, after a repair",
    differences:
      "a list of `path`, `kind` (`missing`, `changed`, `extra`) and `differs` (of what changed: `type`, `content`, `mode`, `target`)",
    files: "files that were right before a repair, hard links among them",
    directories: "directories that were",
    links: "symbolic links that were",
    bytes: "bytes of these files",
    "repaired?": "with `--repair`: a list of paths that were repaired",
    whole: "digests of layers without a table of contents, which were read whole",
    fetched: "bytes of layers that were fetched",
    reused: "bytes of layers that came out of the cache",
    "signer?": SIGNER,
  },
  copy: {
    "from?": "of one artifact: what was copied",
    to: "where to",
    "digest?": DIGEST,
    "mediaType?": "media type of the manifest",
    "size?": "bytes of the manifest",
    "blobs?": "`copied`, `mounted`, `present`: how many blobs",
    "bytes?": "bytes of the blobs that were sent",
    "referrers?": "signatures and other referrers that were copied",
    "tags?": "tags that point to it now",
    "signer?": SIGNER,
    "copied?": "of several: a list of what was copied, each with the fields of one",
    "failed?": "of several: a list of what was not, each with `from`, `to`, `code` and `message`",
  },
  rm: {
    dryRun: "whether nothing was removed, with `--dry-run`",
    removals:
      "for each repository or layout: `reference`, `removed`, `goes` and `stays`, lists of `kind` (`tag`, `manifest`) with `tag` or `role` (`artifact`, `platform`, `referrer`, `list`), `digest`, `mediaType`, `size`, `artifactType`, and `why` for what stays; and `freed` with `blobs` and `bytes` of a layout",
    "failed?":
      "of several repositories or layouts: a list of those where it failed, each with `reference`, `code` and `message`",
  },
  tags: {
    reference: "the repository or layout",
    tags: "tags in the order of versions, the newest last",
  },
  repos: {
    host: "the registry",
    repositories: "names as other commands take them, in the order of the registry",
  },
  resolve: {
    reference: REFERENCE,
    digest: "digest of what the reference names, or of the manifest chosen with `--platform`",
    mediaType: "its media type",
    size: "its bytes",
  },
  inspect: {
    reference: REFERENCE,
    digest: "digest of what is described: the index or the manifest",
    "kind?": "`manifest` or `index`",
    mediaType: "media type of it; with `--raw`, of the part",
    size: "bytes of it; with `--raw`, of the part",
    "index?": "digest of the index that the manifest was chosen from",
    "artifactType?": "what kind of artifact it says it is",
    "created?": "when it says it was made, in its own words",
    "platform?": "`os`, `architecture`, `variant`, `os.version` of its config",
    "config?":
      "`mediaType`, `digest`, `size`, and `summary`: what the config says, as text or lists of text by name",
    "layers?":
      "a list of `mediaType`, `digest`, `size`, `annotations`, `compression` (`none`, `gzip`, `zstd`), `title`, and `table` (`format`, `entries`, `files`, `bytes`) where it has a table of contents",
    "manifests?":
      "of an index: a list of `mediaType`, `digest`, `size`, `platform`, `artifactType`",
    "files?":
      "`entries`, `files`, `bytes` with all layers applied, where tables of contents tell them",
    "tree?": "digest of the tree that the manifest states; `digest --tree` computes it",
    "annotations?": "its annotations",
    "subject?": "`mediaType`, `digest`, `size` of what it refers to",
    "signers?": `a list of ${SIGNER}`,
    "signed?": "what carries the signatures: `root`, or `manifest` for one chosen from an index",
    "referrers?":
      "`signatures`, `attestations`, `sboms`, `others`: how many refer to it, none of them verified; `more` if there are more, or some could not be read",
    "tags?":
      "with `--tags`: `names` of the tags that name the same digest, `looked`: how many tags were asked, `more` if there are more",
    "raw?":
      "with `--raw`: `part`, `encoding` (`utf-8`, or `base64` for what is not text), `content`",
  },
  tree: {
    reference: REFERENCE,
    digest: "digest of what the tree is of",
    "signers?": `a list of ${SIGNER}`,
    isCut: "whether something is left out anywhere",
    tree:
      "`kind` (`manifest`, `index`, `signature`, `attestation`, `sbom`, `artifact`, `unread`), `digest`, `mediaType`, `size`, `artifactType`, `format`, `platform`, `tag`, `created`, `problem` (`code`, `message`), `repeated`; `signatures`: a list of `state` (`verified`, `refused`, `unchecked`), `signer`, `refusal` (`code`, `message`), `claims` (`kind`, `signer`, `time`, `predicateType`; not verified); `manifests` and `referrers`: lists of the same; `leftOut` (`referrers`, `more`, `manifests`, `unasked`)",
  },
  digest: {
    "directory?": "the directory, as it was written",
    "reference?": REFERENCE,
    "digest?": `${DIGEST}; with \`--tree\`, of an artifact's alone`,
    "tree?": `${TREE}; of an artifact, only with \`--tree\``,
    "entries?": "entries in the tree, where `tree` is there",
    "signer?": SIGNER,
  },
  tag: {
    reference: REFERENCE,
    digest: DIGEST,
    mediaType: "media type of the manifest",
    size: "bytes of the manifest",
    tags: "tags that were set",
  },
  sign: {
    reference: REFERENCE,
    digest: DIGEST,
    mediaType: "media type of the manifest",
    size: "bytes of the manifest",
    signature: "digest of the referrer that holds the signature",
    added: "`false` if the artifact already had this signature",
  },
  verify: {
    reference: REFERENCE,
    digest:
      "the verified digest: of what the reference names or, if that is an index that is not signed, of the manifest chosen from it",
    mediaType: "media type of what is verified",
    signed: "`what` (`root`, or `manifest` for one chosen from an index) and its `digest`",
    "unsignedIndex?": "digest of the index, if only a manifest of it is signed; it is not verified",
    signature: "digest of the referrer that holds the signature",
    signer: SIGNER,
    checks: "a list of `name`, `result` (`passed`, `absent`, `unchecked`), `evidence`",
    rejected: "other signatures, which do not satisfy: `digest`, `code`, `message`",
  },
  trust: TRUST_LIST,
  "trust list": TRUST_LIST,
  "trust check": {
    reference: REFERENCE,
    name: "the name that rules are matched against",
    matched: "whether a rule is about it",
    rules: `${RULES}, that demand a signature of it`,
    "digest?": "digest of what satisfies them",
    "signers?": "who signed it, for people",
  },
  "trust add": { rule: "the rule, with the keys of the file", file: "the configuration file" },
  "trust remove": { name: "name of the rule", file: "the configuration file" },
  login: { host: "the registry", username: "the user", stored: "the file or helper that keeps it" },
  logout: { host: "the registry" },
  cache: CACHE_INFO,
  "cache info": CACHE_INFO,
  "cache clear": {
    path: "the cache's directory",
    removed: "entries that were removed",
    removedBytes: "their bytes",
  },
  "cache prune": {
    path: "the cache's directory",
    removed: "entries that were removed",
    removedBytes: "their bytes",
    remaining: "entries that are left",
    remainingBytes: "their bytes",
  },
  version: {
    blobber: "version of blobber",
    "commit?": "of a binary: the commit of its sources",
    "target?": "of a binary: what it was made for",
    runtime: "what runs it: `deno`, `node` or `bun`",
    "deno?": "version of Deno",
    "node?": "version of Node",
    "bun?": "version of Bun",
    "v8?": "version of V8",
    "webkit?": "commit of WebKit, whose engine Bun has",
    "typescript?": "version of TypeScript",
    platform: "operating system and processor",
  },
  upgrade: {
    current: "version of this blobber",
    release: "the newest stable version, or the one that was asked for",
    newer: "whether the release is newer than this blobber",
    artifact: "the repository of the releases",
    changed: "whether the binary was replaced",
    "command?": "where nothing was to be replaced: what upgrades this blobber",
    "reference?": "of a release that was verified: its reference",
    "digest?": DIGEST,
    "signer?": SIGNER,
    "program?": "the file of the binary",
  },
  completion: { shell: "the shell", script: "its script" },
  config: {
    settings: "a list of `key`, `value`, `origin` (`flag`, `default`, a variable, a file)",
    registries: "blocks by host",
    files: "configuration files that were read",
  },
  "config path": { path: "the configuration file" },
  "config init": { path: "the configuration file", created: "`true`" },
  "config get": { key: "the key", value: "its value in force" },
  "config set": { key: "the key", value: "its value", path: "the configuration file" },
  "config unset": {
    key: "the key",
    removed: "whether it was set",
    path: "the configuration file",
  },
  help: { help: "the text" },
};
