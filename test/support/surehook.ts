// Runs Surehook as users do: the built command, in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EventView } from '../../src/api/operator/events/event-view.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { signRequest } from '../../src/signatures/index.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { checkAnswer } from './openapi.ts';
import { waitFor } from './wait-for.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
export const CLI = path('../../dist/cli.js');
export const PROJECT = path('../..');
export const TOKEN = 'operator-token-of-the-tests';
export const KEY = { id: 'k1', key: Buffer.alloc(32, 'k1') };
export const ENCRYPTION_KEYS = `${KEY.id}:${KEY.key.toString('base64')}`;
/** Reads and writes payloads with the tests' encryption key, as the tests' Surehook does. */
export const DATA_CONVERTER = createDataConverter(new EncryptionCodec([KEY]));

/** The secrets that test/support/configs need. */
export const SECRETS = {
  PARTNER_SECRET: 'partner-secret-1',
  GITHUB_SECRET: 'github-secret-1',
  STRIPE_SECRET: 'whsec_stripe-secret-1',
  STANDARD_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ENDPOINT_SECRET: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  ENDPOINT_SECRET_OLD: 'endpoint-secret-old',
};

export interface StartOptions {
  role: 'serve' | 'api' | 'worker';
  temporalAddress: string;
  taskQueue: string;
  env?: Record<string, string>;
  config?: string;
}

/** Runs the command with another Node, from another copy, or in another working folder. */
export interface SpawnOptions {
  node?: string;
  cli?: string;
  cwd?: string;
}

export type Event = EventView & { earlier_runs: { run_id: string; status: string }[] };

export class Surehook {
  readonly child: ChildProcess;
  /** Everything on standard output and standard error. */
  output = '';
  publicUrl = '';
  operatorUrl = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static spawn(
    args: string[],
    env: Record<string, string>,
    { node = process.execPath, cli = CLI, cwd = PROJECT }: SpawnOptions = {},
  ): Surehook {
    const { PATH = '', HOME = '' } = process.env;
    return new Surehook(spawn(node, [cli, ...args], { cwd, env: { PATH, HOME, ...env } }));
  }

  static async start({
    role,
    temporalAddress,
    taskQueue,
    env = {},
    config = 'main',
  }: StartOptions): Promise<Surehook> {
    const surehook = Surehook.spawn([role], {
      TEMPORAL_ADDRESS: temporalAddress,
      SUREHOOK_TASK_QUEUE: taskQueue,
      SUREHOOK_OPERATOR_TOKEN: TOKEN,
      SUREHOOK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
      SUREHOOK_CONFIG: path(`./configs/${config}.config.ts`),
      HOST: '127.0.0.1',
      PORT: '0',
      OPERATOR_PORT: '0',
      ...SECRETS,
      ...env,
    });
    try {
      await surehook.untilUp();
      return surehook;
    } catch (error) {
      await surehook.stop('SIGKILL'); // the caller gets no Surehook to stop
      throw error;
    }
  }

  async untilUp(): Promise<void> {
    const isUp = () => this.logLines().find((line) => line.msg === 'surehook is up');
    await waitFor(() => isUp() !== undefined || this.child.exitCode !== null);
    const line = isUp();
    if (line === undefined) throw new Error(`surehook did not start: ${this.output}`);
    this.publicUrl = String(line.publicUrl ?? '');
    this.operatorUrl = String(line.operatorUrl);
  }

  logLines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line));
  }

  /** @returns the exit code, or the signal's name */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** Calls the operator API with its token, and checks every JSON answer against the OpenAPI document. */
  async operator(pathAndQuery: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.operatorUrl + pathAndQuery, {
      headers: { authorization: `Bearer ${TOKEN}` },
      ...init,
    });
    const type = response.headers.get('content-type') ?? '';
    if (type.includes('json') && !type.includes('ndjson')) {
      const { pathname } = new URL(response.url);
      checkAnswer(init.method ?? 'GET', pathname, response.status, type, await response.clone().text());
    }
    return response;
  }

  async event(source: string, eventId: string): Promise<Event> {
    return (await (
      await this.operator(`/api/v1/events/${source}/${encodeURIComponent(eventId)}`)
    ).json()) as Event;
  }

  /** Waits until `isDone` holds for the event. */
  async untilEvent(source: string, eventId: string, isDone: (event: Event) => boolean): Promise<Event> {
    return await waitFor(() => this.event(source, eventId), isDone);
  }

  async post(source: string, body: string | Uint8Array, headers: Record<string, string>): Promise<Response> {
    return await fetch(`${this.publicUrl}/webhooks/${source}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });
  }

  /** Sends a webhook of a source that uses the plain `hmac` scheme with the partner's secret. */
  async send(event: Record<string, unknown>, source = 'partner'): Promise<Response> {
    const body = JSON.stringify(event);
    return await this.post(source, body, signHmac(body));
  }
}

export function signHmac(body: string | Uint8Array, secret = SECRETS.PARTNER_SECRET): Record<string, string> {
  return signRequest({ scheme: 'hmac', secret, rawBody: Buffer.from(body) });
}

let counter = 0;

/** @returns an id that is unique over all test runs on a server */
export function newId(prefix = 'evt'): string {
  counter += 1;
  return `${prefix}_${process.pid.toString(36)}${Date.now().toString(36)}${counter}`;
}
