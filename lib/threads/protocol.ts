/**
 * What a thread and its opener say to each other. A thread says first who it is; what says something else is
 * not ours and is given nothing.
 *
 * @module
 */

import type { Advice } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { JobName } from "./jobs.ts";

/** The begin of the name of every thread that blobber opens, and the first word of every thread. */
export const PROTOCOL = "blobber-thread";

/** What a thread is opened for. It is in its name, so that it is known before the first message. */
export interface Opening {
  /** The job that it loads at once. */
  job: JobName;
  /** Address of the module that it runs. */
  module: string;
}

/** The name of a thread. */
export function threadName({ job, module }: Opening): string {
  return `${PROTOCOL} ${job} ${module}`;
}

/** What the name of a thread says; `undefined` for the name of anything else. */
export function readThreadName(name: unknown): Opening | undefined {
  const [protocol, job, ...module] = typeof name === "string" ? name.split(" ") : [];
  if (protocol !== PROTOCOL || module.length === 0) return undefined;
  return { job: job as JobName, module: module.join(" ") };
}

/** The first message of a thread. */
export interface Hello {
  protocol: typeof PROTOCOL;
  /** The package's: what is said after this is between two copies of the same version. */
  version: string;
  /**
   * Memory of a number that both sides see: how many messages the thread has answered. Under Deno an answer
   * waits until its receiver has nothing else to do; this does not.
   */
  answered: SharedArrayBuffer;
}

/** Whether a message is the first of a thread that runs this version. */
export function isHello(message: unknown): message is Hello {
  const { protocol, version, answered } = Object(message) as Partial<Hello>;
  return protocol === PROTOCOL && version === VERSION && answered instanceof SharedArrayBuffer;
}

/** A job that a thread is given. */
export interface Request {
  id: number;
  job: JobName;
  input: unknown;
}

/** What a thread answers. */
export type Answer = { id: number; output: unknown } | { id: number; error: SentError };

/** An error as it crosses threads: its class and code are lost on the way and made anew. */
export interface SentError {
  code: string | undefined;
  message: string;
  advice: Advice | undefined;
  stack: string | undefined;
}
