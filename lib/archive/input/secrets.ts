/**
 * Names that files with secrets usually have.
 *
 * @module
 */

const NAMES = new RegExp(
  [
    String.raw`(?:^|/)\.git/config`, // holds the token of a checkout
    String.raw`(?:^|/)\.(?:git-credentials|netrc|npmrc|pypirc|htpasswd|pgpass)`,
    String.raw`(?:^|/)\.env(?:\.(?!example$|sample$|template$|dist$)[^/]*)?`,
    String.raw`(?:^|/)\.docker/config\.json`,
    String.raw`(?:^|/)\.aws/credentials`,
    String.raw`(?:^|/)id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)`,
    String.raw`(?:^|/)[^/]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx)`,
  ].map((pattern) => `(?:${pattern})$`).join("|"),
  "i",
);

/**
 * Whether a file is likely to hold a secret, by its name alone.
 *
 * @param path in an archive
 */
export function looksSecret(path: string): boolean {
  return NAMES.test(path);
}
