// Processes of one kind that run the user's code: each replaced when it ends, and given the calls that it may have.
import type { Logger } from 'pino';
import { type ChildOptions, type ProcessAnswer, UserCodeProcess } from './user-code-process.ts';

/** A process that ends at once again and again is started less and less often. */
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 30_000;
/** A process that has lived for so long, or has begun a call, has not ended because of its start. */
const LIVED_MS = 10_000;
/** For so long a call waits for a process that runs one call at a time; then its activity asks again, at no cost. */
const APART_WITHIN_MS = 2_000;

export interface UserCodeOptions extends ChildOptions {
  log: Logger;
  /** How many processes run handlers; 0: none. */
  handlerProcesses: number;
  /** One more process checks payloads by their schemas: it does not wait behind a handler that blocks. */
  checksPayloads: boolean;
}

/** The signal was aborted before any process was free. */
export class NotBegunError extends Error {}

/** Processes of one kind. */
export class Pool {
  readonly #options: UserCodeOptions;
  readonly #size: number;
  readonly #callsMax: number;
  readonly #processes = new Set<UserCodeProcess>();
  /** Ready for calls. */
  readonly #ready = new Set<UserCodeProcess>();
  readonly #waiting = new Set<() => void>();
  /** Called when a process has ended that had begun calls: some of them may be interrupted. */
  onLost: () => void = () => undefined;
  #restartMs = RESTART_FIRST_MS;
  #isEnding = false;

  /** @param callsMax how many calls a process runs at a time */
  constructor(options: UserCodeOptions, size: number, callsMax = Number.POSITIVE_INFINITY) {
    this.#options = options;
    this.#size = size;
    this.#callsMax = callsMax;
  }

  /** @returns false if the pool wants no process */
  adopt(child: UserCodeProcess): boolean {
    if (this.#processes.size >= this.#size) return false;
    this.#add(child);
    return true;
  }

  fill(): void {
    while (this.#processes.size < this.#size) this.#add(new UserCodeProcess(this.#options));
  }

  async run(...[work, signal, onHeartbeat]: Parameters<UserCodeProcess['run']>): Promise<ProcessAnswer> {
    for (;;) {
      const child = await this.#untilFree(signal);
      const answer = await child.run(work, signal, onHeartbeat);
      if (answer.is !== 'not_begun') return answer;
    }
  }

  /** Starts a process unless one is free: the time of an attempt runs while it waits for its process. */
  warm(): void {
    if (this.#isEnding || this.#freest() || this.#isStarting()) return;
    if (this.#processes.size < this.#size) this.#add(new UserCodeProcess(this.#options));
  }

  #isStarting(): boolean {
    return this.#processes.size > this.#ready.size;
  }

  /** @throws NotBegunError if no process was free soon */
  async runSoon(...[work, signal, onHeartbeat]: Parameters<UserCodeProcess['run']>): Promise<ProcessAnswer> {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(APART_WITHIN_MS)]);
    for (;;) {
      this.warm();
      const child = await this.#untilFree(soon);
      if (child.inFlight >= this.#callsMax) continue; // another call that was woken has just taken it
      const answer = await child.run(work, signal, onHeartbeat).finally(() => this.#wake());
      if (answer.is !== 'not_begun') return answer;
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#processes].map((child) => child.end()));
  }

  async endWhenIdle(): Promise<void> {
    this.#isEnding = true;
    const idle = () => [...this.#processes].every(({ inFlight }) => inFlight === 0);
    while (!idle()) await new Promise((resolve) => setTimeout(resolve, 100).unref());
    await this.end();
  }

  #freest(): UserCodeProcess | undefined {
    let freest: UserCodeProcess | undefined;
    for (const child of this.#ready)
      if (child.isFree && child.inFlight < (freest?.inFlight ?? this.#callsMax)) freest = child;
    return freest;
  }

  async #untilFree(signal: AbortSignal): Promise<UserCodeProcess> {
    for (;;) {
      if (signal.aborted) throw new NotBegunError('no process was free for the call within its time');
      const child = this.#freest();
      if (child) return child;
      await new Promise<void>((resolve) => {
        const go = () => {
          this.#waiting.delete(go);
          signal.removeEventListener('abort', go);
          resolve();
        };
        this.#waiting.add(go);
        signal.addEventListener('abort', go, { once: true });
      });
    }
  }

  #wake(): void {
    for (const go of [...this.#waiting]) go();
  }

  #add(child: UserCodeProcess): void {
    const startedAt = performance.now();
    this.#processes.add(child);
    child.onChange = () => this.#wake();
    child.ready.then(
      () => {
        this.#ready.add(child);
        this.#wake();
      },
      (error: Error) => {
        if (!this.#isEnding)
          this.#options.log.error({ error: error.message }, 'a handler process did not start');
      },
    );
    void child.exited.then((how) => this.#replace(child, how, performance.now() - startedAt));
  }

  /** Processes that are started when they are needed are not started before. */
  #refill(): void {
    if (this.#callsMax === Number.POSITIVE_INFINITY) this.fill();
    else if (this.#waiting.size > 0) this.#add(new UserCodeProcess(this.#options));
  }

  #replace(child: UserCodeProcess, how: string, livedMs: number): void {
    this.#processes.delete(child);
    this.#ready.delete(child);
    child.kill(); // what it had spawned
    if (this.#isEnding) return;
    if (child.hasBegun) this.onLost();
    const hasStarted = livedMs > LIVED_MS || child.hasBegun;
    this.#restartMs = hasStarted ? RESTART_FIRST_MS : Math.min(2 * this.#restartMs, RESTART_MAX_MS);
    this.#options.log.warn(
      { pid: child.pid, how },
      'a handler process has ended: another one takes its place',
    );
    setTimeout(() => {
      if (!this.#isEnding) this.#refill();
    }, this.#restartMs).unref();
  }
}
