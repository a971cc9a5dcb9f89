/**
 * A pool of background threads for work that keeps a processor busy: compressing, inflating, hashing.
 *
 * This module is both the pool and what its threads run: it opens itself. That is the one way that works
 * from source, bundled into one file, and over http. A program whose entry is bundled with it must do
 * nothing when {@linkcode inThread} says so.
 *
 * @module
 */

import { type JobInput, type JobName, type JobOutput, JOBS } from "./jobs.ts";
import { type Advice, BlobberError, type Code, CODES } from "../errors.ts";
import { inThread, openThread, type Ready, serveThread, type Thread } from "./thread.ts";

interface Task {
  job: JobName;
  input: unknown;
  transfer: ArrayBuffer[];
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** Without an input it is to load the job only. */
interface Request {
  id: number;
  job: JobName;
  input?: unknown;
}

/** An error as it crosses threads: its class and code are lost on the way and made anew. */
interface SentError {
  code: string | undefined;
  message: string;
  advice: Advice | undefined;
  stack: string | undefined;
}

type Answer = { id: number; output: unknown } | { id: number; error: SentError };

interface Member {
  thread: Thread;
  /** How many messages it has answered, as it counts; `undefined` until it is ready. */
  answered: Int32Array | undefined;
  /** How many of the answers were read. */
  read: number;
  gone: boolean;
  /** What it was given and has not answered. */
  tasks: Map<number, Task>;
}

/** Runs jobs of the table in `jobs.ts`, in threads or on the calling one. */
export class WorkerPool {
  readonly #size: number;
  readonly #inFlight: number;
  readonly #members: Member[] = [];
  readonly #queue: Task[] = [];
  #opened = false;
  #closed = false;
  #nextId = 0;

  /**
   * @param size how many threads; 0 runs every job on the calling thread. They are opened with the first
   * job, or by {@linkcode start}, which costs about 30 ms each: worth it above some 32 MB of work.
   * @param inFlight jobs given to one thread at a time: the second keeps it busy until it is given another.
   * A caller that is busy itself gives late, and wants more.
   */
  constructor(size: number, inFlight = 2) {
    this.#size = size;
    this.#inFlight = inFlight;
  }

  /** Opens the threads ahead of the first job, and has them load it. */
  start(job: JobName): void {
    if (!this.#opened && !this.#closed) this.#open(job);
  }

  /** Whether a thread has room for a job: one given now waits for few others, or for none. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.#idlest() !== undefined;
  }

  /**
   * Runs a job. Jobs may end in another order than they were given in; more may be given than there are
   * threads, they wait.
   *
   * @param job its name in the table
   * @param input what it takes
   * @param transfer buffers in `input` that are given away; the answer's buffers belong to the caller
   * @throws {BlobberError} what the job throws, `closed` when the pool is closed before it ends
   */
  run<J extends JobName>(
    job: J,
    input: JobInput<J>,
    transfer: ArrayBuffer[] = [],
  ): Promise<JobOutput<J>> {
    if (this.#closed) return Promise.reject(poolClosed());
    const alone = this.#size === 0 || (this.#opened && this.#members.length === 0);
    if (alone) return runHere(job, input) as Promise<JobOutput<J>>;
    return new Promise<JobOutput<J>>((resolve, reject) => {
      this.#queue.push({ job, input, transfer, resolve: resolve as Task["resolve"], reject });
      if (!this.#opened) this.#open();
      this.#dispatch();
    });
  }

  /** Stops all threads at once. Jobs that have not ended reject with `closed`. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const pending = this.#queue.splice(0);
    const stopping = this.#members.map((member) => {
      pending.push(...member.tasks.values());
      member.tasks.clear();
      member.gone = true;
      return member.thread.stop();
    });
    this.#members.length = 0;
    for (const task of pending) task.reject(poolClosed());
    await Promise.all(stopping);
  }

  #open(ahead?: JobName): void {
    this.#opened = true;
    for (let i = 0; i < this.#size; i++) {
      const thread = openThread(new URL(import.meta.url), {
        onMessage: (message) => {
          // A thread that is being stopped is waited for: its late word must not let it go.
          if (member.gone) return;
          if (member.answered !== undefined) return this.#receive(member, message as Answer);
          member.answered = new Int32Array((message as Ready).answered);
          thread.hold(this.#queue.length > 0);
          this.#dispatch();
        },
        onFailure: (cause) => this.#lose(member, cause),
      });
      const member: Member = {
        thread,
        answered: undefined,
        read: 0,
        gone: false,
        tasks: new Map(),
      };
      this.#members.push(member);
      // It finds this when it begins. To wait for its first word would be to wait until this thread is idle.
      if (ahead !== undefined) this.#load(member, ahead);
    }
  }

  #idlest(): Member | undefined {
    let idlest: Member | undefined;
    let least = this.#inFlight;
    for (const member of this.#members) {
      if (member.answered === undefined) continue;
      // What it has done is no work any more, though the answer may not have been read.
      const left = member.tasks.size - (Atomics.load(member.answered, 0) - member.read);
      if (left < least) [idlest, least] = [member, left];
    }
    return idlest;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const member = this.#idlest();
      if (member === undefined) return;
      const task = this.#queue.shift()!;
      const id = this.#nextId++;
      if (member.tasks.size === 0) member.thread.hold(true);
      member.tasks.set(id, task);
      const request: Request = { id, job: task.job, input: task.input };
      member.thread.post(request, task.transfer);
    }
  }

  #load({ thread }: Member, job: JobName): void {
    const request: Request = { id: this.#nextId++, job };
    thread.post(request, []);
  }

  #receive(member: Member, answer: Answer): void {
    member.read++;
    const task = member.tasks.get(answer.id);
    if (task === undefined) return;
    member.tasks.delete(answer.id);
    if (member.tasks.size === 0 && this.#queue.length === 0) member.thread.hold(false);
    if ("error" in answer) task.reject(received(answer.error));
    else task.resolve(answer.output);
    this.#dispatch();
  }

  #lose(member: Member, cause: unknown): void {
    if (member.gone) return;
    member.gone = true;
    this.#members.splice(this.#members.indexOf(member), 1);
    for (const task of member.tasks.values()) {
      task.reject(new BlobberError("unexpected", "a worker ended before its job did", { cause }));
    }
    // A thread that never came to life was given nothing: the work can still be done here.
    if (this.#members.length > 0) return this.#dispatch();
    for (const task of this.#queue.splice(0)) {
      runHere(task.job, task.input).then(task.resolve, task.reject);
    }
  }
}

function poolClosed(): BlobberError {
  return new BlobberError("closed", "the worker pool is closed");
}

async function runHere(job: JobName, input: unknown): Promise<unknown> {
  const run = await JOBS[job]();
  return await run(input as never, []);
}

function received(error: SentError): Error {
  const cause = error.stack;
  if (error.code !== undefined && Object.hasOwn(CODES, error.code)) {
    return new BlobberError(error.code as Code, error.message, { ...error.advice, cause });
  }
  return new Error(error.message, { cause });
}

async function answer(message: unknown): Promise<{ message: Answer; transfer: ArrayBuffer[] }> {
  const { id, job, input } = message as Request;
  const transfer: ArrayBuffer[] = [];
  try {
    const run = await JOBS[job]();
    const output = input === undefined ? undefined : await run(input as never, transfer);
    return { message: { id, output }, transfer };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const known = error instanceof BlobberError ? error : undefined;
    return {
      message: {
        id,
        error: {
          code: known?.code,
          message: error.message,
          advice: known?.advice,
          stack: error.stack,
        },
      },
      transfer: [],
    };
  }
}

if (inThread()) serveThread(answer);
