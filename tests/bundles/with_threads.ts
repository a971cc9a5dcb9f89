/**
 * The program as it begins when its bundle of one file is to have threads.
 *
 * @module
 */

import { appendFileSync } from "node:fs";
import process from "node:process";
import { isThread, serve } from "@blobber/core/thread";

declare const __filename: string;

if (isThread) {
  appendFileSync(process.env["BUNDLED_RUNS"]!, "thread\n");
  serve();
} else {
  const bundle = import.meta.url ?? __filename;
  void import("./program.ts").then(({ main }) => main(bundle));
}
