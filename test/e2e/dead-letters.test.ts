// Tests that dead letters are shown, replayed and discarded, and stay right after use of Temporal's own tools.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RawBody } from '../../src/payloads/raw-body.ts';
import { createPayloadReader } from '../../src/temporal/data-converter.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { type Answer, Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const WEB_UI = 'https://temporal.example.com';
let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;
let client: Client;

const start = async (role: 'serve' | 'api' | 'worker', taskQueue = 'dead-letters') =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue,
    env: { RECEIVER_URL: receiver.url, TEMPORAL_UI_URL: WEB_UI },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await start('serve');
  letters = new DeadLetters(surehook, receiver);
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
});

/** Runs the `temporal` command on the server of the tests. @returns its output */
async function temporal(...args: string[]): Promise<string> {
  const address = ['--address', inject('temporalAddress')];
  return (await promisify(execFile)(inject('temporalCliPath'), [...args, ...address])).stdout;
}

/** The body with which a run was started, from Temporal's history. */
async function bodyOf(event_id: string, runId: string | undefined): Promise<string> {
  const { events } = await client.workflow.getHandle(`partner:${event_id}`, runId).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  const [, body] = await createPayloadReader(DATA_CONVERTER).readPayloads(
    started?.input,
    `partner:${event_id}`,
  );
  return Buffer.from((body as RawBody).bytes).toString();
}

const isProcessed = ({ status }: { status: string }) => status === 'processed';
const attempts = (event_id: string) =>
  Object.fromEntries(
    ['/handler', '/first', '/second'].map((path) => [path, receiver.of(event_id, path).length]),
  );

/** Each run of the event that is in the list of dead letters. */
const listedRuns = async (event_id: string) =>
  (await letters.list({ source: 'partner' })).filter((item) => item.event_id === event_id);

/** Sends an event whose handler and first delivery succeed, and whose second delivery fails all three attempts. */
async function failSecond(event_id = newId(), later: Answer[] = [200]): Promise<string> {
  receiver.script('/second', event_id, [500, 500, 500, ...later]);
  expect((await surehook.send({ event_id, type: 'both', name: 'first' })).status).toBe(202);
  await letters.untilListed(event_id);
  return event_id;
}

describe('a dead letter', () => {
  it('is listed and counted by its failed step and error, and shown with failure and checkpoint', async () => {
    const event_id = await failSecond();
    const [item] = (
      await letters.list({ source: 'partner', step: 'deliver:second', error: 'http_500' })
    ).filter((candidate) => candidate.event_id === event_id);
    expect(item).toMatchObject({
      source: 'partner',
      event_type: 'both',
      failed_steps: ['deliver:second'],
      errors: ['http_500'],
      attempts: 3,
      error: 'deliver:second failed after 3 attempts: http_500',
      workflow_id: `partner:${event_id}`,
    });
    expect(await letters.count({ source: 'partner', step: 'handler', error: 'http_500' })).toBe(0);
    const { status, body } = await letters.show(event_id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'failed',
      payload: { event_id, name: 'first' },
      began: { how: 'first' },
      earlier_runs: [],
      failed: {
        steps: [{ step: 'deliver:second', error: 'http_500', attempts: 3, stack: null }],
        checkpoint: [{ step: 'handler', result: { handled: event_id } }, { step: 'deliver:first' }],
      },
    });
    expect(body.run_id).toBe(item?.run_id);
  });

  it('is shown as it was received, with each attempt, its earlier runs and a link into the Web UI', async () => {
    const event_id = newId();
    receiver.script('/second', event_id, [500, 500, 500, 503, { status: 502, body: 'the shop is closed' }]);
    const body = `{ "event_id": "${event_id}", "type": "both", "name": "first" }`;
    const credentials = { ...signHmac(body), authorization: 'Bearer of-the-partner', cookie: 'id=partner' };
    const sent = await surehook.post('partner', body, { ...credentials, 'X-Shop': 'Nine; 7' });
    expect(sent.status).toBe(202);
    const { run_id: first } = await letters.untilListed(event_id);
    expect((await letters.replay(event_id)).status).toBe(202);
    await waitFor(
      () => listedRuns(event_id),
      (runs) => runs.length === 1 && runs[0]?.run_id !== first,
    );
    const { body: letter } = await letters.show(event_id);
    const attempt = { at: expect.any(String), duration_ms: expect.any(Number) };
    const closed = { ...attempt, status_code: 502, response_excerpt: 'the shop is closed' };
    expect(letter).toMatchObject({
      payload: { event_id, type: 'both', name: 'first' },
      headers: { 'x-shop': 'Nine; 7', 'content-type': 'application/json' },
      handler: { attempts: [{ attempt: 1, ...attempt }], result: { handled: event_id } },
      deliveries: [
        { endpoint: 'first', status: 'succeeded', attempts: [{ attempt: 1, status_code: 200, ...attempt }] },
        {
          endpoint: 'second',
          status: 'failed',
          attempts: [
            { attempt: 1, status_code: 503, ...attempt },
            { attempt: 2, ...closed },
            { attempt: 3, ...closed },
          ],
        },
      ],
      earlier_runs: [{ run_id: first, status: 'failed', began: { how: 'first' } }],
      failed: { steps: [{ step: 'deliver:second', error: 'http_502', message: 'the shop is closed' }] },
      web_ui_url: `${WEB_UI}/namespaces/default/workflows/partner%3A${event_id}/${letter.run_id}/history`,
    });
    for (const name of Object.keys(credentials))
      expect(letter.headers).not.toHaveProperty(name.toLowerCase());
  });

  it("has the handler's error with its stack", async () => {
    const event_id = await letters.make();
    const { failed, handler } = (await letters.show(event_id)).body;
    const error = { error: 'handler:PermanentError', message: 'the receiver says never' };
    expect(failed.steps).toMatchObject([{ step: 'handler', attempts: 1, ...error }]);
    expect(failed.steps[0]?.stack).toContain('main.config.ts');
    expect(handler?.attempts).toMatchObject([{ attempt: 1, duration_ms: expect.any(Number), ...error }]);
  });

  it('adds no history event to an event that does not fail', async () => {
    const event_id = newId();
    await surehook.send({ event_id, type: 'both' });
    await surehook.untilEvent('partner', event_id, isProcessed);
    const json = await temporal(
      'workflow',
      'show',
      '--workflow-id',
      `partner:${event_id}`,
      '--output',
      'json',
    );
    const { events } = JSON.parse(json) as { events: { eventType: string }[] };
    expect(events.map((event) => event.eventType.replace('EVENT_TYPE_', ''))).toEqual([
      'WORKFLOW_EXECUTION_STARTED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'MARKER_RECORDED',
      'MARKER_RECORDED',
      'MARKER_RECORDED',
      'WORKFLOW_EXECUTION_COMPLETED',
    ]);
  });
});

describe('a replay', () => {
  it('from the failed step repeats no step that had succeeded, and takes the event off list and count', async () => {
    const event_id = await failSecond();
    const item = await letters.untilListed(event_id);
    const answer = await letters.expectGoneWith(item, () => letters.replay(event_id));
    expect(answer).toMatchObject({ status: 202, body: { status: 'replayed', event_id, source: 'partner' } });
    const event = await surehook.untilEvent('partner', event_id, isProcessed);
    expect(attempts(event_id)).toEqual({ '/handler': 1, '/first': 1, '/second': 4 });
    expect(event).toMatchObject({
      run_id: answer.body.run_id,
      began: { how: 'replayed', from: 'failed_step' },
      earlier_runs: [{ status: 'failed', began: { how: 'first' } }],
    });
  });

  it('from the start repeats everything', async () => {
    const event_id = await failSecond();
    expect((await letters.replay(event_id, { from: 'start' })).status).toBe(202);
    await surehook.untilEvent('partner', event_id, isProcessed);
    expect(attempts(event_id)).toEqual({ '/handler': 2, '/first': 2, '/second': 4 });
  });

  it('that fails is one dead letter again', async () => {
    const event_id = await failSecond(newId(), [410]);
    const first = await letters.show(event_id);
    expect((await letters.replay(event_id)).status).toBe(202);
    const [again] = await waitFor(
      () => listedRuns(event_id),
      (runs) => runs.length === 1 && runs[0]?.run_id !== first.body.run_id,
    );
    expect(again).toMatchObject({ errors: ['http_410'] });
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
    expect((await letters.show(event_id)).body).toMatchObject({ began: { how: 'replayed' } });
  });

  it('with a corrected payload keeps the original in the history, and every digit of large numbers', async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, [422, 200]);
    const original = `{ "event_id": "${event_id}", "type": "both",  "name": "first", "big": 12345678901234567891 }`;
    expect((await surehook.post('partner', original, signHmac(original))).status).toBe(202);
    await letters.untilListed(event_id);
    const payload = `{"event_id":"${event_id}","name":"second","big":12345678901234567890}`;
    const answer = await letters.post(
      `/api/v1/dead-letters/partner/${event_id}/replay`,
      `{"payload":${payload}}`,
    );
    expect(answer.status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, isProcessed);
    expect(event).toMatchObject({
      payload: { name: 'second' },
      handler: { result: { name: 'second' } },
      began: { how: 'replayed', payload_corrected: true },
      earlier_runs: [{ status: 'failed', began: { how: 'first' } }],
    });
    expect(receiver.of(event_id, '/first')[0]?.body.toString()).toBe(payload);
    const bodies = [
      await bodyOf(event_id, event.earlier_runs[0]?.run_id),
      await bodyOf(event_id, event.run_id),
    ];
    expect(bodies).toEqual([original, payload]);
  });

  it('by several operators at once is one run, and the others get a 409', async () => {
    // The attempts of the new run take long, so that no replay comes after the new run has failed.
    const event_id = await failSecond(newId(), ['hang', 'hang', 410]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => letters.replay(event_id)));
    const started = answers.filter(({ status }) => status === 202);
    expect(started.length).toBe(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 202)) {
      expect([status, body.code]).toEqual([
        409,
        expect.stringMatching(/^(already_replayed|not_dead_letter)$/),
      ]);
    }
    const event = await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
    expect(event.run_id).toBe(started[0]?.body.run_id);
    expect(attempts(event_id)['/second']).toBe(6);
  });

  it('while the sender resends the same event is one run', async () => {
    const event_id = await failSecond();
    const [replayed, resent] = await Promise.all([
      letters.replay(event_id),
      surehook.send({ event_id, type: 'both', name: 'first' }),
    ]);
    expect([
      [202, 200],
      [409, 202],
    ]).toContainEqual([replayed.status, resent.status]);
    await surehook.untilEvent('partner', event_id, isProcessed);
    expect(attempts(event_id)).toEqual({ '/handler': 1, '/first': 1, '/second': 4 });
    await waitFor(async () => !(await letters.isListed(event_id)));
  });

  it('is refused for an event that is no dead letter, and for an unknown event', async () => {
    const event_id = newId();
    await surehook.send({ event_id, type: 'handled' });
    await surehook.untilEvent('partner', event_id, isProcessed);
    for (const answer of [
      await letters.replay(event_id),
      await letters.discard(event_id, { reason: 'r' }),
      await letters.show(event_id),
    ]) {
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'not_dead_letter', event_status: 'processed' },
      });
    }
    for (const answer of [
      await letters.replay('nothing'),
      await letters.discard('nothing', { reason: 'r' }),
      await letters.show('nothing'),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    }
  });
});

it('a resend takes an event off the list as a replay does', async () => {
  const event_id = await letters.make();
  expect((await surehook.send({ event_id, type: 'both', name: 'first' })).status).toBe(202);
  const event = await surehook.untilEvent('partner', event_id, isProcessed);
  expect(event.began).toEqual({ how: 'resent' });
  await waitFor(async () => !(await letters.isListed(event_id)));
});

describe('a discard', () => {
  it('ends the event, takes it off list and count at once, and makes a later resend a duplicate', async () => {
    const event_id = await letters.make();
    const item = await letters.untilListed(event_id);
    const reason = 'a test order of the partner';
    const answer = await letters.expectGoneWith(item, () => letters.discard(event_id, { reason }));
    expect(answer).toMatchObject({ status: 202, body: { status: 'discarded', event_id } });
    const resent = await surehook.send({ event_id, type: 'both', name: 'first' });
    expect([resent.status, await resent.json()]).toMatchObject([200, { status: 'duplicate' }]);
    const event = await surehook.event('partner', event_id);
    expect(event).toMatchObject({
      status: 'discarded',
      discarded: { reason },
      payload: { name: 'first' },
      handler: { status: 'failed' },
      earlier_runs: [{ status: 'failed' }],
    });
    const listed = await waitFor(async () => {
      const { items } = (await letters.get('/api/v1/events?source=partner&status=discarded')).body as {
        items: { event_id: string; status: string }[];
      };
      return items.find((item) => item.event_id === event_id);
    });
    expect(listed).toMatchObject({ status: 'discarded' });
    expect(await letters.replay(event_id)).toMatchObject({
      status: 409,
      body: { code: 'not_dead_letter', event_status: 'discarded' },
    });
  });

  it('needs a reason', async () => {
    const event_id = await letters.make();
    for (const body of [{}, { reason: '' }, { reason: ' ' }, { reason: 1 }, { reason: 'r'.repeat(1_001) }]) {
      expect(await letters.discard(event_id, body)).toMatchObject({
        status: 400,
        body: { code: 'bad_request' },
      });
    }
    expect(await letters.isListed(event_id)).toBe(true);
  });
});

describe("with Temporal's own tools", () => {
  const failedRuns = async (event_id: string) => {
    const query = `WebhookSource = 'partner' AND ExecutionStatus = 'Failed' AND WorkflowId = 'partner:${event_id}'`;
    const runs = await waitFor(
      async () => JSON.parse(await temporal('workflow', 'list', '--query', query, '--output', 'json')),
      (all: unknown[]) => all.length > 0,
    );
    return runs as { type: { name: string }; execution: { runId: string } }[];
  };

  const reset = async (event_id: string, type: string) => {
    const answer = await temporal(
      ...['workflow', 'reset', '--workflow-id', `partner:${event_id}`, '--reason', 'fixed', '--type', type],
      ...['--output', 'json'],
    );
    return (JSON.parse(answer) as { runId: string }).runId;
  };

  it('a dead letter that is reset is no dead letter while it runs again', async () => {
    const event_id = await failSecond();
    expect(await failedRuns(event_id)).toMatchObject([{ type: { name: 'processEvent' } }]);
    receiver.script('/first', event_id, [{ status: 503, headers: { 'retry-after': '600' } }]);
    const runId = await reset(event_id, 'FirstWorkflowTask');
    await waitFor(async () => !(await letters.isListed(event_id)));
    const running = await surehook.untilEvent('partner', event_id, ({ status }) => status === 'delivering');
    expect(running).toMatchObject({
      run_id: runId,
      began: { how: 'reset' },
      earlier_runs: [{ status: 'failed', began: { how: 'first' } }],
    });
    expect(await letters.show(event_id)).toMatchObject({ status: 409, body: { event_status: 'delivering' } });
  });

  it('a dead letter whose reset run succeeds at once is not counted, even if nobody reads the list', async () => {
    const event_id = await letters.make();
    const item = await letters.untilListed(event_id);
    await reset(event_id, 'FirstWorkflowTask');
    await surehook.untilEvent('partner', event_id, isProcessed);
    await waitFor(async () => !(await letters.isCounted(item)));
  });

  it('a dead letter that is reset and terminated is cancelled, and no dead letter', async () => {
    const event_id = await failSecond();
    receiver.script('/second', event_id, [{ status: 503, headers: { 'retry-after': '600' } }]);
    await reset(event_id, 'FirstWorkflowTask');
    await waitFor(async () => !(await letters.isListed(event_id)));
    await temporal('workflow', 'terminate', '--workflow-id', `partner:${event_id}`, '--reason', 'never mind');
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'canceled');
    expect(await letters.isListed(event_id)).toBe(false);
    expect(await letters.replay(event_id)).toMatchObject({ status: 409, body: { event_status: 'canceled' } });
  });

  it('a dead letter that is reset and fails again is one dead letter, with its new run', async () => {
    const event_id = await failSecond(newId(), [500]);
    const runId = await reset(event_id, 'FirstWorkflowTask');
    await waitFor(
      () => listedRuns(event_id),
      (runs) => runs.length === 1 && runs[0]?.run_id === runId,
    );
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
    expect((await letters.show(event_id)).body).toMatchObject({ began: { how: 'reset' }, run_id: runId });
  });

  it('a dead letter that is reset to a point after all failures is still one dead letter', async () => {
    const event_id = await failSecond();
    const runId = await reset(event_id, 'LastWorkflowTask');
    await waitFor(
      () => listedRuns(event_id),
      (runs) => runs.length === 1 && runs[0]?.run_id === runId,
    );
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
    expect((await letters.replay(event_id)).status).toBe(202);
    await surehook.untilEvent('partner', event_id, isProcessed);
    expect(attempts(event_id)).toEqual({ '/handler': 1, '/first': 1, '/second': 4 });
  });

  it('a dead letter that is deleted is taken off the list, and off the count', async () => {
    const event_id = await letters.make(newId(), 'handled', 'once');
    const item = await letters.untilListed(event_id, 'once');
    await temporal('workflow', 'delete', '--workflow-id', `once:${event_id}`);
    await waitFor(async () => !(await letters.isListed(event_id, 'once')));
    await waitFor(async () => !(await letters.isCounted(item)));
  });
});
