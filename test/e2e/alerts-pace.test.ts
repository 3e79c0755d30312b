// Tests the timers of an alert route's workflow over hours, and a mail that some recipients do not get.
import { describe, expect, inject, it } from 'vitest';
import { Alerting, aRaise } from '../support/alerting.ts';
import { waitFor } from '../support/wait-for.ts';

const temporalAddress = inject('temporalAddress');

async function eventsOf(alerting: Alerting, route: string) {
  const { events } = await alerting.client.workflow.getHandle(alerting.routeId(route)).fetchHistory();
  return events ?? [];
}

/** The length in seconds of each timer that the route's workflow has started. */
async function timersOf(alerting: Alerting, route: string): Promise<number[]> {
  return (await eventsOf(alerting, route)).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds ?? 0)] : [],
  );
}

describe('an alert route', () => {
  it('that may alert once an hour waits until the hour is over, though nothing is raised', async () => {
    const alerting = await Alerting.start({ temporalAddress, channels: 'webhook' });
    await alerting.surehook();
    const pace = { gather_ms: 0, every_ms: 3_600_000 };
    await alerting.raise('webhook', [aRaise({})], pace);
    await waitFor(() => alerting.webhookAlerts().length === 1);
    const timers = await waitFor(
      () => timersOf(alerting, 'webhook'),
      (all) => all.some((seconds) => seconds > 3_000),
    );
    expect(timers.at(-1)).toBeLessThanOrEqual(3_600);
    await alerting.raise('webhook', [aRaise({})], pace);
    // The route has got the raise, and sends nothing: the timer of the hour goes on.
    const later = await waitFor(
      async () => {
        const events = await eventsOf(alerting, 'webhook');
        return events.slice(events.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes));
      },
      (since) => since.some((event) => event.workflowTaskCompletedEventAttributes),
    );
    expect(later.some((event) => event.timerCanceledEventAttributes)).toBe(false);
    expect(later.some((event) => event.activityTaskScheduledEventAttributes)).toBe(false);
    expect(await timersOf(alerting, 'webhook')).toEqual(timers);
    expect(await alerting.signalsTo('webhook')).toBe(2);
    expect(alerting.webhookAlerts()).toHaveLength(1);
  });
});

describe('a mail server that does not know one of the recipients', () => {
  it('gets the mail once for the others, and the log names the refused recipient', async () => {
    const alerting = await Alerting.start({ temporalAddress, channels: 'email' });
    alerting.mail.unknown.add('oncall@example.com');
    const surehook = await alerting.surehook();
    await alerting.raise('email', [aRaise({})]);
    await waitFor(() => alerting.mail.mails.length === 1);
    const line = await waitFor(() =>
      surehook.logLines().find(({ msg }) => msg === 'alert sent, but not to all'),
    );
    expect(line).toMatchObject({
      level: 'warn',
      channel: 'email',
      message: 'refused for oncall@example.com',
    });
    expect(alerting.mail.mails).toMatchObject([{ to: ['ops@example.com'] }]);
  });
});
