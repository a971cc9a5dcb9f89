/**
 * Signs and verifies OCI artifacts with Sigstore.
 *
 * @module
 */

export {};
