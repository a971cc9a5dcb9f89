/**
 * Limits of signing and verifying with Sigstore: of signatures, trust roots and keys, and of the services that
 * make signatures.
 *
 * @module
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of one signature (bundle), before any parsing: blobber's and cosign's have under 20 KiB. */
export const MAX_SIGNATURE_BYTES: number = 1 * MiB;
/** Entries of a transparency log in one bundle, counted before any cryptography (GHSA-cq38-jh5f-37mq): signers make one or two. */
export const MAX_LOG_ENTRIES = 32;
/** Signed timestamps in one bundle, for the same reason. */
export const MAX_TIMESTAMPS = 32;
/** Certificates in the chain of one bundle: Fulcio's has 3. */
export const MAX_CERTIFICATES = 10;
/** Hashes in an inclusion proof: a tree of 2^63 leaves needs 63. */
export const MAX_PROOF_HASHES = 64;
/** Bytes of one certificate, timestamp or key in DER: Fulcio's certificates have under 2 KiB, timestamps with their chain under 8. */
export const MAX_DER_BYTES: number = 64 * KiB;
/** Elements of one such document, those in octet strings included: a timestamp with its chain has some 400. */
export const MAX_DER_ELEMENTS = 8192;
/** Levels of such a document: a certificate inside a timestamp has 16. */
export const MAX_DER_DEPTH = 32;
/** Bytes of an object identifier, which takes the square of them to read: those in use have under 20. */
export const MAX_OID_BYTES = 64;
/** Bytes of an integer outside of keys: half of a P-521 signature has 67, a serial number 20 (RFC 5280, 4.1.2.2). */
export const MAX_DER_INTEGER_BYTES = 128;
/** Bits of an RSA modulus at least: NIST SP 800-131A accepts 2048 and more. */
export const MIN_RSA_BITS = 2048;
/** Bits of an RSA modulus at most: OpenSSL's own limit is 16,384. Checking a signature takes the square of them. */
export const MAX_RSA_BITS = 16_384;
/** The least RSA exponent, 2^16 + 1 (FIPS 186-5, A.1.1). */
export const MIN_RSA_EXPONENT = 65_537;
/** Bits of an RSA exponent, each of which is a multiplication: the usual one, 65537, has 17. */
export const MAX_RSA_EXPONENT_BITS = 32;
/** Bytes of a checkpoint: Rekor's have under 1 KiB, under 4 with the signatures of a dozen witnesses. */
export const MAX_CHECKPOINT_BYTES: number = 16 * KiB;
/** Signatures under one checkpoint: the log's, and those of 63 witnesses. */
export const MAX_CHECKPOINT_SIGNATURES = 64;
/** Subjects of a statement, read before it is known to be a signature: signers write one. */
export const MAX_SUBJECTS = 1024;
/** Characters of a certificate's subject, and of a pattern for it: a match takes their product, 4 million steps, at most. */
export const MAX_SUBJECT_CHARS = 2048;
/** Levels of JSON in a bundle, a statement or a trusted root: the deepest in use has 9. */
export const MAX_JSON_DEPTH = 32;
/** Bytes of a trusted root: the public one has 7 KiB. */
export const MAX_TRUSTED_ROOT_BYTES: number = 1 * MiB;
/** Logs, or authorities, of one kind in a trusted root: the public one has 2 of each. */
export const MAX_ROOT_PARTS = 64;
/** Bytes of a public key file: a PEM of RSA 16384 has under 4 KiB. */
export const MAX_KEY_BYTES: number = 64 * KiB;
/** By how much the clock of this machine may be wrong when it signs, in milliseconds: Fulcio's certificates are good for 10 minutes. */
export const MAX_CLOCK_SKEW_MS = 600_000;

/** Bytes of one metadata file of a TUF repository: Sigstore's largest has 20 KiB. */
export const MAX_TUF_BYTES: number = 4 * MiB;
/** Bytes of what is kept of a TUF repository: 8 files as large as one may be. */
export const MAX_TUF_STATE_BYTES: number = 8 * MAX_TUF_BYTES;
/** Roots of a TUF repository followed in one go (TUF specification, 5.3.3): Sigstore makes 2 a year. */
export const MAX_TUF_ROOTS = 64;
/** Requests of one update of TUF metadata: 64 roots, and the files after them. */
export const MAX_TUF_REQUESTS = 100;
/** Time for a TUF repository's whole answer to one request, in milliseconds: 20 KiB at 1 KiB a second. */
export const TUF_TIMEOUT_MS = 20_000;
/** Time for all requests of one update, in milliseconds: a repository may name a new root each time it is asked. */
export const TUF_UPDATE_MS = 120_000;
/** Age of a TUF check after which the network is asked again, in milliseconds: Sigstore renews its metadata weekly. */
export const TUF_REFRESH_MS: number = 24 * 60 * 60 * 1000;
/**
 * Age of the last TUF check up to which the option `offline` uses a trust root whose timestamp has expired, in
 * milliseconds: half of the 197 days that a root of Sigstore's is good for.
 */
export const MAX_OFFLINE_AGE_MS: number = 90 * 24 * 60 * 60 * 1000;

/** Bytes of one answer of a signing service: a certificate chain or a log entry has under 64 KiB. */
export const MAX_SERVICE_BYTES: number = 1 * MiB;
/** Tries of one request to a signing service, the first included: a person waits for it. */
export const MAX_SERVICE_TRIES = 3;
/**
 * The pauses before another try of a signing service, which are four times as long each time: half of this at
 * least before the second, so that all tries together outlast an outage of a second.
 */
export const SERVICE_BACKOFF_MS = 500;
/** Silence of a signing service after which it is given up, in milliseconds; a log adds within seconds. */
export const SERVICE_IDLE_TIMEOUT_MS = 30_000;
/** Time for the whole answer of a signing service, in milliseconds: one that sends a byte now and then is never silent. */
export const SERVICE_TIMEOUT_MS = 60_000;
/** The longest pause that a signing service's `Retry-After` is honoured for, in milliseconds: a person waits for it. */
export const MAX_SERVICE_PAUSE_MS = 10_000;
/** Characters of an identity token: those of CI systems have under 4 KiB. */
export const MAX_IDENTITY_TOKEN_CHARS: number = 32 * KiB;
/** Time for a person to log in with a browser or on another device, in milliseconds. */
export const LOGIN_TIMEOUT_MS = 300_000;
/** Bytes of a private key file or a signing configuration: the largest in use have 7 KB. */
export const MAX_KEY_FILE_BYTES: number = 1 * MiB;
/** Rounds of a passphrase's derivation: some seconds. Tools take from 2,048 to a million. */
export const MAX_KEY_ITERATIONS = 10_000_000;
/** Services of one kind that a signing configuration may list, and that are used at once: each is a request. */
export const MAX_SIGNING_SERVICES = 32;
/** Memory for scrypt when it opens an encrypted key, in bytes: cosign's own parameters take 64 MiB. */
export const MAX_SCRYPT_BYTES: number = 256 * MiB;
/** Lanes that scrypt works through one after the other, each as long as that memory takes: cosign's own keys have 1. */
export const MAX_SCRYPT_LANES = 16;
