/**
 * Limits on what comes from outside, and on how often and how long something is tried: each with its unit and
 * its reason. Those that an option raises (`maxEntries`, `maxBytes`, `maxFileBytes`) are defaults; the others
 * are fixed.
 *
 * Four kinds of numbers stand beside the code that uses them: what makes work only faster or slower (sizes of
 * buffers, when another thread is worth it), what a format fixes, how many names a message shows, and what
 * bounds the command line alone (what a user writes there, how long a completion waits, what `-o json` holds).
 *
 * @module
 */

export * from "./limits/sigstore.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of a manifest: registries must accept 4 MiB (distribution spec, "Pushing Manifests"). */
export const MAX_MANIFEST_BYTES: number = 4 * MiB;
/** Bytes of a config, which is read whole: as many as a manifest may have. */
export const MAX_CONFIG_BYTES: number = 4 * MiB;
/** Layers in one image: four times the 127 that overlay file systems handle. */
export const MAX_LAYERS = 512;
/** Levels of indexes, the outermost included: an index may hold indexes, and those hold none. */
export const MAX_INDEX_DEPTH = 2;
/** Indexes inside an index that are read to find a platform: each takes a request. */
export const MAX_NESTED_INDEXES = 16;
/** Characters of a repository's name: registries keep it in 255. */
export const MAX_REPOSITORY_CHARS = 255;

/** Paths compared with one that was mistyped: 20,000 take some 50 ms, a million would delay the error. */
export const MAX_COMPARED_PATHS = 20_000;

/** Threads that pack or unpack: more than 8 wait for the one that hashes, sends or reads, and take memory. */
export const MAX_THREADS = 8;
/** Milliseconds in which a thread says who it is: on a machine with much else to do it takes a second. */
export const THREAD_START_MS = 10_000;
/** Milliseconds that threads are kept for the next call: to start them again takes a tenth of one. */
export const THREAD_IDLE_MS = 5_000;

/** Entries of any kind unpacked of every artifact; larger ones may have more ({@linkcode MIN_ENTRY_BYTES}). */
export const MAX_ENTRIES = 100_000;
/** Bytes sent for each entry beyond those: trees of files with content send hundreds. */
export const MIN_ENTRY_BYTES = 64;
/**
 * Bytes of names and link targets for each entry that is allowed, on average: they are held in memory. Names
 * in source trees and installed packages have 40 to 120.
 */
export const NAME_BYTES_AN_ENTRY = 256;
/** Bytes of names and link targets that are allowed however few the entries are: 16,000 of 256 bytes. */
export const FREE_NAME_BYTES: number = 4 * MiB;
/**
 * Components of paths and targets walked to follow links of lower layers, for each byte of the names read so
 * far. One link on the way of a name takes about one for four bytes.
 */
export const LINK_STEPS_A_BYTE = 16;
/** As {@linkcode LINK_STEPS_A_BYTE}, however short the names are: what 62 KB of them allow. */
export const FREE_LINK_STEPS = 1_000_000;
/** Bytes unpacked of every artifact; larger ones may have more ({@linkcode MAX_RATIO}). */
export const MAX_BYTES = 10_000_000_000;
/** Bytes unpacked for each byte sent, beyond those: logs that repeat themselves shrink 50:1, little else does. */
export const MAX_RATIO = 200;
/** Entries listed of an image, and by default unpacked of one, however large: about a kilobyte of memory each. */
export const MAX_LISTED_ENTRIES = 1_000_000;
/** Bytes of a path in an archive: PATH_MAX on Linux is 4096. */
export const MAX_PATH_BYTES = 4096;
/** Bytes of one component of a path: NAME_MAX on Linux is 255. */
export const MAX_NAME_BYTES = 255;
/** Links followed in one path before it is called a loop: Linux follows 40 (path_resolution(7)). */
export const MAX_LINK_HOPS = 40;
/** Times that a component of a local path is looked at again because it changed: each change is another user's race. */
export const MAX_PATH_LOOKS = 10;
/** Components of a path: half of what fits into 4096 bytes. */
export const MAX_PATH_DEPTH = 1024;
/** Bytes of a compressed table of contents: a million entries of 250 bytes, compressed 5:1, have 50 MB. */
export const MAX_TOC_BYTES: number = 64 * MiB;
/** Bytes of a table of contents after decompression: a million entries of 250 bytes have 250 MB. */
export const MAX_TOC_PLAIN_BYTES: number = 512 * MiB;
/** Plain bytes of a table for each compressed one, beyond the first 16 MiB: digests keep real ones below 8. */
export const MAX_TOC_RATIO = 64;
/** Plain bytes of a table that need no compressed ones: half a million short rows. */
export const FREE_TOC_BYTES: number = 16 * MiB;
/** Tables of an image's layers read at once: 8 hide the time that a registry takes to answer. */
export const TABLE_READS = 8;
/** Files of an image that are read at once to be hashed: as tables, to hide the time that an answer takes. */
export const FILES_READ = 8;
/** Bytes of a file for each chunk that its table cuts it into: writers make chunks of 64 KiB and more. */
export const BYTES_A_CHUNK = 1024;
/** Chunks of one table that need no bytes: each small file has one. */
export const FREE_CHUNKS = 65_536;
/** Characters of a modification time in a table: RFC 3339 with nanoseconds has 35. */
export const MAX_TIME_CHARS = 64;
/** Bytes of one chunk, held in memory and checked before a byte of it is handed out: writers use 4 MiB. */
export const MAX_CHUNK_BYTES: number = 64 * MiB;
/** Bytes of a member after decompression: a chunk of 64 MiB, and headers of entries without content behind it. */
export const MAX_MEMBER_BYTES: number = 128 * MiB;
/**
 * Bytes inflated and passed over to read one file: what stands before its chunks in their members. Writers
 * put small files together in members of 64 KiB to 4 MiB.
 */
export const MAX_PASSED_BYTES: number = 128 * MiB;
/** Bytes asked for at a layer's end to find the table: it holds that of some 20,000 files. */
export const TOC_TAIL_BYTES: number = 1 * MiB;
/** Bytes of a layer that is downloaded whole for a part of it without a warning: 3 seconds at 100 Mbit/s. */
export const SURPRISING_DOWNLOAD_BYTES: number = 32 * MiB;
/** Bytes of the window of a zstd frame, held in memory: the zstd tool accepts 128 MiB unless told otherwise. */
export const MAX_ZSTD_WINDOW_BYTES: number = 128 * MiB;
/** Bytes of the header of a gzip member: 64 KiB of an extra field, and 1 KiB for a name and a comment. */
export const MAX_GZIP_HEADER_BYTES: number = 65 * KiB;
/**
 * Plain bytes of a layer without a table that are kept in a temporary file for each compressed one, so that
 * files can be read at once: text shrinks some 4:1. Of a layer that grows more, each file is unpacked by itself.
 */
export const MAX_SPOOL_RATIO = 16;
/** As {@linkcode MAX_SPOOL_RATIO}, however small the layer is: as much as one chunk may have. */
export const FREE_SPOOL_BYTES: number = 64 * MiB;
/** Bytes of a file that is read whole into memory, and kept there, where it has one digest over all of it. */
export const SMALL_FILE_BYTES: number = 8 * MiB;
/** Bytes of such files that stay in memory for the next reader: four of the largest. */
export const MAX_KEPT_IN_MEMORY_BYTES: number = 32 * MiB;
/** Bytes of larger ones that stay in temporary files for the next reader, beside the last that was read. */
export const MAX_KEPT_ON_DISK_BYTES: number = 1024 * MiB;
/** Files that stay for the next reader; each in a temporary file is one that this process has open. */
export const MAX_KEPT_FILES = 64;
/** Bytes of a layer that are fetched at once and held for files that are read one after the other. */
export const MAX_JOINED_BYTES: number = 4 * MiB;
/** Bytes of a file that is read into memory when its reader does not say how many: more are for a stream. */
export const MAX_READ_BYTES: number = 64 * MiB;
/** Bytes of a PAX extended header or a GNU long name: a path and a target have 8 KiB at the most. */
export const MAX_TAR_META_BYTES: number = 1 * MiB;
/** Bytes of all PAX headers that describe an archive and no entry: Git writes one of 52 bytes. */
export const MAX_TAR_GLOBAL_BYTES: number = 1 * MiB;
/** Bytes of PAX headers and GNU long names for each entry, on average: a path and a target have 8 KiB at the most. */
export const TAR_META_BYTES_AN_ENTRY: number = 16 * KiB;
/** As {@linkcode TAR_META_BYTES_AN_ENTRY}, however few entries there are: 1000 of 16 KiB. */
export const FREE_TAR_META_BYTES: number = 16 * MiB;
/** PAX records for each entry, on average: archives with extended attributes have some 10. */
export const PAX_RECORDS_AN_ENTRY = 64;
/** As {@linkcode PAX_RECORDS_AN_ENTRY}, however few entries there are: 1000 of 64. */
export const FREE_PAX_RECORDS = 65_536;
/** Bytes of zeros behind the end of a tar: GNU tar pads to records of 10 KiB, and of more where it is told. */
export const MAX_TAR_END_BYTES: number = 1 * MiB;
/** Bytes of a file that is searched for private keys: the largest in use have 7 KB. */
export const MAX_KEY_SEARCH_BYTES: number = 64 * KiB;
/** Bytes at the beginning of a file that are searched for tokens: 64 KiB would slow a push of sources by 4 %. */
export const MAX_SECRET_SEARCH_BYTES: number = 8 * KiB;
/** Bytes of an ignore file: each path is held against every pattern, and the longest in use have some 20 KiB. */
export const MAX_IGNORE_BYTES: number = 256 * KiB;

/**
 * Referrers looked at in search of a signature: this many of the API's, and this many of the fallback tag's.
 * Only what could be a signature counts. Each takes two requests, and a few milliseconds where it is wrong.
 */
export const MAX_REFERRERS = 5000;
/** Referrers of another declared type that are looked at when no other satisfies: few registries list a wrong type. */
export const MAX_OTHER_REFERRERS = 32;
/** Referrers listed in all, of whatever type: some 300 bytes of memory each, 30 MB together. */
export const MAX_REFERRERS_LISTED = 100_000;
/** Bytes of all pages of one list of referrers: 100,000 of some 600 bytes. */
export const MAX_LIST_BYTES: number = 64 * MiB;
/** Bytes of a referrer's manifest read in search of a signature: cosign's have under 1 KiB. */
export const MAX_REFERRER_BYTES: number = 256 * KiB;
/** Bytes of small manifests and signatures read in one search: 5000 of 13 KiB; blobber's and cosign's have under 10. */
export const MAX_VERIFICATION_BYTES: number = 64 * MiB;
/** Bytes of a small manifest or signature: larger ones have an allowance of their own; cosign's have under 10 KiB. */
export const SMALL_SIGNATURE_BYTES: number = 64 * KiB;
/** Bytes of larger manifests and signatures read in one search: 16 of the largest that are accepted. */
export const MAX_LARGE_VERIFICATION_BYTES: number = 16 * MiB;
/** Bytes of signatures held back in one search because others are likelier to satisfy: 1000 of 16 KiB. */
export const MAX_WAITING_BYTES: number = 16 * MiB;
/** Time for one search for a signature, in milliseconds: 10,000 requests, 4 at once, of 120 ms. */
export const MAX_SEARCH_MS = 300_000;
/** Referrers read at once: 4 hide the time that a registry takes to answer, and do not make it refuse. */
export const REFERRER_READS = 4;
/** Referrers read at once where there are more than 16. */
export const CROWD_READS = 8;
/** Referrers read before a signature is attached, to find that it is there already; behind 100 it is added again. */
export const MAX_SAME_REFERRERS = 100;
/** Generations of referrers that a copy follows: a signature of an artifact's bill of materials is the second. */
export const MAX_REFERRER_DEPTH = 4;
/** Referrers that a copy takes along in all: some 30,000 requests. */
export const MAX_COPIED_REFERRERS = 10_000;
/** Blobs that a copy moves at once: 3 fill a link that one connection does not. */
export const COPY_STREAMS = 3;
/** Questions that a copy asks one store at once: round trips are hidden, and a connection each is opened once. */
export const COPY_ASKS = 8;
/** Bytes of manifests that a copy holds at once: those of hundreds of platforms, or one of the largest. */
export const MAX_COPY_AHEAD_BYTES: number = 4 * MiB;
/** Manifests that a copy has under way at once: their blobs fill the streams, and 32 have a connection each. */
export const MAX_DOCUMENTS_AT_ONCE = 32;
/** Layers that are files and that a pull downloads at once: 4 fill a link that one connection does not. */
export const FILE_STREAMS = 4;

/** Readings in a row that must show an entry of the fallback tag: one may come before another writer's write. */
export const FALLBACK_READINGS = 2;
/** The longest random pause before such a reading, in milliseconds: a registry takes some 50 for a PUT. */
export const FALLBACK_PAUSE_MS = 120;
/** Times that a lost entry of the fallback tag is written again: each is lost to one of 20 other writers at the most. */
export const MAX_FALLBACK_WRITES = 20;
/** Entries of the fallback tag that are looked for whenever it is written: 8 rounds of 4 requests at once. */
export const MAX_CHECKED_REFERRERS = 32;
/** Pages of a list (tags, referrers) followed: 100,000 tags in pages of 100. */
export const MAX_PAGES = 1000;
/** Bytes of one page of a list: 10,000 tags of 128 characters have 1.3 MB. */
export const MAX_PAGE_BYTES: number = 8 * MiB;
/** Tags asked for at a time: some registries give no more than 1000. */
export const TAGS_A_PAGE = 1000;
/** Tags listed in all: 13 MB of the longest. */
export const MAX_TAGS = 100_000;
/** Tags whose digest is asked for at the same time: each is one small request, and a repository has hundreds. */
export const TAG_READS = 8;
/** Repositories in a registry's catalogue: tens of times what large ones have, and a few megabytes of names. */
export const MAX_REPOSITORIES = 100_000;

/** Bytes of a layout's `index.json`: some 100,000 manifests. */
export const MAX_INDEX_FILE_BYTES: number = 32 * MiB;
/** Manifests of a layout read to find out what refers to one of them: as many as its `index.json` holds. */
export const MAX_LAYOUT_MANIFESTS = 100_000;
/** How long a blob of a layout may wait for the manifest that it was written for: more than a slow push takes. */
export const AWAITED_BLOB_MS = 3_600_000;
/** Bytes of a lock file: it names a process. */
export const MAX_LOCK_BYTES = 1024;
/** Age of a lock whose holder cannot be looked up after which it counts as gone, in milliseconds: holders need seconds. */
export const LOCK_STALE_MS = 60_000;
/** The longest wait for a lock, in milliseconds: longer than the 60 seconds after which a lost one is stale. */
export const LOCK_WAIT_MS = 90_000;
/** The longest wait for a file that another process has open for a moment, in milliseconds: virus scanners need some hundred. */
export const BUSY_FILE_MS = 2000;
/** As {@linkcode LOCK_STALE_MS}, for a pull's claim on its destination: six renewals missed. */
export const CLAIM_STALE_MS = 120_000;
/** How often a pull renews its claim, in milliseconds. */
export const CLAIM_RENEW_MS = 20_000;
/** Times that a claim is tried: two pulls that see each other both step back. */
export const MAX_CLAIM_TRIES = 5;
/** Bytes of a note in a claim: a digest has 71. */
export const MAX_CLAIM_NOTE_BYTES = 200;

/** Bytes of an entry or a record in the cache: as many as a manifest may have. */
export const MAX_CACHE_RECORD_BYTES: number = 4 * MiB;
/** Bytes of an artifact's names that the cache keeps: a million of some 100 bytes. */
export const MAX_LISTING_BYTES: number = 128 * MiB;
/** Layers remembered of directories that begin alike: the versions that one goes back and forth between. */
export const MAX_PUSH_RECORDS = 4;
/** Bytes checked at once where a part of a cached blob is read: half a millisecond of hashing. */
export const CACHE_BLOCK_BYTES: number = 1 * MiB;
/** Bytes of a record in the state directory: what a pull notes of a million files. */
export const MAX_STATE_RECORD_BYTES: number = 128 * MiB;
/** Age below which a cached blob that no entry names may still be on its way, in milliseconds. */
export const CACHE_GRACE_MS = 3_600_000;
/** The longest that a tag may be taken from the cache, in milliseconds: for a day at most a freeze goes unseen. */
export const MAX_CACHE_TTL_MS = 86_400_000;

/** Bytes of an error body read for its message, of which 300 characters are shown. */
export const MAX_ERROR_BODY_BYTES: number = 64 * KiB;
/** Characters of a message from outside that are shown: four lines of a terminal. */
export const MAX_MESSAGE_CHARS = 300;
/** Bytes of a token response: a token has to fit into the header of a request, of which Node takes 16 KiB. */
export const MAX_TOKEN_BYTES: number = 1 * MiB;
/** Characters of a `WWW-Authenticate` header that are parsed: Node takes 16 KiB of headers. */
export const MAX_CHALLENGE_CHARS: number = 16 * KiB;
/** Scopes that a challenge may add to those of the request: registries name one or two. */
export const MAX_CHALLENGED_SCOPES = 8;
/** Life of a token in seconds, where none is stated or a shorter one (distribution's token spec, "expires_in"): 60. */
export const MIN_TOKEN_LIFE_S = 60;
/** Life of a token in seconds that is believed: 115 days; registries state minutes. */
export const MAX_TOKEN_LIFE_S = 10_000_000;
/** Time before its end in which a token is no longer used, in milliseconds: a request may take 5 seconds to arrive. */
export const TOKEN_MARGIN_MS = 5_000;
/** Redirects followed for one request: registries send one, to their storage. */
export const MAX_REDIRECTS = 10;
/** Tries of one request, the first included: with the pauses between them some 4 seconds. */
export const MAX_TRIES = 5;
/** The longest pause that a `Retry-After` is honoured for, in milliseconds; a longer one is an error that says so. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** The pause before the second try, in milliseconds: a server that restarts behind a balancer is replaced at once. */
export const MIN_BACKOFF_MS = 250;
/** The longest pause before another try that no server asked for, in milliseconds: it doubles up to here. */
export const MAX_BACKOFF_MS = 8_000;
/** The shortest pause where a server asks to be asked again at once, in milliseconds. */
export const MIN_RETRY_AFTER_MS = 100;
/** The pause before another try from which on a person is told, in milliseconds: shorter ones go unnoticed. */
export const NOTABLE_PAUSE_MS = 2_000;
/** Bytes that come before a broken download counts as broken for the first time again: each try moves it on by 1 MiB. */
export const RETRY_RESET_BYTES: number = 1 * MiB;
/** Bytes of a blob that is taken whole and cut where ranges are refused: twice what is read at its end for its table. */
export const MAX_CUT_BLOB_BYTES: number = 2 * MiB;
/** Time for a registry to answer that an upload was cancelled, in milliseconds: a person waits, and it forgets by itself. */
export const CANCEL_TIMEOUT_MS = 3_000;
/** Bytes of a blob that is kept in memory and sent in one request: configs and the layers of small trees. */
export const MAX_UPLOAD_IN_MEMORY_BYTES: number = 1 * MiB;
/**
 * Bytes of one piece of a blob that is refused as a whole, in the order in which they are tried: above the
 * least that cloud stores take (5 MiB), then below the least common limit of a proxy (1 MiB).
 */
export const UPLOAD_PIECE_SIZES: readonly number[] = [16 * MiB, MiB - 4 * KiB];
/** Connections to one host at a time: as fast as one for each request, with a fraction of the descriptors. */
export const MAX_CONNECTIONS = 32;
/** Bytes asked for at a time by a download that lost its connection to other requests, held in memory. */
export const CROWDED_PART_BYTES: number = 256 * KiB;
/** Silence on a connection after which it is given up, in milliseconds. Total time is not limited. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Bytes that must come in the time of an idle timeout: a peer that sends less than 70 a second is as good as silent. */
export const MIN_BYTES_PER_IDLE: number = 4 * KiB;
/** Time for a credential helper to answer, in milliseconds: those that ask a cloud take seconds. */
export const HELPER_TIMEOUT_MS = 30_000;
/** Bytes of a credential helper's answer or a credentials file: a thousand registries with tokens of 4 KiB. */
export const MAX_CREDENTIALS_BYTES: number = 4 * MiB;
/** Bytes of a file of certificate authorities: those of whole systems have 250 KB. */
export const MAX_CA_FILE_BYTES: number = 4 * MiB;

/** Bytes of a receipt: tables of a million files, as base64. */
export const MAX_RECEIPT_BYTES: number = 256 * MiB;
/** Parts of a receipt: manifests, signatures, and a table for each layer. */
export const MAX_RECEIPT_PARTS = 1024;

/** Referrers that a tree reads of one manifest, those under cosign's tags among them: a screen has some 50 lines. */
export const MAX_TREE_REFERRERS = 100;
/** Referrers that a tree reads in all: twice as many requests, with a signature in each. */
export const MAX_TREE_NODES = 512;
/** Referrers that a tree lists of one manifest, to say how many it leaves out: a page of most registries. */
export const MAX_TREE_LISTED = 1000;
/** Manifests of a tree of which it is asked what refers to them: five requests each, where cosign's tags count. */
export const MAX_TREE_SUBJECTS = 256;
/** Manifests of one index that a tree shows: the largest in use list some 60. */
export const MAX_TREE_MANIFESTS = 256;
/** Characters of what a signature claims that are kept: four times those of an address. */
export const MAX_CLAIM_CHARS = 1024;
/** Tags that are asked for what they name, to find those of one digest: a request each. */
export const MAX_TAGS_ASKED = 2000;
/** Values that are shown of a config, and entries of a list in it: those in use have some 20. */
export const MAX_CONFIG_VALUES = 64;
/** Indexes that a removal reads to know what they list: as many as a large repository has tags. */
export const MAX_INDEX_READS = 20_000;
