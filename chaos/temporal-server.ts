// The Temporal server of a run, which keeps its port and its database over all its lives.
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Book } from './book.ts';
import { DATA_CONVERTER } from './keys.ts';

/** How a Temporal server is started and stopped, and what database it has. */
export interface Backend {
  port: number;
  /** @returns the server's process id, once the server answers */
  start(onExit: (reason: number | string | null) => void): Promise<number>;
  /** Stops the server and all that belongs to it. */
  stop(): Promise<void>;
  /** Kills without waiting, for the exit of the chaos run itself. Must not throw. */
  killNow(): void;
  /** Set if the database is a process of its own. */
  database?: { crash(): Promise<void>; start(): Promise<void> };
}

/** A SQLite database can be left without tables if the server is killed in its first tenths of a second. */
const SETTLED_AFTER_MS = 3_000;

const INTERRUPTED_FOR_MS = 20_000;
const INTERRUPTED_POLL_MS = 500;

export class TemporalServer {
  readonly address: string;
  readonly client: Client;
  readonly backend: Backend;
  readonly #connection: Connection;
  readonly #book: Book;
  #pid: number | undefined;
  #upSince = 0;
  #lives = 0;
  #expected = false;

  private constructor(backend: Backend, book: Book) {
    this.backend = backend;
    this.#book = book;
    this.address = `127.0.0.1:${backend.port}`;
    this.#connection = Connection.lazy({ address: this.address });
    this.client = new Client({ connection: this.#connection, dataConverter: DATA_CONVERTER });
  }

  static async start(backend: Backend, book: Book): Promise<TemporalServer> {
    const server = new TemporalServer(backend, book);
    await server.startAgain();
    return server;
  }

  /** The server and its life: `temporal#2` is its second life. */
  get instance(): string {
    return `temporal#${this.#lives}`;
  }

  /** The server has run long enough to be killed. */
  get isSettled(): boolean {
    return this.#pid !== undefined && Date.now() - this.#upSince > SETTLED_AFTER_MS;
  }

  async startAgain(): Promise<void> {
    this.#expected = false;
    this.#lives += 1;
    this.#pid = await this.backend.start((reason) => {
      this.#pid = undefined;
      if (!this.#expected) this.#book.problems.push(`the Temporal server ended by itself: ${reason}`);
    });
    this.#upSince = Date.now();
  }

  /**
   * After a freeze, the dev server's only connection to SQLite can stay cancelled: it then answers "interrupted (9)" to
   * everything until it is started again. Measured on CLI 1.5.1: once in a run of two minutes on a machine at load 36.
   */
  async staysInterrupted(signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + INTERRUPTED_FOR_MS;
    for (;;) {
      try {
        await this.#connection.workflowService.describeNamespace({ namespace: 'default' });
        return false;
      } catch (error) {
        if (Date.now() > deadline) return String(error).includes('interrupted (9)');
        await delay(INTERRUPTED_POLL_MS, undefined, { signal });
      }
    }
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (signal === 'SIGKILL') this.#expected = true;
    if (this.#pid !== undefined) process.kill(this.#pid, signal);
  }

  async stop(): Promise<void> {
    this.#expected = true;
    await this.#connection.close();
    await this.backend.stop();
  }
}
