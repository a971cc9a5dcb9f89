/**
 * The threads of a client, for work that keeps a processor busy: compressing, inflating, hashing. All calls
 * of the client share them. They are opened when a call is worth it, and kept for the next call.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import { MAX_THREADS, THREAD_IDLE_MS, THREAD_START_MS } from "../limits.ts";
import type { ClientOptions } from "../options.ts";
import { printable, quote } from "../text/printable.ts";
import { mayOpenModule, moduleAddress, nextTurn, processors } from "../system/runtime.ts";
import { type JobInput, type JobName, type JobOutput, JOBS } from "./jobs.ts";
import { Member, type Task } from "./member.ts";
import { CAN_RELEASE } from "./thread.ts";
import { ENTRY, isThread } from "./thread_entry.ts";

/** What a client says about its threads. */
export interface ThreadOptions extends Pick<ClientOptions, "jobs" | "threadEntry" | "onNotice"> {
  /** Milliseconds in which a thread has to say who it is. For tests. @default 10,000 */
  startMs?: number | undefined;
}

/** Who is told where threads cannot be had. */
export type CallObserver = Pick<Observer, "onNotice">;

/** Threads that are shared. */
export class ThreadPool {
  /** Threads beside the calling one, when they are open. */
  readonly size: number;
  readonly #entry: string | undefined;
  readonly #onNotice: Observer["onNotice"];
  readonly #startMs: number;
  readonly #members = new Set<Member>();
  readonly #calls = new Set<ThreadCall>();
  /** Calls with tasks that no thread has, in the order in which they are given the next turn. */
  readonly #waiting: ThreadCall[] = [];
  /** Threads that are on their way out. */
  readonly #stopping = new Set<Promise<void>>();
  /** Threads that never came to life: others are not tried in their place. */
  #failed = 0;
  /** Why there are no threads, where there can be none. */
  #obstacle: string | undefined;
  #told = false;
  #closed = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param options checked; nothing is opened yet */
  constructor(options: ThreadOptions = {}) {
    const { jobs = processors(), threadEntry, onNotice, startMs = THREAD_START_MS } = options;
    // A program that does its own work in a thread of ours, because it does not ask, opens none there.
    this.size = isThread ? 0 : Math.max(0, Math.min(jobs, MAX_THREADS) - 1);
    this.#entry = threadEntry === undefined ? ENTRY : moduleAddress(threadEntry);
    this.#onNotice = onNotice;
    this.#startMs = startMs;
  }

  /** Calls that have begun and not ended. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Whether threads can be had, as far as is known. */
  get isUsable(): boolean {
    return this.size > 0 && this.#obstacle === undefined;
  }

  /** Begins a call, which has to be ended by its `leave`. */
  enter(observer: CallObserver = {}): ThreadCall {
    clearTimeout(this.#idle);
    const call: ThreadCall = new ThreadCall(this, observer, {
      open: (job) => this.#open(job),
      tell: () => this.#tell(call),
      hasRoom: () => this.#waiting.length === 0 && this.#idlest(call.inFlight) !== undefined,
      queue: () => {
        if (!this.#waiting.includes(call)) this.#waiting.push(call);
        this.#dispatch();
      },
      rest: () => {
        if (this.#calls.size === 1) void this.#stop(() => true);
      },
      end: () => this.#end(call),
    });
    this.#calls.add(call);
    return call;
  }

  /**
   * Ends the threads. Jobs that have not begun reject with `closed`, and so does every later one; those that
   * run are waited for: they write files. Safe to call twice.
   */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all([...this.#calls].map((call) => call.giveUp()));
    await this.#stop(() => true);
  }

  /** Whether there are threads to give jobs to, open or on their way. */
  #open(job: JobName): boolean {
    if (this.#closed) throw poolClosed();
    if (!this.isUsable) return false;
    const module = this.#entry;
    if (module === undefined) {
      this.#obstacle = "this program is bundled, so the file that they run is not beside it; " +
        "the client's option threadEntry names a module for them";
    } else if (!mayOpenModule(module)) {
      this.#obstacle = `the runtime is not allowed to read ${quote(module)}, which they run`;
    }
    while (this.#obstacle === undefined && this.#members.size < this.size - this.#failed) {
      this.#add({ job, module: module! });
    }
    return this.#members.size > 0;
  }

  #add(opening: { job: JobName; module: string }): void {
    try {
      const member: Member = new Member(opening, {
        onReady: () => this.#dispatch(),
        onAnswer: () => this.#dispatch(),
        onGone: (cause) => {
          this.#members.delete(member);
          if (!member.isReady) this.#refused(opening.module, cause);
          else this.#dispatch();
        },
      }, this.#startMs);
      this.#members.add(member);
    } catch (cause) {
      this.#refused(opening.module, cause);
    }
  }

  /** A thread that never came to life was given nothing: where there is no other, the work is done here. */
  #refused(module: string, cause: unknown): void {
    this.#failed++;
    if (this.#members.size === 0) {
      const why = printable(cause instanceof Error ? cause.message : String(cause));
      this.#obstacle = `no thread can be had of ${quote(module)}: ${why}`;
    }
    this.#dispatch();
  }

  /** Says once, to the first that listens, that there are no threads and why. */
  #tell(call: ThreadCall): void {
    if (this.#told || this.#obstacle === undefined) return;
    const onNotice = call.observer.onNotice ?? this.#onNotice;
    if (onNotice === undefined) return;
    this.#told = true;
    onNotice({
      level: "info",
      code: "no-threads",
      message: `the work is done on the calling thread alone: ${this.#obstacle}`,
    });
  }

  #idlest(inFlight: number): Member | undefined {
    let idlest: Member | undefined;
    let least = inFlight;
    for (const member of this.#members) {
      const { load } = member;
      if (load < least) [idlest, least] = [member, load];
    }
    return idlest;
  }

  /** Gives what waits to threads that have room, one task of each call by turns. */
  #dispatch(): void {
    for (let i = 0; i < this.#waiting.length;) {
      const call = this.#waiting[i]!;
      const member = this.#idlest(call.inFlight);
      if (call.isWaiting && member === undefined && this.#members.size > 0) {
        i++; // one that wants more at a time may have a turn
        continue;
      }
      this.#waiting.splice(i, 1);
      const task = call.next();
      if (task === undefined) continue;
      if (call.isWaiting) this.#waiting.push(call);
      if (member !== undefined) member.give(task);
      else runHere(task.job, task.input).then(task.resolve, task.reject);
    }
  }

  async #end(call: ThreadCall): Promise<void> {
    this.#calls.delete(call);
    if (this.#calls.size > 0 || this.#members.size === 0) return;
    const end = () => {
      if (this.#calls.size === 0) void this.#stop(() => true);
    };
    if (!CAN_RELEASE) {
      // The process would wait for them for ever. A call that follows at once finds them.
      void nextTurn().then(end);
      return;
    }
    this.#idle = setTimeout(end, THREAD_IDLE_MS);
    (this.#idle as { unref?(): void }).unref?.();
    // It would wait for those that have not come to life, too.
    await this.#stop((member) => !member.isReady);
  }

  async #stop(which: (member: Member) => boolean): Promise<void> {
    for (const member of this.#members) {
      if (!which(member)) continue;
      this.#members.delete(member);
      const stopping = member.stop().finally(() => this.#stopping.delete(stopping));
      this.#stopping.add(stopping);
    }
    await Promise.all(this.#stopping);
  }
}

/** What a call asks of its pool. */
interface PoolOfCall {
  open(job: JobName): boolean;
  tell(): void;
  hasRoom(): boolean;
  queue(): void;
  rest(): void;
  end(): Promise<void>;
}

/** One call of a client, as the threads know it: what it has not been given is its own, and ends with it. */
export class ThreadCall {
  readonly observer: CallObserver;
  /**
   * Jobs that a thread has at a time, whosever they are, when this call gives it one more: the second keeps
   * it busy until it is given another. A caller that is busy itself gives late, and wants more.
   */
  inFlight = 2;
  readonly #shared: ThreadPool;
  readonly #pool: PoolOfCall;
  readonly #queue: Task[] = [];
  readonly #running = new Set<Promise<unknown>>();

  /** Made by {@linkcode ThreadPool.enter}. */
  constructor(shared: ThreadPool, observer: CallObserver, pool: PoolOfCall) {
    this.#shared = shared;
    this.observer = observer;
    this.#pool = pool;
  }

  /** Threads beside the calling one that this call may count on. */
  get threads(): number {
    return this.#shared.isUsable ? this.#shared.size : 0;
  }

  /** This call's part of what all calls may have together, which is at least `least`. */
  share(together: number, least: number): number {
    return Math.max(least, Math.floor(together / Math.max(1, this.#shared.calls)));
  }

  /** Opens the threads ahead of the first job, and has them load it. */
  start(job: JobName): void {
    this.#pool.open(job);
    this.#pool.tell();
  }

  /** Whether a thread has room for a job: one given now waits for few others, or for none. */
  get hasRoom(): boolean {
    this.#pool.tell();
    return this.#pool.hasRoom();
  }

  /** Whether it has tasks that no thread has. */
  get isWaiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Takes the task that comes next. */
  next(): Task | undefined {
    return this.#queue.shift();
  }

  /**
   * Runs a job: in a thread, or here where there are none. Jobs may end in another order than they were
   * given in; more may be given than there are threads, they wait.
   *
   * @param job its name in the table
   * @param input what it takes
   * @param transfer buffers in `input` that are given away; the answer's buffers belong to the caller
   * @throws {BlobberError} what the job throws, `closed` when the pool is closed before it begins
   */
  async run<J extends JobName>(
    job: J,
    input: JobInput<J>,
    transfer: ArrayBuffer[] = [],
  ): Promise<JobOutput<J>> {
    const running = this.#run({ job, input, transfer });
    this.#running.add(running);
    try {
      return await running as JobOutput<J>;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends the threads ahead of the call, unless another works with them: each takes some 20 MB. None of its jobs runs. */
  rest(): void {
    this.#pool.rest();
  }

  /** Drops the jobs that have not begun, which reject with `closed`, and waits for those that run. */
  async giveUp(): Promise<void> {
    for (const task of this.#queue.splice(0)) task.reject(poolClosed());
    await Promise.allSettled(this.#running);
  }

  /** Ends the call. */
  async leave(): Promise<void> {
    await this.giveUp();
    await this.#pool.end();
  }

  async #run(job: Omit<Task, "resolve" | "reject">): Promise<unknown> {
    const hasThreads = this.#pool.open(job.job);
    this.#pool.tell();
    if (!hasThreads) return await runHere(job.job, job.input);
    const output = await new Promise<unknown>((resolve, reject) => {
      this.#queue.push({ ...job, resolve, reject });
      this.#pool.queue();
    });
    this.#pool.tell(); // it may be known only since it waited, and this may be the last job
    return output;
  }
}

/** A call that works on the calling thread alone. */
export function withoutThreads(): ThreadCall {
  return new ThreadPool({ jobs: 1 }).enter();
}

function poolClosed(): BlobberError {
  return new BlobberError("closed", "the client's threads are closed");
}

async function runHere(job: JobName, input: unknown): Promise<unknown> {
  const run = await JOBS[job]();
  return await run(input as never, []);
}
