// The Temporal server of a run: on one port and one database over all its lives.
import { Client, Connection } from '@temporalio/client';
import type { Book } from './book.ts';
import { DATA_CONVERTER } from './keys.ts';

/** How a server is started, and on what database. */
export interface Backend {
  port: number;
  /** @returns its process id, once it answers */
  start(onExit: (reason: number | string | null) => void): Promise<number>;
  /** The server and all that belongs to it. */
  stop(): Promise<void>;
  /** For when there is no time. Must not throw. */
  killNow(): void;
  /** Where the database is a process of its own. */
  database?: { crash(): Promise<void>; start(): Promise<void> };
}

/** SQLite: killed within its first tenths of a second, it can be left without tables. */
const SETTLED_AFTER_MS = 3_000;

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

  /** Such as `temporal#2`: its second life. */
  get instance(): string {
    return `temporal#${this.#lives}`;
  }

  /** It runs, and long enough to be killed. */
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
