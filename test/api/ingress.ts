// Runs a Surehook for the tests of its HTTP APIs, and keeps every answer and every accepted event to check at the end.
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { type Answer, type Exchange, type ExchangeOptions, exchange } from '../support/raw-http.ts';
import { DATA_CONVERTER, newId, SECRETS, Surehook, signHmac, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

/** A text that is in every body that is sent, and may be in no log. */
export const MARKER = 'payload-marker-5f1d';

/** The event id in bodies that are refused. */
export const NEVER = 'never-started';

export const toBody = (fields: Record<string, unknown>) => JSON.stringify({ note: MARKER, ...fields });

export class Ingress {
  readonly surehook: Surehook;
  readonly taskQueue: string;
  readonly temporal: Client;
  readonly answers: Answer[] = [];
  readonly accepted = new Set<string>();
  #isStopped = false;

  private constructor(surehook: Surehook, taskQueue: string, temporal: Client) {
    this.surehook = surehook;
    this.taskQueue = taskQueue;
    this.temporal = temporal;
  }

  static async start(temporalAddress: string, env: Record<string, string> = {}): Promise<Ingress> {
    const taskQueue = newId('queue');
    const surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue, env });
    const connection = await Connection.connect({ address: temporalAddress });
    return new Ingress(surehook, taskQueue, new Client({ connection, dataConverter: DATA_CONVERTER }));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.surehook.stop();
    await this.temporal.connection.close();
  }

  get url(): string {
    return this.surehook.publicUrl;
  }

  /** @param path what follows the host; `fetch` may normalise it */
  async request(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { 'user-agent': 'the tests', ...(init.headers as Record<string, string>) };
    const response = await fetch(this.url + path, { method, ...init, headers });
    const text = await response.text();
    return this.keep({ status: response.status, headers: Object.fromEntries(response.headers), text });
  }

  async post(
    source: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ): Promise<Answer> {
    return await this.request('POST', `/webhooks/${source}`, { body, headers });
  }

  /** Posts a body signed with the secret of the sources that use plain `hmac`. */
  async send(
    source: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return await this.post(source, body, { ...signHmac(body), ...headers });
  }

  async operator(path: string, headers?: Record<string, string>): Promise<Answer> {
    const response = await this.surehook.operator(path, headers ? { headers } : {});
    const text = await response.text();
    return this.keep({ status: response.status, headers: Object.fromEntries(response.headers), text });
  }

  async exchange(parts: Iterable<string | Uint8Array>, options?: ExchangeOptions): Promise<Exchange> {
    const result = await exchange(this.url, parts, options);
    for (const answer of result.answers) this.keep(answer);
    return result;
  }

  keep(answer: Answer): Answer {
    this.answers.push(answer);
    if (answer.status === 202) this.accepted.add(JSON.parse(answer.text).workflow_id);
    return answer;
  }

  async expectHealthy(): Promise<void> {
    if (this.#isStopped) return;
    expect(this.surehook.child.exitCode).toBeNull();
    expect(await this.request('GET', '/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  }

  /**
   * Asserts that refused webhooks have started nothing. The event sent here is the last: once it is listed, all
   * are.
   */
  async expectOnlyAcceptedStarted(): Promise<void> {
    await this.send('partner', toBody({ event_id: newId('last') }));
    const query = `TaskQueue = '${this.taskQueue}' AND WorkflowType != 'deadLetter'`;
    const list = async () => {
      const ids: string[] = [];
      for await (const { workflowId } of this.temporal.workflow.list({ query })) ids.push(workflowId);
      return ids;
    };
    const started = await waitFor(list, (ids) => [...this.accepted].every((id) => ids.includes(id)));
    expect(new Set(started)).toEqual(this.accepted);
    for (const source of ['partner', 'strict', 'walled', 'small', 'timed', 'github', 'stripe', 'standard']) {
      const never = this.temporal.workflow.getHandle(`${source}:${NEVER}`).describe();
      await expect(never).rejects.toThrow(WorkflowNotFoundError);
    }
  }

  expectAnswersTellNothing(): void {
    for (const answer of this.answers) {
      const text = [...Object.entries(answer.headers), answer.text].join('\n');
      expect(text).not.toMatch(/express|node\b|node_modules|powered-by|\.[jt]s:\d+|:\d+:\d+\)/i);
      for (const secret of [...Object.values(SECRETS), TOKEN]) expect(text).not.toContain(secret);
    }
  }

  /** Ends the process, so that its log is complete, and checks the log. */
  async expectLogTellsNothing(): Promise<void> {
    this.#isStopped = true;
    expect(await this.surehook.stop()).toBe(0);
    const { output } = this.surehook;
    for (const secret of [...Object.values(SECRETS), TOKEN, MARKER]) expect(output).not.toContain(secret);
    const errors = this.surehook.logLines().filter(({ level }) => level === 'error' || level === 'fatal');
    const ours = errors.map(({ msg }) => String(msg)).filter((msg) => !msg.startsWith('event failed'));
    expect(ours).toEqual([]);
  }
}

/** Asserts that an answer is a complete problem document (RFC 9457). */
export function expectProblem(
  answer: Answer | undefined,
  status: number,
  code: string,
  extra: Record<string, unknown> = {},
): void {
  expect(answer).toMatchObject({
    status,
    headers: { 'content-type': expect.stringMatching(/^application\/problem\+json\b/) },
  });
  expect(JSON.parse(answer?.text ?? '')).toEqual({
    type: `urn:surehook:error:${code}`,
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    code,
    ...extra,
  });
}

/** The last tests of a file, which check all requests before them. */
export function describeTheEnd(ingress: () => Ingress): void {
  describe('at the end', () => {
    it('only events that were accepted exist', () => ingress().expectOnlyAcceptedStarted());
    it('no answer has named a secret or the software of the server', () =>
      ingress().expectAnswersTellNothing());
    it('the log holds no secret, no payload and no error', () => ingress().expectLogTellsNothing());
  });
}
