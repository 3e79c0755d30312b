// Tests `alerts` in the config file: the defaults, and the one line that names a mistake.
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/user-code/load-config.ts';
import { configText, ENV, faultsOf, load, refusal, write } from '../support/config-file.ts';

const KEY = 'a1'.repeat(16);
const env = {
  ...ENV,
  SLACK: 'https://hooks.slack.com/services/T/B/x',
  KEY,
  SMTP: 'smtps://me%40x.test:p%20w@mail.test',
};
const alerts = (routes: string) => ({ top: `alerts: { ${routes} },` });
const faults = (route: string) => faultsOf(alerts(`ops: ${route}`));
const unusable = async (values: Record<string, string | undefined>, routes: string) => {
  const given = Object.fromEntries(Object.entries({ ...env, ...values }).filter(([, value]) => value));
  return await refusal(loadConfig({ path: write(configText(alerts(routes))), env: given }));
};

const SLACK = "{ channel: 'slack', url: secret('SLACK') }";
const PAGERDUTY = "{ channel: 'pagerduty', routingKey: secret('KEY') }";
const EMAIL = "{ channel: 'email', smtp: secret('SMTP'), from: 'a@x.test', to: ['Ops <b@x.test>'] }";
const WEBHOOK = "{ channel: 'webhook', url: 'http://10.0.0.1/x', secrets }";

describe('alerts', () => {
  it('may be of the sources that only clients of the agent API have', async () => {
    const sources = "sources: ['callback', 'delivery', 'agent']";
    const config = await load(alerts(`s: { channel: 'slack', url: secret('SLACK'), ${sources} }`), { env });
    expect(config.alerts.get('s')?.sources).toEqual(['callback', 'delivery', 'agent']);
  });

  it('have four channels, each with its defaults', async () => {
    const routes = `s: ${SLACK}, p: ${PAGERDUTY}, e: ${EMAIL}, w: ${WEBHOOK}`;
    const config = await load(alerts(routes), { env });
    const common = {
      sources: undefined,
      on: ['dead_letter', 'recovered', 'expiring', 'endpoint_down'],
      gatherMs: 5_000,
      everyMs: 60_000,
    };
    expect([...config.alerts.values()]).toMatchObject([
      { ...common, name: 's', channel: 'slack' },
      { ...common, channel: 'pagerduty', severity: 'error', url: 'https://events.pagerduty.com/v2/enqueue' },
      { ...common, channel: 'email', from: 'a@x.test', to: ['Ops <b@x.test>'] },
      { ...common, channel: 'webhook', url: 'http://10.0.0.1/x' },
    ]);
    expect(JSON.stringify([...config.alerts.values()])).not.toContain('hooks.slack.com');
  });

  it('are empty unless routes are given', async () => {
    expect((await load()).alerts.size).toBe(0);
  });

  it('can be loaded without sources and their secrets', async () => {
    const path = write(configText(alerts(`s: ${SLACK}`)));
    const { alerts: routes, sources } = await loadConfig({
      path,
      env: { SLACK: env.SLACK },
      onlyAlerts: true,
    });
    expect([...routes.keys()]).toEqual(['s']);
    expect(sources.size).toBe(0);
  });

  it.each([
    [
      "{ channel: 'sms' }",
      "alerts.ops.channel: expected an object with channel: 'slack', 'pagerduty', 'email' or 'webhook'",
    ],
    [
      "{ channel: 'slack', url: 'https://x.test' }",
      "alerts.ops.url: expected secret('NAME'): secrets do not belong in the config file",
    ],
    [
      "{ channel: 'slack', url: secret('SLACK'), colour: 1 }",
      'alerts.ops.colour: unknown key (remove it or correct its name)',
    ],
    ["{ channel: 'webhook', url: 'ftp://x', secrets }", 'alerts.ops.url: expected an http or https URL'],
    [
      "{ channel: 'webhook', url: 'http://x', secrets: [] }",
      "alerts.ops.secrets: expected at least one secret('NAME')",
    ],
    [
      "{ channel: 'pagerduty', routingKey: secret('KEY'), severity: 'bad' }",
      "alerts.ops.severity: expected 'critical', 'error', 'warning' or 'info'",
    ],
    [
      "{ channel: 'email', smtp: secret('SMTP'), from: 'a@x.test\\nBcc: c@x.test', to: ['b@x.test'] }",
      "alerts.ops.from: expected an address such as 'ops@example.com' or 'Surehook <ops@example.com>'",
    ],
    [
      "{ channel: 'slack', url: secret('SLACK'), on: ['dead'] }",
      "alerts.ops.on.0: expected 'dead_letter', 'recovered', 'expiring', 'endpoint_down'",
    ],
    ["{ channel: 'slack', url: secret('SLACK'), every: 10 }", 'alerts.ops.every: expected 1 second to 1 day'],
    [
      "{ channel: 'slack', url: secret('SLACK'), gather: 'soon' }",
      "alerts.ops.gather: expected milliseconds or a string such as '30s', at most 7 days",
    ],
    [
      "{ channel: 'slack', url: secret('SLACK'), sources: ['nope'] }",
      "alerts.ops.sources: there is no source 'nope' under sources",
    ],
  ])('are refused with the path of the mistake: %s', async (route, fault) => {
    expect((await faults(route)).join('; ')).toBe(fault);
  });

  it('never get a made-up secret: a missing secret is named', async () => {
    const made = { makeSecret: () => 'whsec_AAAA' };
    const path = write(configText(alerts(`s: ${SLACK}`)));
    expect(await refusal(loadConfig({ path, env: ENV, ...made }))).toContain('missing secret SLACK');
  });

  it.each([
    ['SLACK', 'hooks.slack.com/x', SLACK, 'SLACK (alerts.ops.url): expected an http or https URL'],
    ['KEY', 'short', PAGERDUTY, 'KEY (alerts.ops.routingKey): expected an integration key of 32 characters'],
    [
      'SMTP',
      'mail.test',
      EMAIL,
      'SMTP (alerts.ops.smtp): expected a URL such as smtps://user:password@mail.example.com',
    ],
    [
      'SMTP',
      'smtp://a:%@mail.test',
      EMAIL,
      'SMTP (alerts.ops.smtp): user and password must be percent-encoded',
    ],
  ])('are refused with the reason if the value of %s cannot be used', async (name, value, route, fault) => {
    expect(await unusable({ [name]: value }, `ops: ${route}`)).toBe(`unusable secret: ${fault}`);
  });

  it('reserve the source name `alert`, with which the ids of their workflows begin', async () => {
    const sources = "alert: { verify: { scheme: 'hmac', secrets } },";
    expect(await faultsOf({ sources })).toEqual([
      "sources.alert: 'alert' is reserved: workflows of Surehook's own have ids that begin with it",
    ]);
  });

  it('refuse a user and password in a URL, in favour of headers', async () => {
    const url =
      "a user or password in a URL is not sent: leave them out, and set headers: { authorization: secret('NAME') }";
    expect(await faults("{ channel: 'webhook', url: 'https://me:pass@a.test', secrets }")).toEqual([
      `alerts.ops.url: ${url}`,
    ]);
    expect(await unusable({ SLACK: 'https://me@hooks.slack.com/x' }, `s: ${SLACK}`)).toBe(
      'unusable secret: SLACK (alerts.s.url): a user or password in a URL is not sent: leave them out',
    );
    const config = await load(
      alerts(
        "w: { channel: 'webhook', url: 'https://a.test', secrets, headers: { Authorization: secret('KEY') } }",
      ),
      { env },
    );
    const { headers } = config.alerts.get('w') as { headers: Record<string, { reveal(): string }> };
    expect(headers.authorization?.reveal()).toBe(KEY);
  });
});
