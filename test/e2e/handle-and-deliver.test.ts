// Tests the main job of Surehook: events are accepted once, handled once and delivered, also if an endpoint fails.
import { Client, Connection } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, SECRETS, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let surehook: Surehook;
let temporal: Client;
const taskQueue = newId('queue');

beforeAll(async () => {
  receiver = await Receiver.start();
  const temporalAddress = inject('temporalAddress');
  const env = { RECEIVER_URL: receiver.url };
  surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue, env });
  const connection = await Connection.connect({ address: temporalAddress });
  temporal = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
  await temporal.connection.close();
});

const isClosed = (event: { closed_at: string | null }) => event.closed_at !== null;

describe('an event', () => {
  it('is accepted once and handled once', async () => {
    const event_id = newId();
    const first = await surehook.send({ event_id, type: 'handled', name: 'Zoë' });
    expect(first.status).toBe(202);
    const workflow_id = `partner:${event_id}`;
    expect(await first.json()).toEqual({ status: 'accepted', event_id, source: 'partner', workflow_id });

    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({
      status: 'processed',
      event_type: 'handled',
      payload: { event_id, name: 'Zoë' },
    });
    expect(event.handler).toMatchObject({ status: 'succeeded', result: { handled: event_id, name: 'Zoë' } });

    const again = await surehook.send({ event_id, type: 'handled', name: 'Zoë' });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ status: 'duplicate', event_id, source: 'partner', workflow_id });
    expect(receiver.of(event_id)).toHaveLength(1);
    expect(receiver.of(event_id)[0]?.headers['x-key']).toBe(workflow_id);
  });

  it('that is sent 50 times at once gets one 202 and 49 times 200, and is handled once', async () => {
    const event_id = newId();
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const send = async () => (await surehook.send({ event_id, type: 'handled' })).status;
        return await waitFor(send, (status) => status !== 503); // a busy machine may answer 503
      }),
    );
    expect(answers.sort()).toEqual([...Array(49).fill(200), 202]);
    await surehook.untilEvent('partner', event_id, isClosed);
    expect(receiver.of(event_id)).toHaveLength(1);
  });

  it('without handler and endpoint is kept as processed', async () => {
    const event_id = newId();
    expect((await surehook.send({ event_id, type: 'nobody-listens' })).status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({ status: 'processed', handler: null, deliveries: [] });
  });

  it('has its source, its type, a summary and the status query in Temporal', async () => {
    const event_id = newId();
    await surehook.send({ event_id, type: 'handled' });
    await surehook.untilEvent('partner', event_id, isClosed);
    const handle = temporal.workflow.getHandle(`partner:${event_id}`);
    const description = await handle.describe();
    expect(await description.staticSummary()).toBe('handled from partner');
    expect(description.type).toBe('processEvent');
    expect(description.searchAttributes).toMatchObject({
      WebhookSource: ['partner'],
      WebhookEventType: ['handled'],
    });
    expect(await handle.query('status')).toMatchObject({ status: 'processed', steps: [{ step: 'handler' }] });
    expect(await handle.result()).toMatchObject({ status: 'processed', steps: [{ status: 'succeeded' }] });
  });
});

describe('a handler', () => {
  it('that throws is retried by its schedule, and its result is kept', async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, [500, 500, 200]);
    await surehook.send({ event_id, type: 'handled' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('processed');
    expect(event.handler?.attempts).toMatchObject([
      { attempt: 1, error: 'handler:TypeError', message: 'the receiver says 500' },
      { attempt: 2, error: 'handler:TypeError' },
      { attempt: 3 },
    ]);
    expect(event.handler?.attempts[0]?.stack).toContain('main.config.ts');
    expect(receiver.of(event_id).map(({ headers }) => headers['x-attempt'])).toEqual(['1', '2', '3']);
  });

  it('that throws a PermanentError is not retried, and nothing is delivered', async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, [422]);
    await surehook.send({ event_id, type: 'both' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('failed');
    expect(event.handler?.attempts).toMatchObject([{ error: 'handler:PermanentError' }]);
    expect(event.deliveries).toMatchObject([{ status: 'pending' }, { status: 'pending' }]);
    expect(event.error).toBe('handler failed after 1 attempt: handler:PermanentError');
    expect(receiver.of(event_id)).toHaveLength(1);
  });

  it('with a time-out of more than 5 s runs as a regular activity', async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, [500, 200]);
    await surehook.send({ event_id, type: 'any' }, 'slow');
    const event = await surehook.untilEvent('slow', event_id, isClosed);
    expect(event.handler?.attempts).toHaveLength(2);
    const { events } = await temporal.workflow.getHandle(`slow:${event_id}`).fetchHistory();
    expect(events?.some((entry) => entry.markerRecordedEventAttributes)).toBe(false);
    expect(events?.filter((entry) => entry.activityTaskScheduledEventAttributes)).toHaveLength(1);
  });

  it('that hangs is stopped at its time-out', async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, ['hang']);
    await surehook.send({ event_id, type: 'any' }, 'once');
    const event = await surehook.untilEvent('once', event_id, isClosed);
    expect(event).toMatchObject({ status: 'failed', handler: { attempts: [{ error: 'timeout' }] } });
  });
});

it('a process too busy to report a handled event to Temporal in time does not handle the event twice', async () => {
  const event_id = newId();
  expect((await surehook.send({ event_id, type: 'any' }, 'stalling')).status).toBe(202);
  await waitFor(() => receiver.of(event_id).length === 1);
  const { pid } = surehook.child as { pid: number };
  process.kill(pid, 'SIGSTOP'); // the handler runs in a process of its own, and ends meanwhile
  const handle = temporal.workflow.getHandle(`stalling:${event_id}`);
  const isTimedOut = async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((entry) => entry.workflowTaskTimedOutEventAttributes) === true;
  };
  await waitFor(isTimedOut).finally(() => process.kill(pid, 'SIGCONT'));
  expect(await handle.result()).toMatchObject({ status: 'processed' });
  expect(receiver.of(event_id)).toHaveLength(1);
});

describe('a delivery', () => {
  it('has the bytes of the webhook, both signatures and the configured headers', async () => {
    const event_id = newId();
    const body = `{ "event_id":"${event_id}",\n\t"type" : "forwarded", "price": 1.50, "name":"\\u00e9 \u00e9 \ud83e\udd9c" }  `;
    const headers = { ...signHmac(body), 'content-type': 'application/json; charset=utf-8' };
    expect((await surehook.post('partner', body, headers)).status).toBe(202);
    const [got] = await waitFor(
      () => receiver.of(event_id, '/first'),
      (all) => all.length > 0,
    );
    expect(got?.body.toString('utf8')).toBe(body);
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-webhook-source': 'partner',
      'x-webhook-event-type': 'forwarded',
      'x-team': 'a',
    });
    expect(got?.headers['webhook-id']).toMatch(/^msg_[\w-]+$/);
    const { ENDPOINT_SECRET, ENDPOINT_SECRET_OLD } = SECRETS;
    const sent = got?.headers as Record<string, string>;
    expect(sent['x-webhook-signature']).toBe(signHmac(body, ENDPOINT_SECRET)['x-webhook-signature']);
    expect(() => new Webhook(ENDPOINT_SECRET).verify(body, sent)).not.toThrow();
    expect(() => new Webhook(ENDPOINT_SECRET_OLD, { format: 'raw' }).verify(body, sent)).not.toThrow();
  });

  it("has the sender's headers that its endpoint asks for, at each attempt, and no others", async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [500]);
    const body = JSON.stringify({ event_id, type: 'forwarded' });
    const given = { 'x-tenant': 'a \u00e9', 'x-other': 'b', cookie: 'c=d', ...signHmac(body) };
    expect((await surehook.post('partner', body, given)).status).toBe(202);
    const all = await waitFor(
      () => receiver.of(event_id, '/first'),
      (found) => found.length > 1,
    );
    for (const { headers } of all) {
      expect(headers).toMatchObject({ 'x-tenant': 'a \u00e9', 'x-team': 'a' });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-other']));
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cookie']));
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-github-event']));
    }
  });

  it('that fails twice and then succeeds sends the same bytes with the same webhook-id each time', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [500, { status: 503, body: 'overloaded' }, 204]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('processed');
    const attempts = event.deliveries[0]?.attempts ?? [];
    expect(attempts.map(({ attempt, status_code }) => [attempt, status_code])).toEqual([
      [1, 500],
      [2, 503],
      [3, 204],
    ]);
    expect(attempts[1]).toMatchObject({
      response_excerpt: 'overloaded',
      next_attempt_at: expect.any(String),
    });
    expect(attempts[2]).not.toHaveProperty('next_attempt_at');
    const got = receiver.of(event_id);
    expect(new Set(got.map(({ body }) => body.toString('hex'))).size).toBe(1);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(got).toHaveLength(3);
  });

  it('that never succeeds ends as a dead letter with all its attempts', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [500]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({
      status: 'failed',
      error: 'deliver:first failed after 3 attempts: http_500',
    });
    expect(event.deliveries[0]?.attempts.map(({ status_code }) => status_code)).toEqual([500, 500, 500]);
    expect(receiver.of(event_id)).toHaveLength(3);

    const handle = temporal.workflow.getHandle(`partner:${event_id}`);
    const { status, searchAttributes } = await handle.describe();
    expect(status.name).toBe('FAILED');
    expect(searchAttributes).toMatchObject({
      WebhookFailedStep: ['deliver:first'],
      WebhookError: ['http_500'],
    });
    const failure = await handle.result().catch((error) => error.cause);
    expect(failure).toMatchObject({ type: 'EventFailed', nonRetryable: true });
    expect(failure.details[0]).toMatchObject({ failed: [{ step: 'deliver:first' }], checkpoint: [] });
    expect(failure.details[0].failed[0].attempts).toHaveLength(3);
  });

  it('that is answered with 410 fails at once', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [410]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({ status: 'failed', deliveries: [{ attempts: [{ status_code: 410 }] }] });
    expect(receiver.of(event_id)).toHaveLength(1);
  });

  it('that is answered with `Retry-After: 2` waits for 2 s', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [{ status: 429, headers: { 'retry-after': '2' } }, 200]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('processed');
    const [first, second] = receiver.of(event_id);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('is shown while it waits, with its attempts and the time of the next attempt', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [{ status: 503, headers: { 'retry-after': '3600' } }]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent(
      'partner',
      event_id,
      ({ deliveries }) => deliveries[0]?.status === 'retrying',
    );
    expect(event).toMatchObject({ status: 'delivering', closed_at: null });
    const [attempt] = event.deliveries[0]?.attempts ?? [];
    expect(attempt).toMatchObject({ status_code: 503 });
    const wait = Date.parse(attempt?.next_attempt_at ?? '') - Date.parse(attempt?.at ?? '');
    expect(wait).toBeGreaterThanOrEqual(3_600_000);
    const handle = temporal.workflow.getHandle(`partner:${event_id}`);
    await waitFor(
      async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message,
      Boolean,
    );
    await handle.terminate('the test is over');
    expect((await surehook.event('partner', event_id)).status).toBe('canceled');
  });

  it('does not follow a redirect, which counts as a failure', async () => {
    const event_id = newId();
    receiver.script('/first', event_id, [{ status: 302, headers: { location: '/elsewhere' } }, 200]);
    await surehook.send({ event_id, type: 'forwarded' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.deliveries[0]?.attempts.map(({ status_code }) => status_code)).toEqual([302, 200]);
    expect(receiver.of(event_id, '/elsewhere')).toHaveLength(0);
  });

  it('to an endpoint that hangs, resets the connection or does not listen has an error that says so', async () => {
    const [hangs, closed] = [newId(), newId()];
    receiver.script('/first', hangs, ['hang', 'reset', { status: 200, body: 'x'.repeat(100_000) }]);
    await surehook.send({ event_id: hangs, type: 'forwarded' });
    await surehook.send({ event_id: closed, type: 'unreachable' });
    const slow = await surehook.untilEvent('partner', hangs, isClosed);
    expect(slow.deliveries[0]?.attempts).toMatchObject([
      { error: 'timeout', message: expect.stringMatching(/^no answer in 1\d{3} ms$/) },
      { error: 'connection_reset' },
      { status_code: 200, response_excerpt: 'x'.repeat(500) },
    ]);
    const refused = await surehook.untilEvent('partner', closed, isClosed);
    expect(refused.error).toBe('deliver:closed failed after 3 attempts: connection_refused');
  });

  it('that fails does not affect the other endpoint, which gets the event once', async () => {
    const event_id = newId();
    receiver.script('/second', event_id, [500]);
    await surehook.send({ event_id, type: 'both' });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({ status: 'failed', handler: { status: 'succeeded' } });
    expect(event.deliveries).toMatchObject([
      { endpoint: 'first', status: 'succeeded' },
      { endpoint: 'second', status: 'failed' },
    ]);
    expect(receiver.of(event_id, '/first')).toHaveLength(1);
    expect(receiver.of(event_id, '/second')).toHaveLength(3);
    expect(receiver.of(event_id, '/handler')).toHaveLength(1);
  });
});

describe('a body just under the size limit', () => {
  it('is delivered to six endpoints that each fail at first', async () => {
    const event_id = newId();
    const paths = ['/many1', '/many2', '/many3', '/many4', '/many5', '/many6'];
    for (const path of paths) receiver.script(path, event_id, [500, 200]);
    const body = JSON.stringify({ event_id, type: 'many', text: 'é'.repeat(520_000) });
    expect((await surehook.post('partner', body, signHmac(body))).status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('processed');
    for (const path of paths) {
      expect(receiver.of(event_id, path).map((got) => got.body.toString() === body)).toEqual([true, true]);
    }
  });
});

describe('a failed event that its sender resends', () => {
  it('runs again without repeating steps that had succeeded, and is listed once', async () => {
    const event_id = newId();
    receiver.script('/second', event_id, [500, 500, 500, 200]);
    await surehook.send({ event_id, type: 'both' });
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
    const again = await surehook.send({ event_id, type: 'both' });
    expect(again.status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    expect(receiver.of(event_id, '/handler')).toHaveLength(1);
    expect(receiver.of(event_id, '/first')).toHaveLength(1);
    expect(receiver.of(event_id, '/second')).toHaveLength(4);
    expect(new Set(receiver.of(event_id, '/second').map(({ headers }) => headers['webhook-id'])).size).toBe(
      1,
    );
    await waitFor(
      () => surehook.event('partner', event_id),
      ({ earlier_runs }) => earlier_runs.length === 1 && earlier_runs[0]?.status === 'failed',
    );
    expect(event.handler?.result).toEqual({ handled: event_id });
    const ids = async () => {
      const list = (await (
        await surehook.operator('/api/v1/events?source=partner&type=both&limit=200')
      ).json()) as {
        items: { event_id: string; status: string }[];
      };
      return list.items.filter((item) => item.event_id === event_id);
    };
    await waitFor(ids, (items) => items.length === 1 && items[0]?.status === 'processed');
    expect((await surehook.send({ event_id, type: 'both' })).status).toBe(200);
  });

  it("is a duplicate if the source has redelivery: 'ignore'", async () => {
    const event_id = newId();
    receiver.script('/handler', event_id, [422]);
    await surehook.send({ event_id, type: 'any' }, 'once');
    await surehook.untilEvent('once', event_id, ({ status }) => status === 'failed');
    expect((await surehook.send({ event_id, type: 'any' }, 'once')).status).toBe(200);
    expect(receiver.of(event_id)).toHaveLength(1);
  });
});
