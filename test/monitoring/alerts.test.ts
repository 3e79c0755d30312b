// Tests the alert rules with promtool over made-up hours: each rule fires on its own fault, and on nothing else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { alertRules } from '../support/dashboard.ts';
import { promtool, RULES } from '../support/prometheus.ts';

const folder = mkdtempSync(join(tmpdir(), 'surehook-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An hour of a healthy system with the usual few failures: one sample a minute, in promtool's notation. */
const HEALTHY: Record<string, string> = {
  'up{job="surehook",instance="a"}': '1x60',
  'surehook_temporal_up{instance="a"}': '1x60',
  'surehook_queue_workers{task_type="workflow"}': '1x60',
  'surehook_queue_workers{task_type="activity"}': '1x60',
  'surehook_queue_oldest_task_age_seconds{task_type="workflow"}': '2x60',
  'surehook_dead_letters_total{source="partner"}': '7x60',
  'surehook_ingress_requests_total{source="partner",outcome="accepted"}': '0+600x60',
  'surehook_ingress_requests_total{source="partner",outcome="signature_invalid"}': '0+6x60',
  'surehook_ingress_requests_total{source="partner",outcome="not_queued"}': '0+1x60',
  'surehook_ingress_requests_total{source="unknown",outcome="unknown_source"}': '0+900x60',
  'surehook_ingress_duration_seconds_bucket{status_class="2xx",le="0.05"}': '0+600x60',
  'surehook_ingress_duration_seconds_bucket{status_class="2xx",le="2"}': '0+601x60',
  'surehook_ingress_duration_seconds_bucket{status_class="2xx",le="+Inf"}': '0+601x60',
  'surehook_delivery_attempts_total{endpoint="billing",status_class="2xx"}': '0+60x60',
  'surehook_delivery_attempts_total{endpoint="billing",status_class="5xx"}': '0+20x60',
  'surehook_breaker_state{endpoint="billing"}': '0x60',
  'surehook_alerts_total{route="ops",outcome="sent"}': '0+1x60',
  'surehook_alerts_total{route="ops",outcome="failed"}': '0+1x60',
  'surehook_handler_attempts_total{source="partner",outcome="succeeded"}': '0+60x60',
  'surehook_handler_attempts_total{source="partner",outcome="failed"}': '0+20x60',
};

interface Story {
  name: string;
  /** Series that replace healthy ones or join them; most go wrong at minute 20. */
  wrong: Record<string, string>;
  fires: string[];
  /** The minute at which the fault has not lasted long enough to fire. */
  notYetAt?: number;
}

const healthyFor20 = (now: string) => `1x19 ${now}`;

const STORIES: Story[] = [
  { name: 'nothing is wrong', wrong: {}, fires: [] },
  {
    name: 'the first dead letter of a source',
    wrong: { 'surehook_dead_letters_total{source="other"}': '0x44 1x15' },
    fires: ['SurehookDeadLetters'],
    notYetAt: 44,
  },
  {
    name: 'a dead letter of an hour ago',
    wrong: { 'surehook_dead_letters_total{source="other"}': '0x5 1x54' },
    fires: [],
  },
  {
    name: 'the channel of an alert route is down',
    wrong: { 'surehook_alerts_total{route="other",outcome="failed"}': '0x19 0+1x40' },
    fires: ['SurehookAlertsFailing'],
    notYetAt: 25,
  },
  {
    name: 'one request in twenty is not queued',
    wrong: { 'surehook_ingress_requests_total{source="partner",outcome="not_queued"}': '0x19 0+80x40' },
    fires: ['SurehookNotQueued'],
    notYetAt: 20,
  },
  {
    name: 'one acknowledgement in fifty takes 2 s',
    wrong: {
      'surehook_ingress_duration_seconds_bucket{status_class="2xx",le="2"}': '0+612x60',
      'surehook_ingress_duration_seconds_bucket{status_class="2xx",le="+Inf"}': '0+612x60',
    },
    fires: ['SurehookSlowAcknowledge'],
    notYetAt: 10,
  },
  {
    name: 'most webhooks of one source have a wrong signature',
    wrong: {
      'surehook_ingress_requests_total{source="other",outcome="signature_invalid"}': '0+3x60',
      'surehook_ingress_requests_total{source="other",outcome="accepted"}': '0+1x60',
    },
    fires: ['SurehookSourceRefused'],
    notYetAt: 10,
  },
  {
    name: 'a duplicate is another event than the one with its id',
    wrong: { 'surehook_ingress_differing_duplicates_total{source="other"}': '0x19 1x40' },
    fires: ['SurehookDuplicatesDiffer'],
    notYetAt: 19,
  },
  {
    name: 'an endpoint times out',
    wrong: { 'surehook_delivery_attempts_total{endpoint="other",status_class="timeout"}': '0+1x60' },
    fires: ['SurehookDeliveriesFailing'],
    notYetAt: 8,
  },
  {
    name: 'an endpoint is down, and a probe is under way each other minute',
    wrong: { 'surehook_breaker_state{endpoint="other"}': '0x19 2 1 2 1 2 1 2x34' },
    fires: ['SurehookEndpointDown'],
    notYetAt: 23,
  },
  {
    name: 'the handlers of a source fail',
    wrong: { 'surehook_handler_attempts_total{source="other",outcome="failed"}': '0+1x60' },
    fires: ['SurehookHandlersFailing'],
    notYetAt: 8,
  },
  {
    name: 'tasks wait for more than a minute',
    wrong: { 'surehook_queue_oldest_task_age_seconds{task_type="workflow"}': healthyFor20('90x40') },
    fires: ['SurehookQueueOld'],
    notYetAt: 23,
  },
  {
    name: 'the last worker is gone',
    wrong: {
      'surehook_queue_workers{task_type="workflow"}': healthyFor20('0x40'),
      'surehook_queue_workers{task_type="activity"}': healthyFor20('0x40'),
    },
    fires: ['SurehookNoWorkers'],
    notYetAt: 21,
  },
  {
    name: 'Temporal is down, so the series of the queue go stale',
    wrong: {
      'surehook_temporal_up{instance="a"}': healthyFor20('0x40'),
      'surehook_queue_workers{task_type="workflow"}': healthyFor20('stale'),
      'surehook_queue_workers{task_type="activity"}': healthyFor20('stale'),
    },
    fires: ['SurehookTemporalDown'],
    notYetAt: 21,
  },
  {
    name: 'a process is down',
    wrong: { 'up{job="surehook",instance="a"}': healthyFor20('0x40') },
    fires: ['SurehookProcessDown'],
    notYetAt: 21,
  },
];

function toPromtoolTest({ wrong, fires, notYetAt }: Story) {
  const series = { ...HEALTHY, ...wrong };
  const firing = (minute: number, names: string[]) => ({
    expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
    eval_time: `${minute}m`,
    exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
  });
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [firing(50, fires), ...(notYetAt === undefined ? [] : [firing(notYetAt, [])])],
  };
}

describe('the alert rules', () => {
  it('are valid to promtool', async () => {
    expect(await promtool('check', 'rules', RULES)).toContain(`SUCCESS: ${alertRules.length} rules found`);
  });

  it.each(STORIES)('fire $fires when $name', async (story) => {
    const file = join(folder, `${STORIES.indexOf(story)}.yml`);
    const tests = [toPromtoolTest(story)];
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
    expect(await promtool('test', 'rules', file)).toContain('SUCCESS');
  });

  it('are all tested by the stories above', () => {
    const fired = STORIES.flatMap(({ fires }) => fires);
    expect(fired.sort()).toEqual(alertRules.map(({ alert }) => alert).sort());
  });

  it('each have a severity, a summary, a description and a runbook', () => {
    for (const { alert, labels, annotations } of alertRules) {
      expect(['warning', 'critical'], alert).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/\w{3}/);
      expect(annotations.description, alert).toMatch(/\w{3}/);
      expect(annotations.runbook, alert).toMatch(/^docs\/operating\.md: \w/);
    }
  });
});
