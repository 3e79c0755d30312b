// Many dead letters at once, channels that are down, workers that are killed: few alerts, and none forgotten.
import { describe, expect, inject, it } from 'vitest';
import { Alerting, aRaise, SLACK_PATH, type WebhookAlert } from '../support/alerting.ts';
import type { Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const temporalAddress = inject('temporalAddress');
const start = (channels: string, env: Record<string, string> = {}) =>
  Alerting.start({ temporalAddress, channels, env });

const total = (alerts: WebhookAlert[]) =>
  alerts.reduce((sum, { data }) => sum + (data.dead_letter?.count ?? 0), 0);

/** Events whose handler fails for good at once, a few at a time, as one sender would. */
async function sendFailing(surehook: Surehook, source: string, count: number): Promise<void> {
  let next = 0;
  const sender = async () => {
    while (next < count) {
      next += 1;
      const event_id = `evt_${next}`;
      const { status } = await surehook.send({ event_id, type: 'order.paid' }, source);
      expect(status).toBe(202);
    }
  };
  await Promise.all(Array.from({ length: 16 }, sender));
}

describe('a storm', () => {
  it('of 1,000 dead letters is a handful of alerts whose counts add up', { timeout: 300_000 }, async () => {
    const alerting = await start('webhook', { GATHER: '2s', EVERY: '15s' });
    const { first } = alerting;
    const surehook = await alerting.surehook();
    const began = Date.now();
    await sendFailing(surehook, first, 1_000);
    const alerts = () => alerting.webhookAlerts();
    await waitFor(
      () => total(alerts()),
      (count) => count >= 1_000,
      200_000,
    );
    const seconds = (Date.now() - began) / 1_000;
    expect(total(alerts())).toBe(1_000);
    // One at its begin, one per 15 s, one for what came last.
    expect(alerts().length).toBeLessThanOrEqual(2 + Math.ceil(seconds / 15));
    const { length } = alerting.receiver.requests.filter(({ path }) => path === '/webhook');
    expect(length).toBe(alerts().length); // none was sent twice
    for (const { data } of alerts()) {
      const [source] = data.dead_letter?.sources ?? [];
      expect(source?.examples.length).toBeLessThanOrEqual(5);
      expect(source?.errors).toEqual({ 'handler:PermanentError': data.dead_letter?.count });
    }
    const { historyLength } = await alerting.client.workflow
      .getHandle(alerting.routeId('webhook'))
      .describe();
    // Signals are put together: far fewer than a thousand, each with the task that takes it.
    expect(historyLength).toBeLessThan(2_000);
  });

  it('too long for one history goes on in the next, and a raise that is repeated counts once', async () => {
    const alerting = await start('webhook');
    const { first: source } = alerting;
    await alerting.surehook();
    alerting.script('/webhook', [500]); // until all have been raised
    const handle = alerting.client.workflow.getHandle(alerting.routeId('webhook'));
    const raiseSome = async () => {
      const some = Array.from({ length: 20 }, () => aRaise({ source }));
      // Each alone, and twice: of the history, only its length is to be a storm's.
      await Promise.all([...some, ...some].map((one) => alerting.raise('webhook', [one])));
      return some.length;
    };
    let raised = await raiseSome();
    const { runId } = await handle.describe();
    while ((await handle.describe()).runId === runId) raised += await raiseSome();
    raised += await raiseSome();
    const before = alerting.receiver.requests.length;
    alerting.script('/webhook', [200]);
    const taken = () => total(alerting.webhookAlerts('/webhook', before));
    await waitFor(taken, (count) => count >= raised, 90_000);
    expect(taken()).toBe(raised);
  });
});

describe('a channel that is down', () => {
  it('holds up no event, and gets everything once it is up, each alert once', async () => {
    const alerting = await start('slack,webhook');
    const { first } = alerting;
    const down = alerting.surehook('serve', { SLACK_URL: 'http://127.0.0.1:9/' });
    const surehook = await down;
    alerting.script('/webhook', [503, { status: 429, headers: { 'retry-after': '3' } }, 200]);
    await surehook.send({ event_id: 'evt_1', type: 'x' }, first);
    const failed = () => surehook.logLines().filter(({ msg }) => msg === 'alert failed');
    await waitFor(failed, (lines) => lines.some(({ channel }) => channel === 'slack'));
    for (let i = 2; i <= 20; i += 1) await surehook.send({ event_id: `evt_${i}`, type: 'x' }, first);
    const event = await surehook.untilEvent(first, 'evt_20', ({ status }) => status === 'failed');
    expect(event.status).toBe('failed');

    await waitFor(
      () => total(alerting.webhookAlerts()),
      (count) => count === 20,
    );
    const requests = alerting.receiver.requests.filter(({ path }) => path === '/webhook');
    const [refused, limited, taken] = requests;
    expect(limited?.headers['webhook-id']).toBe(refused?.headers['webhook-id']);
    expect(taken?.headers['webhook-id']).toBe(refused?.headers['webhook-id']);
    // Each try counts anew how many are dead now; what it tells of is the same.
    const told = (request: typeof taken) => ({ ...JSON.parse(`${request?.body}`).data, open: undefined });
    expect(told(taken)).toEqual(told(refused));
    expect((taken?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(3_000); // Retry-After
    expect(requests.length).toBe(2 + alerting.webhookAlerts().length);

    alerting.script(SLACK_PATH, [500, 200]);
    await surehook.stop();
    await alerting.surehook();
    const texts = () => alerting.bodies(SLACK_PATH).map((body) => (body as { text: string }).text);
    const counts = () => texts().map((text) => Number(/^\d+/.exec(text)?.[0]));
    // The first one is tried twice: it met the 500.
    await waitFor(counts, (all) => all.slice(1).reduce((sum, count) => sum + count, 0) === 20);
    expect(counts()[0]).toBe(counts()[1]);
  });

  it('as a mail server that refuses gets each mail once it takes them', async () => {
    const alerting = await start('email');
    const surehook = await alerting.surehook();
    alerting.mail.refuseWith = 451;
    await surehook.send({ event_id: 'evt_1', type: 'x' }, alerting.first);
    const failed = () => surehook.logLines().find(({ msg }) => msg === 'alert failed');
    expect(await waitFor(failed, Boolean)).toMatchObject({ channel: 'email', error: 'smtp_message_refused' });
    alerting.mail.refuseWith = undefined;
    await waitFor(
      () => alerting.mail.mails,
      ({ length }) => length === 1,
    );
  });
});

describe('a worker that is killed in the middle of a storm', () => {
  it('leaves the counts as they are', { timeout: 240_000 }, async () => {
    const alerting = await start('webhook', { GATHER: '2s', EVERY: '5s' });
    const { first } = alerting;
    const api = await alerting.surehook('api');
    const worker = await alerting.surehook('worker');
    const sending = sendFailing(api, first, 300);
    const ended = () => worker.logLines().filter(({ msg }) => String(msg).includes('dead letter')).length;
    await waitFor(() => ended() > 60);
    await worker.stop('SIGKILL');
    expect(ended()).toBeLessThan(300);
    await alerting.surehook('worker');
    await sending;
    await waitFor(
      () => total(alerting.webhookAlerts()),
      (count) => count >= 300,
      180_000,
    );
    expect(total(alerting.webhookAlerts())).toBe(300);
  });
});
