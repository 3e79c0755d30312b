// Tests that docs/monitoring.md, the dashboard and the alert rules name exactly the metrics and alerts that exist.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/observability/metrics.ts';
import { alertRules, metricsIn, panels, queries } from '../support/dashboard.ts';

const docs = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
const { registry } = new Metrics();

interface Documented {
  name: string;
  type: string;
  labels: string[];
}

const metrics = registry.getMetricsAsArray().map((metric) => {
  const {
    name,
    help,
    type,
    labelNames = [],
  } = metric as unknown as Record<string, unknown> & {
    labelNames?: string[];
  };
  return { name: String(name), help: String(help), type: String(type), labels: labelNames };
});
const ours = metrics.filter(({ name }) => name.startsWith('surehook_'));

const rows: Documented[] = Array.from(
  docs.matchAll(/^\| `(surehook_\w+)` \| (\w+) \| ([^|]*)\|/gm),
  ([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: Array.from(labels.matchAll(/`(\w+)`/g), ([, label = '']) => label),
  }),
);

describe('docs/monitoring.md', () => {
  it('lists each metric with its type and labels', () => {
    expect(ours.length).toBeGreaterThan(10);
    expect(rows).toEqual(ours.map(({ name, type, labels }) => ({ name, type, labels })));
  });

  it('lists each alert with its severity', () => {
    const alerts = Array.from(docs.matchAll(/^\| `(Surehook\w+)` \| (\w+) \|/gm), ([, alert, severity]) => ({
      alert,
      severity,
    }));
    expect(alerts).toEqual(alertRules.map(({ alert, labels }) => ({ alert, severity: labels.severity })));
  });
});

describe('metrics', () => {
  it('have a help text, and names that end in the unit or _total', () => {
    for (const { name, help, type } of ours) {
      expect(help, name).toMatch(/^[A-Z].*\.$/);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('have only labels with a limited number of values', () => {
    const labels = new Set(ours.flatMap((metric) => metric.labels));
    expect([...labels].sort()).toEqual([
      'endpoint',
      'outcome',
      'route',
      'source',
      'status',
      'status_class',
      'task_type',
    ]);
  });

  it("exist if the dashboard or an alert names them, and each of Surehook's is named there", () => {
    const asked = metricsIn([...queries, ...alertRules].map(({ expr }) => expr));
    const base = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
    const names = metrics.map(({ name }) => name);
    const isKnown = (name: string) => names.includes(name) || names.includes(base(name));
    expect(asked.filter((name) => !name.startsWith('temporal_') && !isKnown(name))).toEqual([]);
    expect(ours.map(({ name }) => name).filter((name) => !asked.map(base).includes(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has panels with unique ids that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('has a title for each panel and a name for each line', () => {
    for (const { title, type, targets = [] } of panels) {
      expect(title).toMatch(/\w/);
      expect(targets.length, title).toBeGreaterThan(type === 'row' ? -1 : 0);
      for (const { legendFormat } of targets) expect(legendFormat, title).toMatch(/\w/);
    }
  });
});
