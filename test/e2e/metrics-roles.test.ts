// Tests /metrics of API and worker in separate processes, and while Temporal does not answer.
import { afterEach, describe, expect, inject, it } from 'vitest';
import { parseMetrics, type Series, sampleOf } from '../support/metrics-page.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const started: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.stop();
});

async function start(
  role: 'serve' | 'api' | 'worker',
  options: { address?: string; taskQueue?: string; env?: Record<string, string> } = {},
) {
  const { address = inject('temporalAddress'), taskQueue = newId('queue'), env = {} } = options;
  const surehook = await Surehook.start({ role, temporalAddress: address, taskQueue, env });
  started.push(surehook);
  return surehook;
}

async function read(surehook: Surehook): Promise<Series[]> {
  return parseMetrics(await (await surehook.operator('/metrics')).text());
}

const metricsOf = ({ operatorUrl }: Surehook, headers: Record<string, string> = {}) =>
  fetch(`${operatorUrl}/metrics`, { headers });

describe('a worker', () => {
  it('without a token shows metrics, but no events, on a port that is on loopback by default', async () => {
    const worker = await start('worker', { env: { SUREHOOK_OPERATOR_TOKEN: '' } });
    expect((await metricsOf(worker)).status).toBe(200);
    expect(new URL(worker.operatorUrl).hostname).toBe('127.0.0.1');
    expect((await fetch(`${worker.operatorUrl}/api/v1/events`)).status).toBe(404);
  });

  it('with a token requires the token, except for its health', async () => {
    const worker = await start('worker');
    expect((await metricsOf(worker)).status).toBe(401);
    expect((await metricsOf(worker, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await fetch(`${worker.operatorUrl}/healthz`)).status).toBe(200);
  });
});

describe('an API and a worker in separate processes', () => {
  it('each count their own work, and both have the metrics of the queue', async () => {
    const taskQueue = newId('queue');
    const api = await start('api', { taskQueue });
    expect(sampleOf(await read(api), 'surehook_queue_workers', { task_type: 'workflow' })).toBe(0);
    const event_id = newId();
    await api.send({ event_id, type: 'nobody-listens' });
    const age = async () =>
      sampleOf(await read(api), 'surehook_queue_oldest_task_age_seconds', { task_type: 'workflow' });
    await waitFor(age, (seconds) => (seconds ?? 0) > 1);
    expect(sampleOf(await read(api), 'surehook_queue_backlog_tasks', { task_type: 'workflow' })).toBe(1);

    const worker = await start('worker', { taskQueue });
    await api.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    const backlog = async () =>
      sampleOf(await read(api), 'surehook_queue_backlog_tasks', { task_type: 'workflow' });
    await waitFor(backlog, (tasks) => tasks === 0);
    const closed = async () => {
      const labels = { status: 'processed', source: 'partner' };
      return sampleOf(await read(worker), 'surehook_events_closed_total', labels);
    };
    await waitFor(closed, (events) => events === 1);
    const [ofApi, ofWorker] = [await read(api), await read(worker)];
    expect(
      sampleOf(ofApi, 'surehook_ingress_requests_total', { outcome: 'accepted', source: 'partner' }),
    ).toBe(1);
    expect(
      sampleOf(ofWorker, 'surehook_events_closed_total', { status: 'processed', source: 'partner' }),
    ).toBe(1);
    expect(sampleOf(ofWorker, 'surehook_queue_workers', { task_type: 'workflow' })).toBe(1);
  });
});

describe('while Temporal does not answer', () => {
  it.each(['hang', 'stop'] as const)(
    '(%s) the page comes in time, without the metrics of the queue',
    async (how) => {
      const proxy = await TcpProxy.start(inject('temporalAddress'));
      started.push(proxy);
      const surehook = await start('serve', { address: proxy.address });
      expect(sampleOf(await read(surehook), 'surehook_temporal_up')).toBe(1);
      await proxy[how]();
      const response = await surehook.send({ event_id: newId(), type: 'x' });
      expect(response.status).toBe(503);
      const up = async () => sampleOf(await read(surehook), 'surehook_temporal_up');
      await waitFor(up, (value) => value === 0);
      const before = performance.now();
      const page = await read(surehook);
      // It takes 1 s, or more on a busy machine; without a limit it would take 5.6 s.
      expect(performance.now() - before).toBeLessThan(5_000);
      expect(page.filter(({ name }) => name.startsWith('surehook_queue_'))).toEqual([]);
      expect(
        sampleOf(page, 'surehook_ingress_requests_total', { outcome: 'not_queued', source: 'partner' }),
      ).toBe(1);
      const slow = { source: 'partner', status_class: '5xx', le: '2' };
      expect(sampleOf(page, 'surehook_ingress_duration_seconds_bucket', slow)).toBe(0);
      expect(sampleOf(page, 'surehook_ingress_duration_seconds_bucket', { ...slow, le: '3' })).toBe(1);
      await proxy.stop(); // otherwise the worker's stop would wait for an answer
    },
  );
});
