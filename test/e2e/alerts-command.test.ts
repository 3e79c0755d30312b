// Tests `surehook alerts test`: what the channels get, what is printed, and the exit code.
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { pagerDutyEvent, slackMessage } from '../support/alert-formats.ts';
import { Alerting, ROUTING_KEY, SLACK_PATH } from '../support/alerting.ts';
import { runSurehook } from '../support/command.ts';
import { MAIL_PASSWORD, MailServer } from '../support/mail-server.ts';
import { SECRETS } from '../support/surehook.ts';

const SUREHOOK_CONFIG = fileURLToPath(new URL('../support/configs/alerts.config.ts', import.meta.url));
const temporalAddress = inject('temporalAddress');
const start = () => Alerting.start({ temporalAddress, channels: 'slack,pagerduty,email,webhook' });
const run = (alerting: Alerting, args: string[], env: Record<string, string> = {}) =>
  runSurehook(['alerts', 'test', ...args], {
    ...alerting.env,
    SUREHOOK_CONFIG,
    SUFFIX: '',
    ENDPOINT_SECRET: SECRETS.ENDPOINT_SECRET,
    ENDPOINT_SECRET_OLD: SECRETS.ENDPOINT_SECRET_OLD,
    ...env,
  });

describe('surehook alerts test', () => {
  it('sends through every route, without Temporal and without the secrets of sources', async () => {
    const alerting = await start();
    alerting.script(SLACK_PATH, [{ status: 200, body: 'ok' }]);
    alerting.script('/pagerduty', [{ status: 202, body: '{"status":"success"}' }]);
    const { code, stdout, stderr } = await run(alerting, []);
    expect(stderr).toBe('');
    expect(stdout.replace(/queued as \S+/, 'queued')).toBe(
      'slack (slack): 200 ok\npagerduty (pagerduty): 202 {"status":"success"}\nemail (email): 250 OK: message queued\nwebhook (webhook): 200\n',
    );
    expect(code).toBe(0);
    expect(slackMessage.parse(alerting.bodies(SLACK_PATH)[0]).text).toBe('Test alert: 1 dead letter: test');
    const events = alerting.bodies('/pagerduty').map((body) => pagerDutyEvent.parse(body));
    expect(events.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
    expect(events[0]?.dedup_key).toMatch(/^surehook:test:/);
    expect(events[1]?.dedup_key).toBe(events[0]?.dedup_key);
    expect(alerting.webhookAlerts()[0]?.data.test).toBe(true);
    expect(alerting.mail.mails[0]?.headers.get('subject')).toBe('[Surehook] Test alert: 1 dead letter: test');
  });

  it('exits with 1 if a route fails, and prints why without showing a secret', async () => {
    const alerting = await start();
    alerting.script(SLACK_PATH, [{ status: 403, body: `invalid_token ${SLACK_PATH}` }]);
    alerting.script('/pagerduty', [{ status: 400, body: `bad key ${ROUTING_KEY}` }]);
    const wrongUser = await MailServer.start({ user: 'somebody@example.com' });
    const { code, stdout } = await run(alerting, [], {
      SMTP_URL: wrongUser.url,
      RECEIVER_URL: alerting.receiver.url,
    });
    await wrongUser.stop();
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'slack (slack): failed: http_403 (403 invalid_token [secret])',
      'pagerduty (pagerduty): failed: http_400 (400 bad key [secret])',
      'email (email): failed: smtp_auth_failed (535 wrong user or password)',
      'webhook (webhook): 200',
    ]);
    expect(stdout).not.toContain(MAIL_PASSWORD);
  });

  it('needs no storage for large bodies', async () => {
    const alerting = await start();
    const { code, stderr } = await run(alerting, ['webhook'], { MAX_BODY_BYTES: '4000000' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('tests one route by name, and lists the routes if the name is unknown', async () => {
    const alerting = await start();
    const down = { SLACK_URL: 'http://127.0.0.1:9/secret' };
    const known = await run(alerting, ['slack'], down);
    expect(known).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^slack \(slack\): failed: connection_refused/),
    });
    expect(known.stdout).not.toContain('/secret');
    const unknown = await run(alerting, ['nope']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("has no alert route 'nope'; it has: slack, pagerduty, email, webhook");
  });
});
