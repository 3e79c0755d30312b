// Tests many dead letters at once, channels that are down and killed workers: few alerts, and no dead letter missed.
import { describe, expect, inject, it } from 'vitest';
import { slackMessage } from '../support/alert-formats.ts';
import { Alerting, aRaise, SLACK_PATH, type WebhookAlert } from '../support/alerting.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import type { Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const temporalAddress = inject('temporalAddress');
const start = (channels: string, env: Record<string, string> = {}) =>
  Alerting.start({ temporalAddress, channels, env });

/** The dead letters of one source in each alert. */
const talliesOf = (alerts: WebhookAlert[], source: string) =>
  alerts.flatMap(({ data }) => data.dead_letter?.sources.filter((tally) => tally.source === source) ?? []);
const total = (alerts: WebhookAlert[], source: string) =>
  talliesOf(alerts, source).reduce((sum, { count }) => sum + count, 0);

/**
 * Waits until alerts have counted every dead letter: a last event, of another source, is alerted after all
 * others.
 */
async function untilAllAlerted(alerting: Alerting, surehook: Surehook, count: number): Promise<void> {
  const { first, second } = alerting;
  await waitFor(
    () => total(alerting.webhookAlerts(), first),
    (alerted) => alerted >= count,
    200_000,
  );
  const letters = new DeadLetters(surehook, alerting.receiver);
  await waitFor(
    () => letters.list({ source: first }),
    // A dead letter records its raise before the end of its retention.
    (all) => all.length === count && all.every(({ expires_at }) => expires_at !== null),
    120_000,
  );
  await surehook.send({ event_id: 'evt_last', type: 'order.paid' }, second);
  await waitFor(() => total(alerting.webhookAlerts(), second) > 0);
}

/** Sends events whose handlers fail permanently, 16 at a time, as one sender would. */
async function sendFailing(surehook: Surehook, source: string, count: number, sent = 0): Promise<void> {
  let next = sent;
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
  it('of 1,000 dead letters makes few alerts, whose counts add up', { timeout: 300_000 }, async () => {
    const alerting = await start('webhook', { GATHER: '2s', EVERY: '15s' });
    const { first } = alerting;
    const surehook = await alerting.surehook();
    const began = Date.now();
    await sendFailing(surehook, first, 1_000);
    const alerts = () => alerting.webhookAlerts();
    await waitFor(
      () => total(alerts(), first),
      (count) => count >= 1_000,
      200_000,
    );
    const seconds = (Date.now() - began) / 1_000;
    await untilAllAlerted(alerting, surehook, 1_000);
    expect(total(alerts(), first)).toBe(1_000);
    // One alert comes at the start, one per 15 s, and one for the last dead letters.
    expect(talliesOf(alerts(), first).length).toBeLessThanOrEqual(2 + Math.ceil(seconds / 15));
    const { length } = alerting.receiver.requests.filter(({ path }) => path === '/webhook');
    expect(length).toBe(alerts().length); // no alert was sent twice
    for (const { count, examples, errors } of talliesOf(alerts(), first)) {
      expect(examples.length).toBeLessThanOrEqual(5);
      expect(errors).toEqual({ 'handler:PermanentError': count });
    }
    // Raises are batched into at most four signals a second, however many events fail.
    expect(await alerting.signalsTo('webhook')).toBeLessThan(4 * (seconds + 2));
  });

  it('too long for one run goes on in the next run, and a repeated raise counts once', {
    timeout: 300_000,
  }, async () => {
    const alerting = await start('webhook');
    const { first: source, second } = alerting;
    await alerting.surehook();
    alerting.script('/webhook', [500]); // the channel is down until everything is raised
    const handle = alerting.client.workflow.getHandle(alerting.routeId('webhook'));
    const raiseSome = async () => {
      const some = Array.from({ length: 20 }, () => aRaise({ source }));
      // Each raise has its own signal, and comes twice, so that few raises make the long history of a storm.
      await Promise.all([...some, ...some].map((raise) => alerting.raise('webhook', [raise])));
      return some.length;
    };
    let raised = await raiseSome();
    const { runId } = await handle.describe();
    while ((await handle.describe()).runId === runId) raised += await raiseSome();
    raised += await raiseSome();
    const before = alerting.receiver.requests.length;
    alerting.script('/webhook', [200]);
    const alerts = () => alerting.webhookAlerts('/webhook', before);
    await waitFor(
      () => total(alerts(), source),
      (count) => count >= raised,
      200_000,
    );
    await alerting.raise('webhook', [aRaise({ source: second })]);
    await waitFor(() => total(alerts(), second) === 1);
    expect(total(alerts(), source)).toBe(raised);
  });
});

describe('a channel that is down', () => {
  it('delays no event, and gets each alert once when it is up again', {
    timeout: 300_000,
  }, async () => {
    const alerting = await start('slack,webhook');
    const { first, second } = alerting;
    const down = alerting.surehook('serve', { SLACK_URL: 'http://127.0.0.1:9/' });
    const surehook = await down;
    alerting.script('/webhook', [503, { status: 429, headers: { 'retry-after': '3' } }, 200]);
    await surehook.send({ event_id: 'evt_1', type: 'x' }, first);
    const failed = () => surehook.logLines().filter(({ msg }) => msg === 'alert failed');
    await waitFor(failed, (lines) => lines.some(({ channel }) => channel === 'slack'));
    for (let i = 2; i <= 20; i += 1) await surehook.send({ event_id: `evt_${i}`, type: 'x' }, first);
    const event = await surehook.untilEvent(first, 'evt_20', ({ status }) => status === 'failed');
    expect(event.status).toBe('failed');

    await waitFor(() => total(alerting.webhookAlerts(), first) >= 20);
    const requests = alerting.receiver.requests.filter(({ path }) => path === '/webhook');
    const [refused, limited, taken] = requests;
    expect(limited?.headers['webhook-id']).toBe(refused?.headers['webhook-id']);
    expect(taken?.headers['webhook-id']).toBe(refused?.headers['webhook-id']);
    // Each attempt counts the open dead letters anew; the rest of the alert is the same.
    const dataOf = (request: typeof taken) => ({ ...JSON.parse(`${request?.body}`).data, open: undefined });
    expect(dataOf(taken)).toEqual(dataOf(refused));
    expect((taken?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(3_000); // Retry-After
    expect(requests.length).toBe(2 + alerting.webhookAlerts().length);

    alerting.script(SLACK_PATH, [500, 200]);
    await surehook.stop();
    await untilAllAlerted(alerting, await alerting.surehook(), 20);
    expect(total(alerting.webhookAlerts(), first)).toBe(20);
    const bodies = () => alerting.bodies(SLACK_PATH).map((body) => slackMessage.parse(body));
    await waitFor(
      () => JSON.stringify(bodies()),
      (text) => text.includes(second),
      200_000,
    );
    const [met500, ...accepted] = bodies().map(({ text }) => Number(/^\d+/.exec(text)?.[0]));
    expect(accepted[0]).toBe(met500);
    expect(accepted.reduce((sum, count) => sum + count, 0)).toBe(20 + 1);
  });

  it('as a mail server that refuses mails gets each mail when it accepts mails again', async () => {
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
  it('does not change the counts', { timeout: 300_000 }, async () => {
    const alerting = await start('webhook', { GATHER: '2s', EVERY: '5s' });
    const { first } = alerting;
    const api = await alerting.surehook('api');
    const worker = await alerting.surehook('worker');
    const sending = sendFailing(api, first, 200);
    const ended = () => worker.logLines().filter(({ msg }) => String(msg).includes('dead letter')).length;
    await waitFor(() => ended() > 60);
    await worker.stop('SIGKILL');
    await Promise.all([sending, sendFailing(api, first, 300, 200), alerting.surehook('worker')]);
    await untilAllAlerted(alerting, api, 300);
    expect(total(alerting.webhookAlerts(), first)).toBe(300);
  });
});
