// Runs Surehook as in production: the built command, `surehook serve`, in a process of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
/** Enough of the log to see why the process died. */
const LINES_KEPT = 20;
/** Surehook itself stops within 10 s, in which a running attempt can end. */
const STOP_WITHIN_MS = 15_000;

export class SurehookProcess {
  publicUrl = '';
  /** Rejects if the process ends before `stop` is called. */
  readonly died: Promise<never>;
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #lines: string[] = [];
  #operatorUrl = '';
  #stopping = false;

  private constructor(child: ChildProcess, env: NodeJS.ProcessEnv) {
    this.#child = child;
    this.#env = env;
    this.died = once(child, 'exit').then(([code, signal]) => {
      if (this.#stopping) return new Promise<never>(() => undefined);
      throw new Error(`surehook serve ended (${signal ?? code}):\n${this.#lines.join('\n')}`);
    });
    this.died.catch(() => undefined); // nothing awaits this promise before the first race, or after the last
  }

  /** Resolves when the process has logged that it is up, and its URLs. */
  static async start(env: NodeJS.ProcessEnv): Promise<SurehookProcess> {
    const child = spawn(process.execPath, [CLI, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const surehook = new SurehookProcess(child, env);
    const up = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          surehook.#keep(line);
          if (surehook.publicUrl === '' && surehook.#readUrls(line)) resolve();
        });
      }
    });
    await Promise.race([up, surehook.died]);
    return surehook;
  }

  /** Reads from the operator API. @throws Error unless the answer is a 2xx */
  async get<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.#env.SUREHOOK_OPERATOR_TOKEN}` };
    const response = await fetch(this.#operatorUrl + path, { headers });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Runs a `surehook` command. @returns what it prints */
  async run(...args: string[]): Promise<string> {
    const env = { ...this.#env, SUREHOOK_OPERATOR_URL: this.#operatorUrl };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { env });
    return stdout;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }

  #readUrls(line: string): boolean {
    if (!line.includes('"surehook is up"')) return false;
    const { publicUrl, operatorUrl } = JSON.parse(line) as { publicUrl: string; operatorUrl: string };
    this.publicUrl = publicUrl;
    this.#operatorUrl = operatorUrl;
    return true;
  }
}
