// Tests an endpoint that is down: its deliveries are held, nothing is lost, and other endpoints do not notice.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { IN_FLIGHT_MAX } from '../../src/activities/delivery/breaker.ts';
import type { EndpointView } from '../../src/api/operator/endpoints/endpoint-view.ts';
import { pagerDutyEvent, webhookAlert } from '../support/alert-formats.ts';
import { ROUTING_KEY } from '../support/alerting.ts';
import { parseMetrics, sampleOf } from '../support/metrics-page.ts';
import { Receiver } from '../support/receiver.ts';
import { CLI, type Event, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

class Story {
  readonly suffix = `-${newId('b').replace('_', '-')}`;
  readonly taskQueue = newId('queue');
  readonly sent: string[] = [];

  async start(role: 'serve' | 'api' | 'worker'): Promise<Surehook> {
    const { taskQueue, suffix } = this;
    const env = { RECEIVER_URL: receiver.url, SUFFIX: suffix, ROUTING_KEY };
    const temporalAddress = inject('temporalAddress');
    const surehook = await Surehook.start({ role, temporalAddress, taskQueue, env, config: 'breaker' });
    onTestFinished(async () => void (await surehook.stop('SIGKILL')));
    return surehook;
  }

  async send(surehook: Surehook, type: string, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId());
    for (let i = 0; i < count; i += 10) {
      const part = ids.slice(i, i + 10);
      const answers = await Promise.all(part.map((event_id) => surehook.send({ event_id, type })));
      expect(answers.map(({ status }) => status)).toEqual(part.map(() => 202));
    }
    this.sent.push(...ids);
    return ids;
  }

  async endpoint(surehook: Surehook, name: string): Promise<EndpointView> {
    return (await (
      await surehook.operator(`/api/v1/endpoints/${name}${this.suffix}`)
    ).json()) as EndpointView;
  }

  async untilBreaker(surehook: Surehook, name: string, state: string): Promise<EndpointView> {
    return await waitFor(
      () => this.endpoint(surehook, name),
      ({ breaker }) => breaker.state === state,
    );
  }

  async untilAllProcessed(surehook: Surehook): Promise<void> {
    for (const id of this.sent)
      await surehook.untilEvent('partner', id, ({ status }) => status === 'processed');
  }

  sample(surehook: Surehook, name: string, endpoint: string): Promise<number | undefined> {
    const labels = { endpoint: endpoint + this.suffix };
    return surehook
      .operator('/metrics')
      .then((response) => response.text())
      .then((text) => sampleOf(parseMetrics(text), name, labels));
  }
}

/** @returns a function that gives the event ids of the requests at the path since this call */
function countFrom(path: string): () => string[] {
  const from = receiver.requests.length;
  return () =>
    receiver.requests
      .slice(from)
      .filter((request) => request.path.startsWith(path))
      .map(({ headers }) => String(headers['x-webhook-event-id']));
}

describe('under load, with one endpoint that hangs and one that answers', () => {
  it('the answering endpoint gets every event, and the hanging one each event once when it is back', async () => {
    const story = new Story();
    const surehook = await story.start('serve');
    receiver.answerAll('/dead?key=url-secret', 'hang');
    const atDead = countFrom('/dead');
    const atLive = countFrom('/live');
    await story.send(surehook, 'both', 150);
    await waitFor(() => atLive().length >= 150);
    expect(new Set(atLive())).toEqual(new Set(story.sent));

    const down = await story.untilBreaker(surehook, 'dead', 'open');
    expect(down).toMatchObject({ url: `${receiver.url}/dead`, breaker: { last_error: 'timeout' } });
    expect(down.breaker.failures).toBeGreaterThanOrEqual(5);
    expect(down.breaker.workers).toHaveLength(1);
    expect((await story.endpoint(surehook, 'live')).breaker).toMatchObject({ state: 'closed', held: 0 });
    await waitFor(
      () => story.sample(surehook, 'surehook_deliveries_held_total', 'dead'),
      (held) => (held ?? 0) > 100,
    );
    await waitFor(
      () => story.sample(surehook, 'surehook_breaker_state', 'dead'),
      (state) => state === 2,
    );
    expect(await story.sample(surehook, 'surehook_breaker_state', 'live')).toBe(0);
    expect(await story.sample(surehook, 'surehook_deliveries_held_total', 'live')).toBe(0);
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'endpoints', 'list'], {
      env: { SUREHOOK_OPERATOR_TOKEN: TOKEN, SUREHOOK_OPERATOR_URL: surehook.operatorUrl },
    });
    expect(stdout).toMatch(new RegExp(`^dead${story.suffix} +(open|half_open) .* timeout `, 'm'));
    expect(stdout).toMatch(new RegExp(`^live${story.suffix} +closed `, 'm'));
    expect(stdout).not.toContain('url-secret');

    // Most held deliveries had no attempt; exceptions are the probes, and attempts that ran when the breaker opened.
    const readHeld = async () => {
      const events = await Promise.all(story.sent.map((id) => surehook.event('partner', id)));
      return events.flatMap(({ deliveries: [first] }) =>
        first?.held && first.attempts.length === 0 ? [first] : [],
      );
    };
    const held = await waitFor(readHeld, (all) => all.length > 100);
    expect(new Set(held.map(({ status }) => status))).toEqual(new Set(['retrying']));
    // After the breaker has opened there is one probe at a time, for two seconds each.
    expect(atDead().length).toBeLessThan(IN_FLIGHT_MAX + 20);

    const hung = atDead().length;
    receiver.answerAll('/dead?key=url-secret', 200);
    await story.untilAllProcessed(surehook);
    const served = atDead().slice(hung);
    expect(new Set(served)).toEqual(new Set(story.sent));
    expect(served.length).toBeLessThanOrEqual(story.sent.length + 1); // a probe may have hung until then
    await story.untilBreaker(surehook, 'dead', 'closed');
    expect(
      await (await surehook.operator(`/api/v1/dead-letters/count?step=deliver:dead${story.suffix}`)).json(),
    ).toEqual({
      count: 0,
    });
    const lines = surehook.logLines().map(({ level, msg, endpoint }) => `${level} ${msg} ${endpoint}`);
    expect(lines).toContain(`warn endpoint is down: its deliveries are held dead${story.suffix}`);
    expect(lines).toContain(`info endpoint is back: its deliveries go on dead${story.suffix}`);
    expect(surehook.output).not.toContain('url-secret');
  });
});

describe('an API and a worker in separate processes', () => {
  it('the API shows the breaker, and nothing is lost when another worker replaces a killed worker', async () => {
    const story = new Story();
    const api = await story.start('api');
    const first = await story.start('worker');
    receiver.answerAll('/dead?key=url-secret', 503);
    await story.send(api, 'dead', 20);
    const { breaker } = await story.untilBreaker(api, 'dead', 'open');
    expect(breaker).toMatchObject({ last_error: 'http_503' });
    await first.stop('SIGKILL');
    await story.send(api, 'dead', 20);
    expect((await story.endpoint(api, 'dead')).breaker.state).toBe('open');

    const second = await story.start('worker');
    await waitFor(
      () => story.endpoint(api, 'dead'),
      (endpoint) => endpoint.breaker.workers.length === 2,
    );
    receiver.answerAll('/dead?key=url-secret', 200);
    await story.untilAllProcessed(api);
    expect(second.logLines().some(({ msg }) => msg === 'endpoint is back: its deliveries go on')).toBe(true);
    const { items } = (await (await api.operator('/api/v1/endpoints')).json()) as { items: EndpointView[] };
    expect(items.map(({ name }) => name)).toContain(`dead${story.suffix}`);
    expect(items.find(({ name }) => name === `off${story.suffix}`)?.breaker.state).toBe('off');
    expect((await api.operator('/api/v1/endpoints/nobody')).status).toBe(404);
  });
});

describe('an endpoint that is down for longer than alertAfter', () => {
  it('is alerted once, and once again when it is back, on the routes for endpoints', async () => {
    const story = new Story();
    const { suffix } = story;
    const endpoint = `told${suffix}`;
    const surehook = await story.start('serve');
    const alertsOf = (route: string) =>
      receiver.requests
        .filter(({ path }) => path === `/${route}${suffix}`)
        .map(({ body }) => JSON.parse(body.toString()));
    receiver.answerAll('/told', 503);
    const [event_id] = await story.send(surehook, 'told', 1);
    const routes = ['partner', 'ops', 'pager'];
    await waitFor(() => routes.every((route) => alertsOf(route).length === 1));
    const { breaker } = await story.endpoint(surehook, endpoint.slice(0, -suffix.length));
    const { type, data } = webhookAlert.parse(alertsOf('ops')[0]);
    expect(type).toBe('endpoint.alert');
    expect(data).toMatchObject({
      summary: `Endpoint ${endpoint} is down`,
      endpoint_down: { count: 1, endpoints: [{ endpoint, errors: { http_503: 1 }, last_at: breaker.since }] },
    });
    expect((await surehook.event('partner', event_id ?? '')).status).toBe('delivering');
    receiver.answerAll('/told', 200);
    await story.untilAllProcessed(surehook);
    await waitFor(() => routes.every((route) => alertsOf(route).length === 2));
    expect(webhookAlert.parse(alertsOf('partner')[1]).data).toMatchObject({
      summary: `Endpoint ${endpoint} is up again`,
      endpoint_up: { count: 1, endpoints: [{ endpoint }] },
    });
    const incident = alertsOf('pager').map((event) => pagerDutyEvent.parse(event));
    const dedup_key = `surehook:pager${suffix}:endpoint:${endpoint}`;
    expect(incident).toMatchObject([
      {
        event_action: 'trigger',
        dedup_key,
        payload: { summary: `Endpoint ${endpoint} is down (http_503 1)` },
      },
      { event_action: 'resolve', dedup_key },
    ]);
    expect([alertsOf('bystander'), alertsOf('letters')]).toEqual([[], []]);
  });
});

describe('an endpoint that does not come back', () => {
  it('makes deliveries that are held for too long dead letters with the error endpoint_down', async () => {
    const story = new Story();
    const surehook = await story.start('serve');
    receiver.answerAll('/given-up', 'reset');
    const [first] = await story.send(surehook, 'given_up', 1);
    await story.untilBreaker(surehook, 'given-up', 'open');
    const rest = await story.send(surehook, 'given_up', 4);
    const ended = await Promise.all(
      [first as string, ...rest].map((id) =>
        surehook.untilEvent('partner', id, ({ status }) => status === 'failed'),
      ),
    );
    for (const { deliveries, error } of ended) {
      const last = deliveries[0]?.attempts.at(-1);
      expect(last).toMatchObject({ error: 'endpoint_down', duration_ms: 0 });
      expect(last?.message).toMatch(/is down since .* attempts? failed \(connection_reset\); held since/);
      expect(error).toMatch(/endpoint_down$/);
    }
  });
});

describe('a breaker that is switched off', () => {
  it('holds no delivery: each event fails by its own schedule', async () => {
    const story = new Story();
    const surehook = await story.start('serve');
    receiver.answerAll('/off', 500);
    const ids = await story.send(surehook, 'off', 3);
    for (const id of ids) {
      const isFailed = ({ status }: { status: string }) => status === 'failed';
      const { deliveries } = await surehook.untilEvent('partner', id, isFailed);
      expect(deliveries[0]?.attempts.map(({ status_code }) => status_code)).toEqual(Array(6).fill(500));
    }
  });
});

describe('a held delivery', () => {
  it('is attempted as the probe when an operator retries it, and its success closes the breaker', async () => {
    const story = new Story();
    const surehook = await story.start('serve');
    receiver.answerAll('/patient', 503);
    const [first = ''] = await story.send(surehook, 'patient', 1);
    await story.untilBreaker(surehook, 'patient', 'open');
    const [second = ''] = await story.send(surehook, 'patient', 1);
    const isHeld = ({ deliveries: [delivery] }: Event) => delivery?.held !== undefined;
    for (const id of [first, second]) await surehook.untilEvent('partner', id, isHeld);
    const retry = async (id: string) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const path = `/api/v1/events/partner/${id}/retry`;
      return (await surehook.operator(path, { method: 'POST', headers })).status;
    };
    const attempts = (id: string) => receiver.of(id, '/patient').length;

    expect(attempts(second)).toBe(0);
    expect(await retry(second)).toBe(202);
    await waitFor(() => attempts(second) === 1); // this attempt fails, and the delivery is held again
    await surehook.untilEvent('partner', second, isHeld);
    receiver.answerAll('/patient', 200);
    expect(await retry(second)).toBe(202);
    await surehook.untilEvent('partner', second, ({ status }) => status === 'processed');
    await story.untilBreaker(surehook, 'patient', 'closed');
    expect(await retry(first)).toBe(202); // by itself it would wait up to an hour
    await surehook.untilEvent('partner', first, ({ status }) => status === 'processed');
    expect([attempts(first), attempts(second)]).toEqual([2, 2]);
  });
});
