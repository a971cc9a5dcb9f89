import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobberError } from "../errors.ts";
import { fileError, missingPermission } from "./system_error.ts";

/** An error as a runtime makes it. */
function thrown(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

test("a permission that a runtime withholds is one error, in whichever words it is told", () => {
  const cases: [Error, message: RegExp, flag: string][] = [
    [
      thrown("NotCapable", 'Requires read access to "/x", run again with the --allow-read flag'),
      /^not allowed to read "\/x": .* --allow-read for it$/,
      "--allow-read",
    ],
    [
      thrown(
        "NotCapable",
        'Requires net access to "ghcr.io:443", run again with the --allow-net flag',
      ),
      /^not allowed to connect to "ghcr\.io:443": .* --allow-net for it$/,
      "--allow-net",
    ],
    [
      thrown("NotCapable", "Requires env access, run again with the --allow-env flag"),
      /^not allowed to read environment variables: /,
      "--allow-env",
    ],
    [
      // What a compiled program says.
      thrown(
        "NotCapable",
        'Requires write access to "a", specify the required permissions during compilation using ' +
          "`deno compile --allow-write`",
      ),
      /^not allowed to write "a": /,
      "--allow-write",
    ],
    [
      thrown("TypeError", 'Requires read access to "/a.ts", run again with the --allow-read flag', {
        code: "ERR_MODULE_NOT_FOUND",
      }),
      /^not allowed to read "\/a\.ts"/,
      "--allow-read",
    ],
    [
      thrown("Error", "getaddrinfo EPERM localhost", {
        code: "EPERM",
        syscall: "getaddrinfo",
        hostname: "localhost",
      }),
      /^not allowed to connect to "localhost"/,
      "--allow-net",
    ],
    [
      thrown("Error", "Access to this API has been restricted", {
        code: "ERR_ACCESS_DENIED",
        permission: "FileSystemWrite",
        resource: "/a",
      }),
      /^not allowed to write "\/a"/,
      "--allow-fs-write",
    ],
  ];
  for (const [cause, message, flag] of cases) {
    const error = missingPermission(cause);
    assert.ok(error !== undefined, cause.message);
    assert.deepEqual([error.code, error.exitStatus, error.cause], ["missing-permission", 2, cause]);
    assert.match(error.message, message);
    assert.ok(error.hint!.includes(flag), error.hint);
  }
});

test("it is found under the error of what was under way, and text in it steers no terminal", () => {
  const cause = thrown(
    "NotCapable",
    'Requires read access to "/a\n\x1b[2J", run again with the --allow-read flag',
  );
  const inner = new BlobberError("network", "the connection broke", { cause });
  const outer = new BlobberError("trust-root", "cannot be fetched", { cause: inner });
  assert.equal(
    missingPermission(outer)?.message.slice(0, 35),
    'not allowed to read "/a\\x0a\\x1b[2J"',
  );
  assert.equal(fileError("cannot read", "/a", cause).code, "missing-permission");
});

test("any other error is another", () => {
  for (
    const error of [
      thrown("Error", "EPERM: operation not permitted, unlink 'a'", { code: "EPERM" }),
      thrown("Error", "the answer Requires read access to nothing"),
      new BlobberError("file-system", "permission denied"),
      "Requires read access to a",
      undefined,
    ]
  ) assert.equal(missingPermission(error), undefined);
  const circle = new Error("a");
  circle.cause = circle;
  assert.equal(missingPermission(circle), undefined);
});
