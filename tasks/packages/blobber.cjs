#!/usr/bin/env node
// What npm installs as `blobber`. The program itself is made of modules that a Node which is too old cannot read,
// so this asks first how old it is, in words that every Node knows.
"use strict";

// The task that packs writes here the oldest Node that is tested.
const OLDEST = "22.0.0";

/** Whether this is Node, and older. Other runtimes say which Node they are like. */
function isTooOld(versions) {
  if (versions.bun !== undefined || versions.deno !== undefined) return false;
  const own = versions.node.split(".").map(Number);
  const oldest = OLDEST.split(".").map(Number);
  return own[0] < oldest[0] || (own[0] === oldest[0] && own[1] < oldest[1]);
}

/**
 * The file of the working directory that Bun took variables from. They could change what is verified, in a
 * directory that someone else made.
 */
function readByBun() {
  if (process.execArgv.some((flag) => /^--(no-)?env-file/.test(flag))) return undefined;
  const fs = require("fs");
  return fs.readdirSync(".").filter((name) => /^\.env(\.|$)/.test(name)).find((name) => {
    try {
      const names = fs.readFileSync(name, "utf8").match(/[A-Za-z_]\w*(?=\s*[=:])/g) || [];
      return names.some((name) => process.env[name] !== undefined);
    } catch (_) { // a directory, for instance: Bun cannot read it either
      return false;
    }
  });
}

function refuse(error, hint) {
  process.stderr.write("Error: " + error + "\nHint: " + hint + "\n");
  process.exit(2);
}

if (isTooOld(process.versions)) {
  refuse(
    "this is Node " + process.versions.node + ", expected " + OLDEST + " or newer",
    "npx -y -p node@24 -p @blobber/cli blobber … runs it with a newer one",
  );
}
const env = process.versions.bun === undefined ? undefined : readByBun();
if (env !== undefined) {
  refuse(
    "Bun has taken variables from " + JSON.stringify(env) +
      " in this directory, which may not be yours",
    "bun --no-env-file does not, and Node never does",
  );
}
import("./program/blobber.js");
