/**
 * One thread of the pool, from its start to its end: it counts when it has said who it is, and is given
 * nothing before.
 *
 * @module
 */

import { BlobberError, type Code, CODES } from "../errors.ts";
import type { JobName } from "./jobs.ts";
import { type Answer, isHello, type Opening, type Request, type SentError } from "./protocol.ts";
import { openThread, type Thread } from "./thread.ts";

/** A job on its way. */
export interface Task {
  job: JobName;
  input: unknown;
  transfer: ArrayBuffer[];
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** What a member tells its pool. */
export interface MemberEvents {
  /** It takes tasks from now on. */
  onReady(): void;
  /** It has answered a task. */
  onAnswer(): void;
  /** It is gone, with what it was given. Called once, and not for a member that is stopped. */
  onGone(cause: unknown): void;
}

/** A thread and what it was given. */
export class Member {
  readonly #thread: Thread;
  readonly #events: MemberEvents;
  /** What it was given and has not answered. */
  readonly #tasks = new Map<number, Task>();
  readonly #deadline: ReturnType<typeof setTimeout>;
  /** How many messages it has answered, as it counts; `undefined` until it has said who it is. */
  #answered: Int32Array | undefined;
  /** How many of the answers were read. */
  #read = 0;
  #gone = false;
  #nextId = 0;

  /**
   * Opens the thread.
   *
   * @param startMs in which it has to say who it is
   * @throws what the runtime throws where it opens none
   */
  constructor(opening: Opening, events: MemberEvents, startMs: number) {
    this.#events = events;
    this.#thread = openThread(opening, {
      onMessage: (message) => this.#hear(message),
      onFailure: (cause) => this.#lose(cause),
    });
    this.#deadline = setTimeout(
      () => this.#refuse(`it said nothing within ${startMs} ms`),
      startMs,
    );
  }

  /** Whether it has said who it is. */
  get isReady(): boolean {
    return this.#answered !== undefined;
  }

  /** How much it has to do, in tasks; what it has done is none, though the answer may not have been read. */
  get load(): number {
    if (this.#answered === undefined) return Infinity;
    return this.#tasks.size - (Atomics.load(this.#answered, 0) - this.#read);
  }

  /** Gives it a task. Call it when it is ready. */
  give(task: Task): void {
    const request: Request = { id: this.#nextId++, job: task.job, input: task.input };
    if (this.#tasks.size === 0) this.#thread.hold(true);
    this.#tasks.set(request.id, task);
    this.#thread.post(request, task.transfer);
  }

  /** Stops it at once. Whoever calls this has waited for its tasks. */
  async stop(): Promise<void> {
    this.#gone = true;
    clearTimeout(this.#deadline);
    await this.#thread.stop();
  }

  #hear(message: unknown): void {
    // A thread that is being stopped is waited for: its late word must not let it go.
    if (this.#gone) return;
    if (this.#answered !== undefined) return this.#receive(message as Answer);
    if (!isHello(message)) return this.#refuse("it is another program, or of another version");
    clearTimeout(this.#deadline);
    this.#answered = new Int32Array(message.answered);
    this.#thread.hold(false);
    this.#events.onReady();
  }

  #receive(answer: Answer): void {
    this.#read++;
    const task = this.#tasks.get(answer.id);
    if (task === undefined) return;
    this.#tasks.delete(answer.id);
    if (this.#tasks.size === 0) this.#thread.hold(false);
    if ("error" in answer) task.reject(received(answer.error));
    else task.resolve(answer.output);
    this.#events.onAnswer();
  }

  #refuse(why: string): void {
    this.#thread.stop().catch(() => {});
    this.#lose(new Error(why));
  }

  #lose(cause: unknown): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#deadline);
    for (const task of this.#tasks.values()) {
      task.reject(new BlobberError("unexpected", "a thread ended before its job did", { cause }));
    }
    this.#tasks.clear();
    this.#events.onGone(cause);
  }
}

function received(error: SentError): Error {
  const cause = error.stack;
  if (error.code !== undefined && Object.hasOwn(CODES, error.code)) {
    return new BlobberError(error.code as Code, error.message, { ...error.advice, cause });
  }
  return new Error(error.message, { cause });
}
