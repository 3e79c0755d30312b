// The Temporal dev server of a run: on one port and one database file over all its lives.
import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../src/messages.ts';
import { type DevServer, startDevServer } from '../src/temporal/dev-server.ts';
import { claimPort } from '../src/temporal/ports-and-processes.ts';
import type { Book } from './book.ts';

/** SQLite: killed within its first tenths of a second, it can be left without tables. */
const SETTLED_AFTER_MS = 3_000;

export interface TemporalServerOptions {
  cliPath: string;
  /** Holds its database and its log. */
  folder: string;
  book: Book;
}

interface Ports {
  port: number;
  uiPort: number;
}

export class TemporalServer {
  readonly address: string;
  readonly client: Client;
  readonly #connection: Connection;
  readonly #options: TemporalServerOptions;
  readonly #ports: Ports;
  #server: DevServer | undefined;
  #upSince = 0;
  #lives = 0;
  #expected = false;

  private constructor(options: TemporalServerOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    this.address = `127.0.0.1:${ports.port}`;
    this.#connection = Connection.lazy({ address: this.address });
    this.client = new Client({ connection: this.#connection });
  }

  static async start(options: TemporalServerOptions): Promise<TemporalServer> {
    const [port, uiPort] = await Promise.all([0, 0].map(() => claimPort('port', 0, '')));
    const server = new TemporalServer(options, { port: port as number, uiPort: uiPort as number });
    await server.startAgain();
    return server;
  }

  get instance(): string {
    return `temporal#${this.#lives}`;
  }

  /** It runs, and long enough to be killed. */
  get isSettled(): boolean {
    return this.#server !== undefined && Date.now() - this.#upSince > SETTLED_AFTER_MS;
  }

  async startAgain(): Promise<void> {
    const { cliPath, folder, book } = this.#options;
    this.#expected = false;
    this.#lives += 1;
    this.#server = await startDevServer({
      cliPath,
      stateDir: folder,
      ...this.#ports,
      searchAttributes: Object.fromEntries(
        Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, type]),
      ),
      onExit: (reason) => {
        this.#server = undefined;
        if (!this.#expected) book.problems.push(`the Temporal server ended by itself: ${reason}`);
      },
    });
    this.#upSince = Date.now();
  }

  /** SIGKILL, SIGSTOP or SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL') this.#expected = true;
    if (this.#server) process.kill(this.#server.pid, signal);
  }

  async stop(): Promise<void> {
    this.#expected = true;
    await this.#connection.close();
    await this.#server?.stop();
  }

  /** For when there is no time: it leads a process group of its own, and would outlive us. */
  killNow(): void {
    try {
      this.signal('SIGKILL');
    } catch {
      // it has ended
    }
  }
}
