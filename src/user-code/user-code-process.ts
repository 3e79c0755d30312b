// One process that runs the user's code, as the main process sees it: what it is asked, what it answers, how it ends.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config/config-error.ts';
import type { ConfigDescription } from '../config/describe-config.ts';
import type { FromChild, HandlerResult, Setup, TaskInputResult, ToChild, Work } from './messages.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));

/** A top-level await of a config may never end. Measured: 0.2 s; the rest is room for a busy machine. */
const READY_WITHIN_MS = 30_000;
/** A process that does not begin a call within this time is blocked by another call. */
const BEGIN_WITHIN_MS = 1_000;
/** Room for the answer of a process that has begun just in time. */
const BEGUN_MARGIN_MS = 250;
/** A process that does not answer to an abort within this time is blocked, and is ended. */
const ABORT_GRACE_MS = 2_000;
/** Longer than any code computes at a stretch that was written with others in mind. */
const BLOCKED_MAX_MS = 30_000;
/** A process that is told to end gets this long to send its spans. */
const END_WITHIN_MS = 2_500;
/** Beside the heap that the user's code may fill, a process has Node's own code and memory: 60 MB measured. */
const OWN_MEMORY_MB = 128;
const MIB = 1_048_576;

export interface ChildOptions extends Omit<Setup, 'memoryMaxBytes'> {
  /** Megabytes that the user's code may fill; undefined: no limit, for a process that only loads the config. */
  memoryMb: number | undefined;
  /** Port of a debugger: then nothing is ended for being late. */
  inspectPort: number | undefined;
}

export interface Ready {
  description: ConfigDescription;
  /** What the config has loaded, absolute. */
  files: string[];
}

/** `not_begun`: no code of the user has run; another process may take the call. */
export type ProcessAnswer =
  | { is: 'handled'; outcome: HandlerResult }
  | { is: 'checked'; outcome: TaskInputResult }
  | { is: 'not_begun' }
  | { is: 'interrupted'; message: string };

interface Pending {
  begun: boolean;
  aborted: boolean;
  onHeartbeat: (details: unknown) => void;
  settle: (answer: ProcessAnswer) => void;
  timer: NodeJS.Timeout | undefined;
}

/** The config file was refused; `files` are what it had loaded by then, so that a change of them is noticed. */
export class RefusedConfigError extends ConfigError {
  readonly files: string[];

  constructor(message: string, files: string[]) {
    super(message);
    this.files = files;
  }
}

/** The options of a pool may hold more than a child is told of. */
function toPlain({ path, logLevel, tracesUrl, downloads }: Omit<Setup, 'memoryMaxBytes'>) {
  return { path, logLevel, tracesUrl, downloads };
}

export class UserCodeProcess {
  readonly ready: Promise<Ready>;
  /** Resolves with how the process has ended. */
  readonly exited: Promise<string>;
  /** Called when the process has become free for calls, or has ended. */
  onChange: () => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #isPatient: boolean;
  readonly #pending = new Map<number, Pending>();
  #isBlocked = false;
  /** How often it has begun to be blocked. */
  #blocks = 0;
  #hasExited = false;
  #hasBegun = false;
  #nextId = 1;

  constructor({ memoryMb, inspectPort, ...setup }: ChildOptions) {
    this.#isPatient = inspectPort !== undefined;
    // A group of its own: Ctrl-C on a terminal does not reach it, and what it has spawned ends with it.
    this.#child = fork(ENTRY, [], {
      serialization: 'advanced',
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [
        ...(memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`]),
        ...(inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`]),
      ],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(this.#end(signal ?? `exit code ${code}`)));
      this.#child.once('error', (error) => resolve(this.#end(error.message)));
    });
    this.ready = this.#untilReady(setup.path);
    this.ready.catch(() => undefined);
    this.#child.on('message', (message: FromChild) => this.#receive(message));
    const memoryMaxBytes = memoryMb === undefined ? undefined : (memoryMb + OWN_MEMORY_MB) * MIB;
    this.#send({ type: 'setup', setup: { ...toPlain(setup), memoryMaxBytes } });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Whether a call has begun: an end of the process after that is not an end at its start. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether a call may be given to the process now. */
  get isFree(): boolean {
    return !this.#isBlocked && !this.#hasExited;
  }

  /** @param signal aborted when the time of the call is over, or nobody wants it any more */
  async run(
    work: Work,
    signal: AbortSignal,
    onHeartbeat: (details: unknown) => void,
  ): Promise<ProcessAnswer> {
    if (!this.isFree) return { is: 'not_begun' };
    const id = this.#nextId++;
    const abort = () => this.#abort(id);
    try {
      return await new Promise<ProcessAnswer>((settle) => {
        const timer = setTimeout(() => this.#notBegun(id), BEGIN_WITHIN_MS + BEGUN_MARGIN_MS);
        this.#pending.set(id, { begun: false, aborted: false, onHeartbeat, settle, timer });
        this.#send({ type: 'work', id, begin_by: Date.now() + BEGIN_WITHIN_MS, work });
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
      });
    } finally {
      signal.removeEventListener('abort', abort);
      clearTimeout(this.#pending.get(id)?.timer);
      this.#pending.delete(id);
    }
  }

  /** Lets the process end by itself, and ends it with all that it has spawned if it does not. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.kill(), END_WITHIN_MS);
    await this.exited;
    clearTimeout(timer);
    this.kill();
  }

  kill(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group has ended already.
    }
  }

  #send(message: ToChild): void {
    // A process that has just ended takes nothing: its exit settles what waits.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromChild): void {
    this.#unblock();
    if (message.type === 'ready' || message.type === 'refused') return;
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    switch (message.type) {
      case 'begun':
        pending.begun = true;
        this.#hasBegun = true;
        clearTimeout(pending.timer);
        if (pending.aborted) this.#awaitAbort(message.id, pending);
        break;
      case 'heartbeat':
        pending.onHeartbeat(message.details);
        break;
      case 'handled':
      case 'checked':
        pending.settle({ is: message.type, outcome: message.outcome } as ProcessAnswer);
    }
  }

  #unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#blocks++;
    this.onChange();
  }

  /** The time for the process to begin is over; what it has just sent is read before it counts as blocked. */
  #notBegun(id: number): void {
    setTimeout(() => {
      const pending = this.#pending.get(id);
      if (pending === undefined || pending.begun) return;
      this.#isBlocked = true;
      pending.settle({ is: 'not_begun' });
    }, 1);
  }

  #abort(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.aborted) return;
    pending.aborted = true;
    this.#send({ type: 'abort', id });
    if (pending.begun) this.#awaitAbort(id, pending);
  }

  #awaitAbort(id: number, pending: Pending): void {
    if (this.#isPatient) return;
    pending.timer = setTimeout(() => this.#endBlocked(id, pending), ABORT_GRACE_MS);
  }

  /**
   * The process is blocked. Its other calls may be within their time, and one of them may be what computes: the process
   * is ended once none of them is, or once it has said nothing for so long that none of them comes to anything: the time of
   * an agent task may be hours.
   */
  #endBlocked(id: number, late: Pending): void {
    this.#isBlocked = true;
    const others = [...this.#pending].filter(
      ([other, { begun, aborted }]) => other !== id && begun && !aborted,
    );
    const seconds = ABORT_GRACE_MS / 1_000;
    const message = `the process of the handler was blocked for ${seconds} s after the time of this attempt`;
    late.settle({ is: 'interrupted', message: others.length > 0 ? message : `${message}, and was ended` });
    if (others.length === 0) this.kill();
    else this.#endIfStillBlocked();
  }

  #endIfStillBlocked(): void {
    const block = ++this.#blocks;
    setTimeout(() => {
      if (this.#isBlocked && this.#blocks === block && !this.#hasExited) this.kill();
    }, BLOCKED_MAX_MS).unref();
  }

  #end(how: string): string {
    this.#hasExited = true;
    for (const { begun, settle } of this.#pending.values()) {
      const message = `the process of the handler ended during this attempt (${how})`;
      settle(begun ? { is: 'interrupted', message } : { is: 'not_begun' });
    }
    this.onChange();
    return how;
  }

  async #untilReady(path: string): Promise<Ready> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Ready>((resolve, reject) => {
        const refuse = (message: string, files: string[] = []) =>
          reject(new RefusedConfigError(message, files));
        const late = () =>
          refuse(`${path} cannot be read: it was still loading after ${READY_WITHIN_MS / 1_000} s`);
        if (!this.#isPatient) timer = setTimeout(late, READY_WITHIN_MS);
        this.#child.on('message', (message: FromChild) => {
          if (message.type === 'ready') resolve({ description: message.description, files: message.files });
          else if (message.type === 'refused') refuse(message.message, message.files);
        });
        void this.exited.then((how) =>
          refuse(`${path} cannot be read: its process ended while it was loading (${how})`),
        );
      });
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
