/**
 * Every limit, with its unit and its reason. Those that an option raises (`maxEntries`, `maxBytes`,
 * `maxFileBytes`) are defaults; the others are fixed.
 *
 * @module
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Manifest bytes accepted: the size that registries must accept (distribution spec, "Pushing Manifests"). */
export const MAX_MANIFEST_BYTES = 4 * MiB;
/** Config bytes accepted: the OCI image config is read whole and parsed. */
export const MAX_CONFIG_BYTES = 4 * MiB;
/** Layers in one image: the most that overlay file systems and registries are known to handle is 127. */
export const MAX_LAYERS = 512;
/** Nesting of an index inside an index that is followed to find a platform. */
export const MAX_INDEX_DEPTH = 2;

/** Entries of any kind unpacked of every artifact; of a larger one more ({@linkcode MIN_ENTRY_BYTES}). */
export const MAX_ENTRIES = 100_000;
/** Bytes that an artifact has sent for each entry beyond those: trees of files that hold something send hundreds. */
export const MIN_ENTRY_BYTES = 64;
/**
 * Bytes of names and link targets for each entry that is allowed, on average: they are held in memory. Names
 * of source trees and of installed packages have 40 to 120.
 */
export const NAME_BYTES_AN_ENTRY = 256;
/** Bytes of names and link targets that are allowed however few entries are. */
export const FREE_NAME_BYTES = 4 * MiB;
/**
 * Components of paths and targets walked while links of lower layers are followed, for each byte of the
 * names read so far. One link on the way of a name takes about one for four bytes.
 */
export const LINK_STEPS_A_BYTE = 16;
/** As {@linkcode LINK_STEPS_A_BYTE}, whatever the names are. */
export const FREE_LINK_STEPS = 1_000_000;
/** Bytes unpacked of every artifact; of a larger one more ({@linkcode MAX_RATIO}). */
export const MAX_BYTES = 10_000_000_000;
/** Bytes unpacked for each byte sent, beyond those: logs that repeat themselves shrink 50:1, and nothing else has to. */
export const MAX_RATIO = 200;
/** Entries listed of an image, and unpacked of one by default, however large it is: about a kilobyte of memory each. */
export const MAX_LISTED_ENTRIES = 1_000_000;
/** Bytes of a path in an archive: PATH_MAX on Linux. */
export const MAX_PATH_BYTES = 4096;
/** Bytes of one component of a path: NAME_MAX on Linux. */
export const MAX_NAME_BYTES = 255;
/** Links followed in one path before it is called a loop: Linux's own bound (path_resolution(7)). */
export const MAX_LINK_HOPS = 40;
/** Components of a path: what a tree walk can hold open without trouble. */
export const MAX_PATH_DEPTH = 1024;
/** Compressed table of contents: about 250 bytes an entry at a million entries, compressed 5:1. */
export const MAX_TOC_BYTES = 64 * MiB;
/** Table of contents after decompression. */
export const MAX_TOC_PLAIN_BYTES = 512 * MiB;
/** Plain bytes of a table for each compressed one, beyond the first 16 MiB: digests keep real ones below 8. */
export const MAX_TOC_RATIO = 64;
/** Plain bytes of a table that need no compressed ones to answer for them: half a million short rows. */
export const FREE_TOC_BYTES = 16 * MiB;
/** Tables of an image's layers that are in the making at a time: enough to hide the way to a registry. */
export const TABLE_READS = 8;
/** Bytes of a file for each chunk that its table may cut it into; writers make chunks of 64 KiB and more. */
export const BYTES_A_CHUNK = 1024;
/** Chunks of one table that need no bytes to answer for them: small files have one each anyway. */
export const FREE_CHUNKS = 65_536;
/** Characters of a modification time in a table: RFC 3339 with nanoseconds has 35. */
export const MAX_TIME_CHARS = 64;
/** One chunk of a table: it is held in memory and checked before a byte of it is handed out; writers use 4 MiB. */
export const MAX_CHUNK_BYTES = 64 * MiB;
/** A member after decompression: a chunk, and the headers of entries without content behind it. */
export const MAX_MEMBER_BYTES = 128 * MiB;
/**
 * Bytes inflated and passed over to read one file: what stands before its chunks in their members. Writers
 * put small files together in members of 64 KiB to 4 MiB.
 */
export const MAX_PASSED_BYTES = 128 * MiB;
/** Bytes asked for at a layer's end to find the table: it holds that of some 20,000 files. */
export const TOC_TAIL_BYTES = 1 * MiB;
/** A layer that is downloaded whole for a part of it without a warning: some seconds of a slow line. */
export const SURPRISING_DOWNLOAD_BYTES = 32 * MiB;
/** Window of a zstd frame, which a reader holds in memory: what the zstd tool accepts unless told otherwise. */
export const MAX_ZSTD_WINDOW_BYTES = 128 * MiB;
/**
 * Plain bytes of a layer without a table kept in a temporary file for each compressed one, so that files
 * can be read at once. Of a layer that grows more, each file that is read is unpacked by itself.
 */
export const MAX_SPOOL_RATIO = 16;
/** As {@linkcode MAX_SPOOL_RATIO}, however small the layer is. */
export const FREE_SPOOL_BYTES = 64 * MiB;
/** A PAX extended header or a GNU long name: paths, link targets and a few numbers. */
export const MAX_TAR_META_BYTES = 1 * MiB;
/** Bytes of all PAX headers that describe an archive and no entry: Git writes one of 52 bytes. */
export const MAX_TAR_GLOBAL_BYTES = 1 * MiB;
/** Bytes of PAX headers and GNU long names for each entry, on average: a path, a target, some attributes. */
export const TAR_META_BYTES_AN_ENTRY = 16 * KiB;
/** As {@linkcode TAR_META_BYTES_AN_ENTRY}, however few entries there are. */
export const FREE_TAR_META_BYTES = 16 * MiB;
/** PAX records for each entry, on average; archives with extended attributes have some 10. */
export const PAX_RECORDS_AN_ENTRY = 64;
/** As {@linkcode PAX_RECORDS_AN_ENTRY}, however few entries there are. */
export const FREE_PAX_RECORDS = 65_536;

/**
 * Referrers looked at in search of a signature: so many of the API's, and so many of the fallback tag's.
 * Only what could be a signature counts. Each takes two requests, and a few milliseconds where it is wrong.
 */
export const MAX_REFERRERS = 5000;
/** Referrers that say they are something else, looked at when no other satisfies: few registries list a wrong type. */
export const MAX_OTHER_REFERRERS = 32;
/** Referrers listed in all, of whatever type: some 300 bytes of memory each. */
export const MAX_REFERRERS_LISTED = 100_000;
/** Bytes of all pages of one list of referrers: that many of some 600 bytes. */
export const MAX_LIST_BYTES = 64 * MiB;
/** Bytes of a referrer's manifest read in search of a signature; cosign's have under 1 KiB. */
export const MAX_REFERRER_BYTES = 256 * KiB;
/**
 * Bytes of small manifests and signatures read in one search: as many referrers as are looked at, of 13 KiB
 * each. Go blobber and cosign make signatures of under 10.
 */
export const MAX_VERIFICATION_BYTES = 64 * MiB;
/** A manifest or signature that is small: larger ones have an allowance of their own, and take none from these. */
export const SMALL_SIGNATURE_BYTES = 64 * KiB;
/** Bytes of larger manifests and signatures read in one search. */
export const MAX_LARGE_VERIFICATION_BYTES = 16 * MiB;
/** Bytes of signatures held back in one search because others are likelier to satisfy. */
export const MAX_WAITING_BYTES = 16 * MiB;
/** Time for one search for a signature, in milliseconds: what the slowest registry needs for all that is looked at. */
export const MAX_SEARCH_MS = 300_000;
/** Referrers read at once: enough to hide the way to a registry, few enough not to be limited by it. */
export const REFERRER_READS = 4;
/** Referrers read at once where there is a crowd of them. */
export const CROWD_READS = 8;
/** Referrers read before a signature is attached, to find that it is there already. */
export const MAX_SAME_REFERRERS = 100;
/** Generations of referrers that a copy follows: a signature of a bill of materials of an artifact is two. */
export const MAX_REFERRER_DEPTH = 4;
/** Referrers that a copy takes along in all: some thirty thousand requests. */
export const MAX_COPIED_REFERRERS = 10_000;
/** Blobs that a copy moves at once. */
export const COPY_STREAMS = 3;
/** Layers that are files and that a pull downloads at once: enough to fill a link that one connection does not. */
export const FILE_STREAMS = 4;
/** Indexes inside an index that are read to find a platform. */
export const MAX_NESTED_INDEXES = 16;
/** Bytes of one signature (bundle) read before any parsing; Go blobber and cosign make under 20 KiB. */
export const MAX_SIGNATURE_BYTES = 1 * MiB;
/** Entries of a transparency log in one bundle, checked before any cryptography (GHSA-cq38-jh5f-37mq); one or two are made. */
export const MAX_LOG_ENTRIES = 32;
/** Signed timestamps in one bundle, for the same reason. */
export const MAX_TIMESTAMPS = 32;
/** Certificates in the chain of one bundle; Fulcio's has three. */
export const MAX_CERTIFICATES = 10;
/** Hashes in an inclusion proof: the height of a tree of 2^63 leaves. */
export const MAX_PROOF_HASHES = 64;
/** Bytes of one certificate, timestamp or key in DER: Fulcio's certificates have under 2 KiB, timestamps with their chain under 8. */
export const MAX_DER_BYTES = 64 * KiB;
/** Elements of one such document, those in octet strings included; a timestamp with its chain has some 400. */
export const MAX_DER_ELEMENTS = 8192;
/** Nesting of such a document; a certificate inside a timestamp goes 16 deep. */
export const MAX_DER_DEPTH = 32;
/** Bytes of an object identifier: reading its numbers takes the square of them. Those in use have under 20. */
export const MAX_OID_BYTES = 64;
/** Bytes of an integer outside of keys: half of a P-521 signature has 67, a serial number 20 (RFC 5280, 4.1.2.2). */
export const MAX_DER_INTEGER_BYTES = 128;
/** Bits of an RSA modulus: OpenSSL's own limit. Checking a signature takes the square of them. */
export const MAX_RSA_BITS = 16_384;
/** Bits of an RSA exponent, of which each is a multiplication; 65537, with 17, is what everybody uses. */
export const MAX_RSA_EXPONENT_BITS = 32;
/** Bytes of a checkpoint; Rekor's have under 1 KiB, with the signatures of a dozen witnesses under 4. */
export const MAX_CHECKPOINT_BYTES = 16 * KiB;
/** Signatures under one checkpoint, the log's and its witnesses'. */
export const MAX_CHECKPOINT_SIGNATURES = 64;
/** Subjects of a statement, read before it is known to be a signature. */
export const MAX_SUBJECTS = 1024;
/** Nesting of JSON in a bundle, a statement or a trusted root; the deepest that is made has 9. */
export const MAX_JSON_DEPTH = 32;
/** Bytes of a trusted root; the public one has 7 KiB. */
export const MAX_TRUSTED_ROOT_BYTES = 1 * MiB;
/** Bytes of a public key file: a PEM of RSA 16384 has under 4 KiB. */
export const MAX_KEY_BYTES = 64 * KiB;
/** Bytes of one metadata file of a TUF repository; Sigstore's largest has 20 KiB. */
export const MAX_TUF_BYTES = 4 * MiB;

/** Roots of a TUF repository followed in one go (TUF specification, 5.3.3): Sigstore makes two a year. */
export const MAX_TUF_ROOTS = 64;
/** Time for a TUF repository's whole answer to one request, in milliseconds. */
export const TUF_TIMEOUT_MS = 20_000;
/** Time for all requests of one update, in milliseconds: a repository may name a new root each time it is asked. */
export const TUF_UPDATE_MS = 120_000;
/** Age of a TUF check after which the network is asked again, in milliseconds: Sigstore renews its own weekly. */
export const TUF_REFRESH_MS = 24 * 60 * 60 * 1000;
/** Age of the last TUF check up to which the option `offline` uses a trust root whose timestamp has expired, in milliseconds. */
export const MAX_OFFLINE_AGE_MS = 90 * 24 * 60 * 60 * 1000;
/** Pages of a list (tags, referrers) followed. */
export const MAX_PAGES = 1000;
/** Bytes of one page of a list. */
export const MAX_PAGE_BYTES = 8 * MiB;
/** Tags listed in all. */
export const MAX_TAGS = 100_000;

/** Bytes of a layout's `index.json`: some 100,000 manifests. */
export const MAX_INDEX_FILE_BYTES = 32 * MiB;
/** Manifests of a layout read to find out what refers to one of them: as many as its `index.json` holds. */
export const MAX_LAYOUT_MANIFESTS = 100_000;
/** Bytes of a lock file: it names a process. */
export const MAX_LOCK_BYTES = 1024;
/** Age of a lock whose holder cannot be looked up after which it is taken to be gone, in milliseconds. */
export const LOCK_STALE_MS = 60_000;
/** The same for the claim that a pull has on its destination, whose holder renews it. */
export const CLAIM_STALE_MS = 120_000;
/** How often it does so, in milliseconds. */
export const CLAIM_RENEW_MS = 20_000;
/** The longest wait for a lock, in milliseconds: longer than it takes until a lost one is stale. */
export const LOCK_WAIT_MS = 90_000;

/** Bytes of an entry or a record in the cache: a manifest's digests, or what a push left to know. */
export const MAX_CACHE_RECORD_BYTES = 4 * MiB;
/** Bytes of the names in an artifact that the cache notes: some 100 a name, of as many as may be listed. */
export const MAX_LISTING_BYTES = 128 * MiB;
/** Layers remembered of directories that begin alike: versions that a person goes back and forth between. */
export const MAX_PUSH_RECORDS = 4;
/** Bytes checked at once where a part of a cached blob is read: half a millisecond of hashing. */
export const CACHE_BLOCK_BYTES = 1 * MiB;
/** Age under which a cached blob that no entry names may still be on its way, in milliseconds. */
export const CACHE_GRACE_MS = 3_600_000;
/** The longest that a tag may be taken from the cache, in milliseconds: beyond it a freeze would go unseen. */
export const MAX_CACHE_TTL_MS = 86_400_000;

/** Bytes of an error body read for its message. */
export const MAX_ERROR_BODY_BYTES = 64 * KiB;
/** Characters of a message from outside that are shown. */
export const MAX_MESSAGE_CHARS = 300;
/** Bytes of a token response. */
export const MAX_TOKEN_BYTES = 1 * MiB;
/** Characters of a `WWW-Authenticate` header that are parsed. */
export const MAX_CHALLENGE_CHARS = 16 * KiB;
/** Redirects followed for one request. */
export const MAX_REDIRECTS = 10;
/** Tries of one request, the first included. */
export const MAX_TRIES = 5;
/** The longest pause that a `Retry-After` is honoured for, in milliseconds; a longer one is an error that says so. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** Silence on a connection after which it is given up, in milliseconds. Total time is not limited. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Bytes that must come in the time of an idle timeout; a peer that sends less is as good as silent. */
export const MIN_BYTES_PER_IDLE = 4 * KiB;
/** Time for a credential helper to answer, in milliseconds. */
export const HELPER_TIMEOUT_MS = 30_000;
/** Bytes of a credential helper's answer or a credentials file. */
export const MAX_CREDENTIALS_BYTES = 4 * MiB;

/** Bytes of one answer of a signing service: a certificate chain or a log entry is under 64 KiB. */
export const MAX_SERVICE_BYTES = 1 * MiB;
/** Tries of one request to a signing service, the first included: a person waits for it. */
export const MAX_SERVICE_TRIES = 3;
/** Silence of a signing service after which it is given up, in milliseconds; a log adds within seconds. */
export const SERVICE_IDLE_TIMEOUT_MS = 30_000;
/** Time for the whole answer of a signing service, in milliseconds: one that sends a byte now and then is never silent. */
export const SERVICE_TIMEOUT_MS = 60_000;
/** The longest pause that a signing service's `Retry-After` is honoured for, in milliseconds. */
export const MAX_SERVICE_PAUSE_MS = 10_000;
/** Characters of an identity token; those of CI systems are under 4 KiB. */
export const MAX_IDENTITY_TOKEN_CHARS = 32 * KiB;
/** Time for a person to log in with a browser or on another device, in milliseconds. */
export const LOGIN_TIMEOUT_MS = 300_000;
/** Bytes of a private key file or a signing configuration. */
export const MAX_KEY_FILE_BYTES = 1 * MiB;
/** Bytes of a file of certificate authorities: those of whole systems have a quarter of a megabyte. */
export const MAX_CA_FILE_BYTES = 4 * MiB;
/** Rounds of a passphrase's derivation: some seconds. Tools take from 2,048 to a million. */
export const MAX_KEY_ITERATIONS = 10_000_000;
/** Services of one kind that a signing configuration may list, and that are used at once. */
export const MAX_SIGNING_SERVICES = 32;
/** Memory for scrypt when it opens an encrypted key, in bytes: cosign's own parameters take 64 MiB. */
export const MAX_SCRYPT_BYTES = 256 * MiB;
