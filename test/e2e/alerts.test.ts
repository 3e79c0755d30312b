// Tests what real HTTP and SMTP servers get as alerts, against the formats that the providers document.
import { Webhook } from 'standardwebhooks';
import { describe, expect, inject, it } from 'vitest';
import { pagerDutyEvent, slackMessage } from '../support/alert-formats.ts';
import { Alerting, aRaise, ROUTING_KEY, SLACK_PATH, WEB_UI } from '../support/alerting.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { MAIL_PASSWORD, type Mail } from '../support/mail-server.ts';
import { parseMetrics, sampleOf } from '../support/metrics-page.ts';
import { SECRETS } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const temporalAddress = inject('temporalAddress');
const start = (channels: string, env: Record<string, string> = {}) =>
  Alerting.start({ temporalAddress, channels, env });

describe('a dead letter', () => {
  it('is alerted through every channel, without payload, error message and secrets', async () => {
    const alerting = await start('slack,pagerduty,email,webhook');
    alerting.script('/pagerduty', [{ status: 202, body: '{"status":"success"}' }]);
    const surehook = await alerting.surehook();
    const { first } = alerting;
    await surehook.send({ event_id: 'evt_1', type: 'order.<paid>&co', note: 'payload-of-the-event' }, first);

    const [message] = await waitFor(
      () => alerting.bodies(SLACK_PATH),
      ({ length }) => length > 0,
    );
    const { text, blocks } = slackMessage.parse(message);
    expect(text).toBe(`1 dead letter: ${first}`);
    const shown = blocks.map((block) => block.text.text).join('\n');
    expect(shown).toContain(`${first}: 1 (handler:PermanentError 1; handler 1)`);
    expect(shown).toContain(`<${WEB_UI}/namespaces/default/workflows/${first}%3Aevt_1/`);
    expect(shown).toContain('(order.&lt;paid&gt;&amp;co): handler, handler:PermanentError');
    expect(shown).toContain(`surehook dead-letters list --source ${first}`);

    const [event] = await waitFor(
      () => alerting.bodies('/pagerduty'),
      ({ length }) => length > 0,
    );
    expect(pagerDutyEvent.parse(event)).toMatchObject({
      routing_key: ROUTING_KEY,
      event_action: 'trigger',
      dedup_key: `surehook:pagerduty${alerting.suffix}:${first}`,
      payload: { source: first, severity: 'error', component: 'handler', class: 'handler:PermanentError' },
    });

    const [mail] = await waitFor(
      () => alerting.mail.mails,
      ({ length }) => length > 0,
    );
    expect(mail).toMatchObject({
      from: 'surehook@example.com',
      to: ['ops@example.com', 'oncall@example.com'],
    });
    expect(mail?.headers.get('subject')).toBe(`[Surehook] 1 dead letter: ${first}`);
    expect(mail?.headers.get('content-type')).toContain('text/plain');

    await waitFor(
      () => alerting.webhookAlerts(),
      ({ length }) => length > 0,
    );
    const [request] = alerting.receiver.requests.filter(({ path }) => path === '/webhook');
    for (const secret of [SECRETS.ENDPOINT_SECRET, SECRETS.ENDPOINT_SECRET_OLD]) {
      const key = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
      const headers = request?.headers as Record<string, string>;
      expect(key.verify(request?.body.toString('utf8') ?? '', headers)).toMatchObject({
        type: 'dead_letter.alert',
        data: { summary: `1 dead letter: ${first}`, dead_letter: { count: 1 } },
      });
    }
    expect(request?.headers).toMatchObject({ 'x-webhook-event-type': 'dead_letter.alert' });

    const outcome = async (route: string) => {
      const page = parseMetrics(await (await surehook.operator('/metrics')).text());
      return sampleOf(page, 'surehook_alerts_total', { route: route + alerting.suffix, outcome: 'sent' });
    };
    for (const route of ['slack', 'pagerduty', 'email', 'webhook']) {
      await waitFor(
        () => outcome(route),
        (count) => count === 1,
      );
      const history = await alerting.historyOf(route);
      expect(history).toContain('evt_1'); // proves that the history was decrypted
      const credentials = [ROUTING_KEY, SLACK_PATH, MAIL_PASSWORD, encodeURIComponent(MAIL_PASSWORD)];
      const contents = ['a message with a secret', 'payload-of-the-event'];
      const secrets = [...credentials, ...Object.values(SECRETS)];
      for (const text of [...secrets, ...contents]) expect(history).not.toContain(text);
      for (const secret of secrets) expect(surehook.output).not.toContain(secret);
    }
  });

  it('that runs again and succeeds is alerted as recovered', async () => {
    const alerting = await start('slack,email,webhook', { GATHER: '3s', EVERY: '3s' });
    const { receiver, first } = alerting;
    const surehook = await alerting.surehook();
    receiver.script('/handler', 'evt_1', [500, 200]);
    const received = () => [alerting.webhookAlerts(), alerting.bodies(SLACK_PATH), alerting.mail.mails];
    await surehook.send({ event_id: 'evt_1', type: 'ask' }, first);
    await waitFor(received, (all) => all.every(({ length }) => length === 1));
    await surehook.send({ event_id: 'evt_1', type: 'ask' }, first);
    await waitFor(received, (all) => all.every(({ length }) => length === 2));
    const summary = `1 dead letter recovered: ${first}`;
    const [, alert] = alerting.webhookAlerts();
    expect(alert?.data).toMatchObject({
      summary,
      recovered: { count: 1, sources: [{ source: first, count: 1 }] },
      open: { [first]: 0 },
    });
    expect(alert?.data.dead_letter).toBeUndefined();
    const { text, blocks } = slackMessage.parse(alerting.bodies(SLACK_PATH)[1]);
    expect([text, blocks[0]?.text.text]).toEqual([summary, `🟢 ${summary}`]);
    expect(blocks[1]?.text.text).toMatch(/^\*1 dead letter recovered at .* UTC\*\n/);
    expect(blocks[1]?.text.text).toContain(`\n${first}: 1, none open now`);
    const { headers, body } = alerting.mail.mails[1] as Mail;
    expect(headers.get('subject')).toBe(`[Surehook] ${summary}`);
    expect(body).toMatch(/^1 dead letter recovered at .* UTC\n/);
    expect(body).toContain(`\n  ${first}: 1, none open now`);
  });

  it('goes to the routes of its source, and its recovery only to routes for recoveries', async () => {
    const alerting = await start('webhook,only_second');
    const { first, second } = alerting;
    const surehook = await alerting.surehook();
    const kindsOf = (path: string, kind: 'dead_letter' | 'discarded') =>
      alerting
        .webhookAlerts(path)
        .flatMap(({ data }) => data[kind]?.sources.map((tally) => tally.source) ?? []);
    await surehook.send({ event_id: 'evt_1', type: 'x' }, first);
    await surehook.send({ event_id: 'evt_2', type: 'x' }, second);
    await waitFor(
      () => [...kindsOf('/webhook', 'dead_letter'), ...kindsOf('/only-second', 'dead_letter')],
      ({ length }) => length === 3,
    );
    expect(kindsOf('/webhook', 'dead_letter').sort()).toEqual([first, second].sort());
    const discarded = await new DeadLetters(surehook, alerting.receiver).discard(
      'evt_2',
      { reason: 'x' },
      second,
    );
    expect(discarded.status).toBe(202);
    await waitFor(
      () => kindsOf('/webhook', 'discarded'),
      ([source]) => source === second,
    );
    await surehook.send({ event_id: 'evt_3', type: 'x' }, second);
    await waitFor(
      () => alerting.webhookAlerts('/only-second'),
      ({ length }) => length === 2,
    );
    expect(kindsOf('/only-second', 'dead_letter')).toEqual([second, second]);
    expect(kindsOf('/only-second', 'discarded')).toEqual([]);
  });
});

describe('an incident at PagerDuty', () => {
  it('is open as long as its source has open dead letters, in whatever order they end', async () => {
    const alerting = await start('pagerduty');
    const { first: source } = alerting;
    await alerting.surehook();
    const actions = () =>
      alerting.bodies('/pagerduty').map((body) => pagerDutyEvent.parse(body).event_action);
    const [first, second] = [await alerting.openDeadLetter(source), await alerting.openDeadLetter(source)];
    await alerting.raise('pagerduty', [aRaise({ source }), aRaise({ source })]);
    await waitFor(actions, ({ length }) => length === 1);
    expect(alerting.bodies('/pagerduty')[0]).toMatchObject({
      event_action: 'trigger',
      payload: { custom_details: { dead_letters: 2, open_now: 2, next: expect.stringContaining(source) } },
    });
    await first.end();
    await alerting.raise('pagerduty', [aRaise({ source, kind: 'recovered' })]);
    // The second dead letter is still counted as open; it is discarded before the route counts again.
    await second.end();
    await alerting.raise('pagerduty', [aRaise({ source, kind: 'discarded' })]);
    await waitFor(actions, (all) => all.includes('resolve'));
    const events = alerting.bodies('/pagerduty').map((body) => pagerDutyEvent.parse(body));
    expect(new Set(events.map(({ dedup_key }) => dedup_key)).size).toBe(1);
  });

  it('is closed later if visibility was behind', async () => {
    const alerting = await start('pagerduty');
    const { first: source } = alerting;
    await alerting.surehook();
    const actions = () =>
      alerting.bodies('/pagerduty').map((body) => pagerDutyEvent.parse(body).event_action);
    const dead = await alerting.openDeadLetter(source);
    await alerting.raise('pagerduty', [aRaise({ source, kind: 'recovered' })]);
    const counted = async () => (await alerting.historyOf('pagerduty')).includes(String.raw`\"recheck\":[\"`);
    await waitFor(counted); // the dead letter was counted as open, so nothing was sent
    await waitFor(async () => (await alerting.sendsOf('pagerduty')) === 2); // still open ten seconds later
    expect(actions()).toEqual([]);
    await dead.end();
    await waitFor(actions, ({ length }) => length > 0);
    expect(actions()).toEqual(['resolve']);
  });
});

describe('a route that is gone from the config', () => {
  it('ends, and logs that its alert is dropped', async () => {
    const alerting = await start('webhook');
    const surehook = await alerting.surehook();
    await alerting.raise('gone', [aRaise({})]);
    const line = await waitFor(
      () => surehook.logLines().find(({ msg }) => String(msg).startsWith('alert dropped')),
      Boolean,
    );
    expect(line).toMatchObject({ route: `gone${alerting.suffix}` });
  });
});

describe('a changed secret of a channel', () => {
  it('is used at the next attempt', async () => {
    const alerting = await start('slack');
    const { first } = alerting;
    const wrong = await alerting.surehook('serve', { SLACK_URL: 'http://127.0.0.1:9/old-secret' });
    await wrong.send({ event_id: 'evt_1', type: 'x' }, first);
    await waitFor(() => wrong.logLines().some(({ msg }) => msg === 'alert failed'));
    expect(wrong.logLines().find(({ msg }) => msg === 'alert failed')).toMatchObject({
      channel: 'slack',
      error: 'connection_refused',
    });
    expect(wrong.output).not.toContain('old-secret');
    await wrong.stop();
    await alerting.surehook();
    await waitFor(
      () => alerting.bodies(SLACK_PATH),
      ({ length }) => length === 1,
    );
  });
});
