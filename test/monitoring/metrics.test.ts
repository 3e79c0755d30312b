// Tests GET /metrics with a real Prometheus: every query of the dashboard and of the alerts, on a system under load.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentClient, API_KEYS } from '../support/agent-client.ts';
import { alertRules, metricsIn, queries } from '../support/dashboard.ts';
import { parseMetrics, type Series, sampleOf } from '../support/metrics-page.ts';
import { Prometheus, type Sample } from '../support/prometheus.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let surehook: Surehook;
let prometheus: Prometheus;
const ids: string[] = [];

beforeAll(async () => {
  receiver = await Receiver.start();
  const env = { RECEIVER_URL: receiver.url, SUREHOOK_API_KEYS: API_KEYS };
  const temporalAddress = inject('temporalAddress');
  const taskQueue = newId('queue');
  surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue, env, config: 'alerted' });
  prometheus = await Prometheus.start(new URL(surehook.operatorUrl).host, TOKEN);
  // Prometheus has to see the counters at zero first, so that what follows is an increase.
  await until('surehook_dead_letters_total{source="partner"}', (value) => value === 0);
  await sendOneOfEach();
});

afterAll(async () => {
  await prometheus.stop();
  await surehook.stop();
  await receiver.stop();
});

/** Sends a new event. @returns its id */
async function send(type: string, source = 'partner'): Promise<string> {
  const event_id = newId();
  ids.push(event_id);
  await surehook.send({ event_id, type }, source);
  return event_id;
}

async function beginTask(): Promise<void> {
  await new AgentClient(surehook).begin('counted', {});
}

/** Sends one event for each result that a request, a handler and a delivery can have. */
async function sendOneOfEach(): Promise<void> {
  const good = await send('both');
  await surehook.send({ event_id: good, type: 'both' });
  await surehook.post('partner', '{}', { 'x-webhook-signature': 'wrong' });
  await surehook.post('partner', '{}', {});
  await surehook.send({ type: 'without an id' });
  await surehook.send({ event_id: newId(), amount: -1 }, 'strict');
  const refused = newId();
  receiver.script('/handler', refused, [422]);
  const failing = newId();
  receiver.script('/second', failing, [500]);
  for (const event_id of [refused, failing]) {
    ids.push(event_id);
    await surehook.send({ event_id, type: 'both' });
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'failed');
  }
  const hanging = newId();
  ids.push(hanging);
  receiver.script('/first', hanging, ['hang', 200]);
  await surehook.send({ event_id: hanging, type: 'forwarded' });
  await surehook.untilEvent('partner', hanging, ({ status }) => status === 'processed');
  await surehook.untilEvent('partner', await send('unreachable'), ({ status }) => status === 'failed');
  await send('any', 'held');
  const held = async () =>
    sampleOf((await readPage()).series, 'surehook_deliveries_held_total', { endpoint: 'down' });
  await waitFor(held, (count) => count === 1);
  // Events are counted by lines of the SDK's log, which come a tenth of a second late.
  const deadLetters = async () =>
    sampleOf((await readPage()).series, 'surehook_dead_letters_total', { source: 'partner' });
  await waitFor(deadLetters, (count) => count === 3);
}

async function until(expr: string, isDone: (value: number | undefined) => boolean): Promise<void> {
  const read = async () => {
    const [sample] = await prometheus.query(expr);
    return sample && Number(sample.value[1]);
  };
  await waitFor(read, isDone);
}

async function readPage(): Promise<{ text: string; series: Series[] }> {
  const text = await (await surehook.operator('/metrics')).text();
  return { text, series: parseMetrics(text) };
}

describe('the metrics page', () => {
  it('needs the token of the operator API', async () => {
    const without = await fetch(`${surehook.operatorUrl}/metrics`);
    expect(without.status).toBe(401);
    const response = await surehook.operator('/metrics');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`${surehook.publicUrl}/metrics`)).status).toBe(404);
  });

  it('counts requests, events, attempts and dead letters by their results', async () => {
    const { series } = await readPage();
    const of = (name: string, labels: Record<string, string>) => sampleOf(series, `surehook_${name}`, labels);
    const source = 'partner';
    expect(of('ingress_requests_total', { source, outcome: 'duplicate' })).toBe(1);
    expect(of('ingress_requests_total', { source, outcome: 'accepted' })).toBe(5);
    expect(of('ingress_requests_total', { source, outcome: 'signature_invalid' })).toBe(1);
    expect(of('ingress_requests_total', { source, outcome: 'signature_missing' })).toBe(1);
    expect(of('ingress_requests_total', { source, outcome: 'event_id_missing' })).toBe(1);
    expect(of('ingress_requests_total', { source: 'strict', outcome: 'invalid_payload' })).toBe(1);
    expect(of('ingress_requests_total', { source, outcome: 'not_queued' })).toBe(0);
    expect(of('ingress_duration_seconds_count', { source, status_class: '2xx' })).toBe(6);
    expect(of('ingress_duration_seconds_count', { source, status_class: '4xx' })).toBe(3);
    expect(of('events_closed_total', { source, status: 'processed' })).toBe(2);
    expect(of('events_closed_total', { source, status: 'failed' })).toBe(3);
    expect(of('dead_letters_total', { source })).toBe(3);
    expect(of('handler_attempts_total', { source, outcome: 'succeeded' })).toBe(2);
    expect(of('handler_attempts_total', { source, outcome: 'failed' })).toBe(1);
    const first = { endpoint: 'first' };
    expect(of('delivery_attempts_total', { ...first, status_class: '2xx' })).toBe(3);
    expect(of('delivery_attempts_total', { ...first, status_class: 'timeout' })).toBe(1);
    expect(of('delivery_attempts_total', { endpoint: 'second', status_class: '5xx' })).toBe(3);
    expect(of('delivery_attempts_total', { endpoint: 'closed', status_class: 'error' })).toBe(3);
    expect(of('deliveries_held_total', { endpoint: 'down' })).toBe(1);
    expect(of('breaker_state', { endpoint: 'down' })).toBeGreaterThan(0);
    expect(of('breaker_state', { endpoint: 'first' })).toBe(0);
    const timedOut = of('delivery_duration_seconds_sum', { ...first, status_class: 'timeout' });
    expect(timedOut).toBeGreaterThan(0.9); // the endpoint's timeoutMs is 1 s
    expect(timedOut).toBeLessThan(3);
  });

  it('has metrics of the task queue, of its workers and of the SDK', async () => {
    const { series } = await readPage();
    expect(sampleOf(series, 'surehook_temporal_up')).toBe(1);
    for (const task_type of ['workflow', 'activity']) {
      expect(sampleOf(series, 'surehook_queue_backlog_tasks', { task_type })).toBe(0);
      expect(sampleOf(series, 'surehook_queue_oldest_task_age_seconds', { task_type })).toBe(0);
      expect(sampleOf(series, 'surehook_queue_workers', { task_type })).toBe(1);
    }
    const workflow_type = 'processEvent';
    expect(sampleOf(series, 'temporal_workflow_failed_total', { workflow_type })).toBe(3);
    expect(sampleOf(series, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  it('has one series for all sources that the config does not name', async () => {
    const before = await readPage();
    const names = Array.from({ length: 100 }, (_, i) => `made-up-${i}`);
    await Promise.all(names.map((name) => surehook.send({ event_id: newId(), type: 'x' }, name)));
    const { text, series } = await readPage();
    const unknown = { source: 'unknown', outcome: 'unknown_source' };
    expect(sampleOf(series, 'surehook_ingress_requests_total', unknown)).toBe(100);
    expect(text).not.toContain('made-up');
    const isNew = ({ name, labels }: Series) => name.startsWith('surehook_') && labels.source === 'unknown';
    const ours = (all: Series[]) => all.filter(({ name }) => name.startsWith('surehook_')).length;
    expect(ours(series) - ours(before.series)).toBe(series.filter(isNew).length);
    expect(series.filter((one) => isNew(one) && one.name.endsWith('_count'))).toHaveLength(1);
  });

  it('holds no event id, event type or run id in any label', async () => {
    const { text, series } = await readPage();
    for (const id of ids) expect(text).not.toContain(id);
    const types = ['both', 'forwarded', 'unreachable', 'without an id'];
    for (const { name, labels } of series) {
      for (const value of Object.values(labels)) {
        expect(types, name).not.toContain(value);
        expect(value, name).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
      }
    }
  });
});

describe('a real Prometheus', () => {
  it('gets an answer to every query of the dashboard', async () => {
    expect(queries.length).toBeGreaterThan(20);
    for (const { title, expr } of queries) {
      const read = async (): Promise<Sample[]> => {
        await Promise.all([send('both'), send('any', 'held'), beginTask()]); // without new events, rates would be zero
        return await prometheus.query(expr);
      };
      const isAnswer = ({ value }: Sample) => value[1] !== 'NaN';
      await waitFor(read, (all) => all.some(isAnswer)).catch((error: Error) => {
        throw new Error(`${title}: ${expr}: ${error.message}`);
      });
    }
  });

  it('evaluates every alert rule, and knows every metric that the rules name', async () => {
    const rules = await waitFor(
      () => prometheus.rules(),
      (all) => all.every(({ health }) => health !== 'unknown'),
    );
    expect(rules.map(({ name }) => name)).toEqual(alertRules.map(({ alert }) => alert));
    for (const { name, health, lastError } of rules)
      expect([name, health, lastError]).toEqual([name, 'ok', undefined]);
    const known = await prometheus.metricNames();
    expect(known).toEqual(expect.arrayContaining(metricsIn(alertRules.map(({ expr }) => expr))));
  });

  it('fires the alert for dead letters, and no critical alert', async () => {
    const read = async () => (await prometheus.rules()).filter(({ state }) => state === 'firing');
    const firing = await waitFor(read, (all) => all.length > 0);
    expect(firing.map(({ name }) => name)).toEqual(['SurehookDeadLetters']);
    expect(firing[0]?.alerts[0]?.labels).toMatchObject({ source: 'partner', severity: 'warning' });
    const pending = (await prometheus.rules()).filter(({ state }) => state === 'pending');
    const critical = alertRules
      .filter(({ labels }) => labels.severity === 'critical')
      .map(({ alert }) => alert);
    for (const { name } of pending) expect(critical).not.toContain(name);
  });
});
