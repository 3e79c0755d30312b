// Sets up alert routes for one test: their channels, Surehooks that have them, and alerts that the test raises itself.
import { Client, Connection } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { ALERT_ROUTE, RAISE_SIGNAL, type Raise, type RaiseSignal } from '../../src/contracts/alert.ts';
import { DEAD_LETTER } from '../../src/contracts/dead-letter.ts';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/search-attributes.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { ANY_DIVISION } from '../../src/temporal/visibility.ts';
import { webhookAlert } from './alert-formats.ts';
import { MailServer } from './mail-server.ts';
import { type Answer, Receiver } from './receiver.ts';
import { DATA_CONVERTER, KEY, newId, Surehook } from './surehook.ts';
import { waitFor } from './wait-for.ts';

export const ROUTING_KEY = 'R0123456789abcdef0123456789abcde';
export const SLACK_PATH = '/services/T0/B0/slack-secret-path';
export const WEB_UI = 'https://temporal.example.com';
export type WebhookAlert = z.infer<typeof webhookAlert>;

export interface AlertingOptions {
  temporalAddress: string;
  channels: string;
  env?: Record<string, string>;
  role?: 'serve' | 'api' | 'worker';
}

export class Alerting {
  readonly suffix = `-${newId('a').replace('_', '-')}`;
  readonly first = `first${this.suffix}`;
  readonly second = `second${this.suffix}`;
  readonly taskQueue = newId('queue');
  readonly receiver: Receiver;
  readonly mail: MailServer;
  readonly client: Client;
  readonly #options: AlertingOptions;

  private constructor(receiver: Receiver, mail: MailServer, client: Client, options: AlertingOptions) {
    this.receiver = receiver;
    this.mail = mail;
    this.client = client;
    this.#options = options;
  }

  /** Starts the channels; they end with the test, as every Surehook does. */
  static async start(options: AlertingOptions): Promise<Alerting> {
    const connection = await Connection.connect({ address: options.temporalAddress });
    const client = new Client({ connection, dataConverter: DATA_CONVERTER });
    const [receiver, mail] = [await Receiver.start(), await MailServer.start()];
    onTestFinished(async () => {
      await Promise.all([receiver.stop(), mail.stop(), connection.close()]);
    });
    return new Alerting(receiver, mail, client, options);
  }

  get env(): Record<string, string> {
    return {
      RECEIVER_URL: this.receiver.url,
      SUFFIX: this.suffix,
      CHANNELS: this.#options.channels,
      SLACK_URL: this.receiver.url + SLACK_PATH,
      ROUTING_KEY,
      SMTP_URL: this.mail.url,
      TEMPORAL_UI_URL: WEB_UI,
      ...this.#options.env,
    };
  }

  async surehook(
    role: 'serve' | 'api' | 'worker' = 'serve',
    env: Record<string, string> = {},
  ): Promise<Surehook> {
    const { taskQueue } = this;
    const { temporalAddress } = this.#options;
    const all = { ...this.env, ...env };
    const surehook = await Surehook.start({ role, temporalAddress, taskQueue, config: 'alerts', env: all });
    onTestFinished(async () => void (await surehook.stop('SIGKILL')));
    return surehook;
  }

  /** Raises alerts as the activity `raiseAlerts` does. */
  async raise(route: string, raises: Raise[], pace = { gather_ms: 500, every_ms: 1_000 }): Promise<void> {
    await this.client.workflow.signalWithStart(ALERT_ROUTE, {
      workflowId: this.routeId(route),
      taskQueue: this.taskQueue,
      args: [route + this.suffix],
      signal: RAISE_SIGNAL,
      signalArgs: [{ raises, pace } satisfies RaiseSignal],
    });
  }

  routeId(route: string): string {
    return `alert:${route}${this.suffix}`;
  }

  /** Answers requests at this path with these answers in turn, and with the last one from then on. */
  script(path: string, answers: Answer[]): void {
    this.receiver.script(path, 'undefined', answers);
  }

  /** The JSON bodies that came at this path. */
  bodies(path: string): unknown[] {
    return this.receiver.requests
      .filter((one) => one.path === path)
      .map(({ body }) => JSON.parse(body.toString('utf8')));
  }

  /**
   * Each alert at this path once, since a repeated request has the same id.
   *
   * @param from skips so many requests of all paths
   */
  webhookAlerts(path = '/webhook', from = 0): WebhookAlert[] {
    const byId = this.receiver.requests
      .slice(from)
      .filter((one) => one.path === path)
      .map(({ headers, body }) => [String(headers['webhook-id']), body.toString('utf8')] as const);
    return [...new Map(byId).values()].map((text) => webhookAlert.parse(JSON.parse(text)));
  }

  /** Starts a dead letter's workflow without a worker: it is counted as open until it is terminated. */
  async openDeadLetter(source: string): Promise<{ end(): Promise<void> }> {
    const workflowId = newId('dead');
    const handle = await this.client.workflow.start(DEAD_LETTER, {
      workflowId,
      taskQueue: newId('nobody'),
      typedSearchAttributes: new TypedSearchAttributes([{ key: SEARCH_ATTRIBUTES.source, value: source }]),
    });
    const end = async () => void (await handle.terminate('recovered'));
    onTestFinished(async () => void (await end().catch(() => undefined)));
    const isCounted = `WorkflowId = '${workflowId}' AND ExecutionStatus = 'Running' AND ${ANY_DIVISION}`;
    await waitFor(async () => (await this.client.workflow.count(isCounted)).count === 1);
    return { end };
  }

  /** How often the latest run of a route's workflow was signalled. */
  async signalsTo(route: string): Promise<number> {
    const { events } = await this.client.workflow.getHandle(this.routeId(route)).fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  }

  /** How often the latest run of a route's workflow has sent, or has checked whether there is something to send. */
  async sendsOf(route: string): Promise<number> {
    const { events } = await this.client.workflow.getHandle(this.routeId(route)).fetchHistory();
    return (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes).length;
  }

  /** The decrypted history of the latest run of a route's workflow, as text. */
  async historyOf(route: string): Promise<string> {
    const { events } = await this.client.workflow.getHandle(this.routeId(route)).fetchHistory();
    return JSON.stringify(await decode(events), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
}

/** Decrypts every payload inside a value, and turns bytes into text. */
async function decode(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map(decode));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if ('metadata' in value && 'data' in value) {
    const [payload] = await new EncryptionCodec([KEY]).reveal([value as never]);
    return Buffer.from(payload?.data ?? []).toString('utf8');
  }
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => [key, await decode(inner)] as const),
  );
  return Object.fromEntries(entries);
}

let runs = 0;

export function aRaise(given: Partial<Raise>): Raise {
  runs += 1;
  return {
    kind: 'dead_letter',
    source: 'first',
    event_id: `evt_${runs}`,
    event_type: 'order.paid',
    failed_steps: ['deliver:billing'],
    errors: ['http_500'],
    at: new Date().toISOString(),
    run_id: `01930000-0000-7000-8000-${String(runs).padStart(12, '0')}`,
    ...given,
  };
}
