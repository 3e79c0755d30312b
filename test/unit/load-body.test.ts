// Tests that a body that Temporal gives late, or not at all, does not count against the endpoint.
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import type { LoadBody } from '../../src/contracts/event.ts';
import { createLog } from '../../src/observability/log.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { NO_TRACING } from '../../src/observability/tracing.ts';
import { RawBody, StoredBody } from '../../src/payloads/raw-body.ts';
import { load } from '../support/config-file.ts';
import { Receiver } from '../support/receiver.ts';

const TIMEOUT_MS = 300;
const observer = { metrics: new Metrics(), tracing: NO_TRACING };
const BODY = new RawBody(Buffer.from('{"n":1}'), 'json/plain');
const event = { source: 'partner', event_id: 'evt_1', event_type: 'any', received_at: '', headers: {} };

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

const STORED = new StoredBody('2026-01-01/of-a-test');

/** @returns the outcome of a first attempt, in a regular or a local activity, and its heartbeats */
async function deliver(loadBody: LoadBody, isLocal = false) {
  const config = await load({
    endpoints: `slow: { url: '${receiver.url}/slow', secrets, timeoutMs: ${TIMEOUT_MS}, retry: [0] }`,
  });
  const activities = createActivities({
    config,
    proxy: undefined,
    loadBody,
    log: createLog('silent'),
    observer,
    readRetentionMs: async () => 86_400_000,
    readAttempts: async () => new Map(),
    signalAlertRoute: async () => undefined,
    reportBreaker: async () => undefined,
    countDeadLetters: async () => 0,
    linkTo: () => undefined,
    listJobItems: async () => ({ items: [], failing: 0 }),
    runJobItem: async () => 'skipped',
    callHandler: async () => ({ ok: true }),
    callTask: async () => ({ ok: true }),
    reportProgress: async () => undefined,
    readTarget: async () => ({ url: 'https://example.com', secrets: [] }),
    allowLoopbackUrls: false,
  });
  const beats: unknown[] = [];
  const workflowExecution = { workflowId: 'partner:evt_1', runId: 'r' };
  const info = { isLocal, attempt: 1, startToCloseTimeoutMs: TIMEOUT_MS + 5_000, workflowExecution } as Info;
  const signal = new AbortController().signal;
  const beat = (details: unknown) => void beats.push(details);
  const [client, log, meter, cancellation] = [undefined, undefined, undefined, {}] as unknown as never[];
  const context = new Context(
    info,
    new Promise<never>(() => undefined),
    signal,
    beat,
    client,
    log as never,
    meter as never,
    cancellation as never,
  );
  const run = () =>
    activities.deliver({ event, step: 'deliver:slow', attempts: [] }, isLocal ? STORED : undefined);
  const outcome = await asyncLocalStorage.run(context, run).catch((error: ApplicationFailure) => error);
  return { outcome, beats };
}

it("a body that is read for longer than the endpoint's time-out leaves the endpoint its whole time", async () => {
  const loadBody = async () => {
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + 100));
    return BODY;
  };
  const { outcome } = await deliver(loadBody);
  expect(outcome).toMatchObject({ status: 'succeeded', attempts: [{ attempt: 1, status_code: 200 }] });
});

it('a body that cannot be read costs no attempt, and the activity is retried soon', async () => {
  const { length } = receiver.requests;
  const { outcome, beats } = await deliver(() => Promise.reject(new Error('unavailable')));
  expect(outcome).toMatchObject({ type: 'BodyNotRead', nonRetryable: false, nextRetryDelay: 2_000 });
  expect(beats).toEqual([{ attempts: [], temporal_attempt: 1 }]); // so that Temporal's count is known to hold none
  expect(receiver.requests).toHaveLength(length);
});

it('a stored body that cannot be read costs no local attempt: a regular activity waits for the body', async () => {
  const { length } = receiver.requests;
  const { outcome } = await deliver(() => Promise.reject(new Error('unavailable')), true);
  expect(outcome).toEqual({ step: 'deliver:slow', status: 'retrying', attempts: [] });
  expect(receiver.requests).toHaveLength(length);
});
