// Keeps a process of the built Surehook running as a process manager would: starts it again whenever it has ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FailedStart } from './account.ts';
import type { Book } from './book.ts';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
/** The wait before a process that has ended by itself is started again: it cannot start while Temporal is away. */
const START_AGAIN_AFTER_MS = 1_000;
/** Surehook promises to stop within 10 s; a busy machine gets more. */
const TERM_WITHIN_MS = 25_000;

export type Role = 'serve' | 'api' | 'worker';

export interface ProcessOptions {
  name: string;
  role: Role;
  env: Record<string, string>;
  /** The folder of its log. */
  folder: string;
  book: Book;
}

export class SurehookProcess {
  readonly name: string;
  readonly role: Role;
  operatorUrl = '';
  /** The process has logged that it is up, and has not ended since. */
  isUp = false;
  readonly failedStarts: FailedStart[] = [];
  readonly #options: ProcessOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #lives = 0;
  /** The chaos run has ended the process itself. */
  #expected = false;
  #retired = false;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.role = options.role;
    this.#options = options;
    this.#log = createWriteStream(join(options.folder, `${options.name}.log`));
  }

  /** The process and its life: `worker1#2` is the second life of worker1. */
  get instance(): string {
    return `${this.name}#${this.#lives}`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#child || this.#retired) return;
    this.#lives += 1;
    this.#expected = false;
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...this.#options.env, CHAOS_INSTANCE: this.instance };
    const child = spawn(process.execPath, [CLI, this.role], {
      env,
      cwd: this.#options.folder, // where a native crash may leave a core file
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#note(`${this.instance} is process ${child.pid}`);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    const at = Date.now();
    child.once('exit', (code, signal) => this.#onExit(at, signal ?? code));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Sends SIGTERM. Resolves when the process has ended; an end that is late or not in order is a problem. */
  async terminate(): Promise<void> {
    const { book } = this.#options;
    const { instance } = this;
    const begun = Date.now();
    const late = setTimeout(() => {
      book.problems.push(`${instance} has not stopped ${TERM_WITHIN_MS / 1_000} s after SIGTERM`);
      this.signal('SIGKILL');
    }, TERM_WITHIN_MS);
    const wasUp = this.isUp;
    const exit = await this.#end('SIGTERM');
    clearTimeout(late);
    this.#note(`${instance} stopped ${Date.now() - begun} ms after SIGTERM: ${exit}`);
    if (wasUp && exit !== 0) book.problems.push(`${instance} ended with ${exit} after SIGTERM`);
  }

  /** Ends the process for good. */
  async retire(): Promise<void> {
    this.#retired = true;
    this.signal('SIGCONT');
    await this.kill();
    this.#log.end();
  }

  /** Kills without waiting: for the exit of the chaos run itself. */
  killNow(): void {
    this.signal('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#child;
    if (!child) return null;
    this.#expected = true;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.signalCode ?? child.exitCode;
  }

  #onExit(startedAt: number, reason: number | string | null): void {
    const { instance, isUp } = this;
    this.#child = undefined;
    this.isUp = false;
    this.#note(`${instance} ended: ${reason}`);
    if (this.#expected) return; // whoever ended it starts it again
    const { book } = this.#options;
    if (isUp) book.problems.push(`${instance} ended by itself (${reason}) at ${book.clock()}`);
    else this.failedStarts.push({ instance, at: startedAt, until: Date.now() });
    void delay(START_AGAIN_AFTER_MS).then(() => this.start());
  }

  #read(line: string): void {
    this.#note(line);
    if (!line.includes('"surehook is up"')) return;
    this.operatorUrl = (JSON.parse(line) as { operatorUrl: string }).operatorUrl;
    this.isUp = true;
  }

  #note(line: string): void {
    if (this.#log.writable) this.#log.write(`${this.#options.book.clock()} ${line}\n`);
  }
}
