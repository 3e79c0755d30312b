// Tests the texts of alerts: the worst alert, too, must keep the providers' limits and rules.
import { describe, expect, it } from 'vitest';
import { type Alert, toNextSteps, toTitle } from '../../src/activities/alerts/alert.ts';
import { toText } from '../../src/activities/alerts/email.ts';
import { judgeIncident, toResolve, toTrigger } from '../../src/activities/alerts/pagerduty.ts';
import { toSlackMessage } from '../../src/activities/alerts/slack.ts';
import { toWebhookBody } from '../../src/activities/alerts/webhook.ts';
import type { PagerDutyRoute } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { type AlertKind, type Gathered, OTHER, type Raise } from '../../src/contracts/alert.ts';
import { addGathered, addRaise } from '../../src/workflows/tally.ts';
import { pagerDutyEvent, slackMessage, webhookAlert } from '../support/alert-formats.ts';

const AT = '2026-11-24T12:00:00.000Z';

function raise(given: Partial<Raise> = {}): Raise {
  return {
    kind: 'dead_letter',
    source: 'partner',
    event_id: 'evt_1',
    event_type: 'order.paid',
    failed_steps: ['deliver:billing'],
    errors: ['http_500'],
    at: AT,
    run_id: 'run-1',
    ...given,
  };
}

function gather(...raises: Partial<Raise>[]): Gathered {
  const gathered: Gathered = {};
  for (const given of raises) addRaise(gathered, raise(given));
  return gathered;
}

function alertOf(gathered: Gathered, given: Partial<Alert> = {}): Alert {
  const linkTo = (_: string, id: string) => `https://ui.test/${encodeURIComponent(id)}`;
  return { id: 'a', route: 'ops', at: new Date(AT), gathered, open: {}, linkTo, isTest: false, ...given };
}

const pagerduty: PagerDutyRoute = {
  channel: 'pagerduty',
  name: 'ops',
  sources: undefined,
  on: ['dead_letter'],
  gatherMs: 0,
  everyMs: 0,
  routingKey: new Secret('KEY', 'k'.repeat(32)),
  severity: 'critical',
  url: 'https://events.pagerduty.com/v2/enqueue',
};

/** An alert with as much of everything as there can be, and with hostile text everywhere. */
const worst = (): Alert => {
  const nasty = '<!channel>&<https://evil.test|click>\r\nBcc: victim@example.com ';
  const ofDeadLetters: AlertKind[] = ['dead_letter', 'expiring', 'expired', 'recovered', 'discarded'];
  const kinds: AlertKind[] = [...ofDeadLetters, 'endpoint_down', 'endpoint_up'];
  const raises = kinds.flatMap((kind) =>
    Array.from({ length: 3_000 }, (_, n) => ({
      kind,
      source: `${'s'.repeat(58)}${n % 300}`,
      event_id: `<&>${'e'.repeat(180)}${n}`,
      event_type: nasty.repeat(20),
      failed_steps: [`deliver:${'d'.repeat(58)}${n % 50}`, 'handler'],
      errors: [`handler:${'E'.repeat(60)}${n % 90}`, 'http_500'],
      run_id: `run-${n}`,
    })),
  );
  return alertOf(gather(...raises));
};

describe('gathered raises', () => {
  it('stay small, and their counts add up', () => {
    const { gathered } = worst();
    const bySource = Object.entries(gathered.dead_letter ?? {});
    expect(bySource.length).toBe(101);
    expect(gathered.dead_letter?.[OTHER]?.count).toBe(2_000);
    expect(bySource.reduce((sum, [, { count }]) => sum + count, 0)).toBe(3_000);
    for (const [, { examples, errors, steps, count }] of bySource) {
      expect(examples.length).toBeLessThanOrEqual(5);
      expect(Object.keys(errors).length).toBeLessThanOrEqual(21);
      expect(Object.keys(steps).length).toBeLessThanOrEqual(21);
      expect(Object.values(errors).reduce((a, b) => a + b, 0)).toBe(2 * count);
    }
  });

  it('are added to raises that were gathered before', () => {
    const gathered = gather({ at: '2026-11-24T12:00:05.000Z', run_id: 'a' });
    addGathered(gathered, gather({ run_id: 'b', errors: ['timeout'] }, { kind: 'recovered', run_id: 'c' }));
    expect(gathered).toMatchObject({
      dead_letter: {
        partner: {
          count: 2,
          first_at: AT,
          last_at: '2026-11-24T12:00:05.000Z',
          errors: { http_500: 1, timeout: 1 },
          examples: [{ run_id: 'a' }, { run_id: 'b' }],
        },
      },
      recovered: { partner: { count: 1 } },
    });
  });
});

describe('a title', () => {
  it.each([
    [gather({}), '1 dead letter: partner'],
    [gather(...Array.from({ length: 1_000 }, () => ({}))), '1,000 dead letters: partner'],
    [gather({}, {}, { kind: 'recovered' }), '2 dead letters, 1 recovered: partner'],
    [gather({ kind: 'recovered' }, { kind: 'recovered' }), '2 dead letters recovered: partner'],
    [gather({ kind: 'discarded' }), '1 dead letter discarded: partner'],
    [gather({ kind: 'expiring' }), '1 dead letter about to expire: partner'],
    [gather({ kind: 'expired' }), '1 dead letter expired: partner'],
    [gather({}, { source: 'other' }), '2 dead letters: 2 sources'],
    [gather({ kind: 'endpoint_down', source: 'billing' }), 'Endpoint billing is down'],
    [gather({ kind: 'endpoint_up', source: 'billing' }), 'Endpoint billing is up again'],
    [
      gather({}, { kind: 'endpoint_down', source: 'billing' }),
      '1 dead letter: partner; endpoint billing is down',
    ],
    [
      gather({ kind: 'endpoint_down', source: 'a' }, { kind: 'endpoint_down', source: 'b' }),
      '2 endpoints are down',
    ],
  ])('counts dead letters or endpoints by what happened to them (%#)', (gathered, title) => {
    expect(toTitle(alertOf(gathered))).toBe(title);
  });
});

describe('the messages of the worst alert', () => {
  it('keep the limits of Slack', () => {
    slackMessage.parse(toSlackMessage(worst()));
    const { blocks } = slackMessage.parse(toSlackMessage(alertOf(gather({ event_type: '<!channel>' }))));
    expect(JSON.stringify(blocks)).toContain('&lt;!channel&gt;');
  });

  it('keep the limits of PagerDuty', () => {
    const alert = worst();
    const [source = ''] = Object.keys(alert.gathered.dead_letter ?? {});
    const event = toTrigger(pagerduty, alert, source);
    pagerDutyEvent.parse(JSON.parse(JSON.stringify(event)));
    expect(JSON.stringify(event).length).toBeLessThan(512 * 1_024);
    pagerDutyEvent.parse(toResolve(pagerduty, alert, source));
  });

  it('have the webhook format of docs/alerts.md', () => {
    webhookAlert.parse(JSON.parse(JSON.stringify(toWebhookBody(worst()))));
  });

  it('have a title without line breaks for the subject of a mail', () => {
    expect(toTitle(worst())).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(toText(worst()).length).toBeLessThan(32_000);
  });
});

it('a mail lists counts, examples with links, and the next command', () => {
  const raises = [
    { run_id: 'a' },
    { run_id: 'b', event_id: 'evt_2', errors: ['timeout'] },
    { kind: 'recovered' as const },
  ];
  const text = toText(alertOf(gather(...raises), { open: { partner: 7 } }));
  expect(text).toBe(`2 dead letters at 2026-11-24 12:00:00 UTC
  partner: 2 (http_500 1, timeout 1; deliver:billing 2), 7 open now

1 dead letter recovered at 2026-11-24 12:00:00 UTC
  partner: 1 (http_500 1; deliver:billing 1), 7 open now

Examples
  partner evt_1 (order.paid): deliver:billing, http_500
    https://ui.test/evt_1
  partner evt_2 (order.paid): deliver:billing, timeout
    https://ui.test/evt_2

Next
  surehook dead-letters list --source partner

Alert route ops, 2026-11-24T12:00:00.000Z`);
});

it('the next commands are none after a recovery, and one without a source for many sources', () => {
  expect(toNextSteps({ gathered: gather({ kind: 'recovered' }) })).toEqual([]);
  const many = ['a', 'b', 'c', 'd'].map((source) => ({ source }));
  expect(toNextSteps({ gathered: gather(...many) })).toEqual(['surehook dead-letters list']);
});

describe('an incident', () => {
  const judge = (raises: Partial<Raise>[], open: number, isRecheck = false) =>
    judgeIncident({ gathered: gather(...raises) }, 'partner', open, isRecheck);
  const recovered = { kind: 'recovered' } as const;

  it.each([
    ['opens for dead letters', [{}], 1, { action: 'trigger', again: false }],
    ['opens, and is checked again, though none is counted yet', [{}], 0, { action: 'trigger', again: true }],
    [
      'opens, and is checked again, if one of two dead letters is left',
      [{}, {}, recovered],
      1,
      { action: 'trigger', again: true },
    ],
    [
      'closes if all dead letters of one alert have ended',
      [{}, recovered],
      0,
      { action: 'resolve', again: false },
    ],
    ['closes when the last dead letter recovers', [recovered], 0, { action: 'resolve', again: false }],
    ['stays as it is while other dead letters are open', [recovered], 3, { action: undefined, again: true }],
    [
      'opens for a dead letter that is about to expire',
      [{ kind: 'expiring' as const }],
      1,
      { action: 'trigger', again: false },
    ],
  ])('%s', (_, raises, open, verdict) => {
    expect(judge(raises, open)).toEqual(verdict);
  });

  it('is checked again as long as dead letters are counted', () => {
    expect(judge([], 0, true)).toEqual({ action: 'resolve', again: false });
    expect(judge([], 2, true)).toEqual({ action: undefined, again: true });
    expect(judge([{}], 2, true)).toEqual({ action: 'trigger', again: true });
  });
});
