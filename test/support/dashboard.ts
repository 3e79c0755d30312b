// Reads the queries of deploy/grafana and deploy/prometheus, and the metrics that these queries name.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const read = (relative: string) => readFileSync(new URL(`../../deploy/${relative}`, import.meta.url), 'utf8');

export interface Panel {
  id: number;
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

export const panels: Panel[] = JSON.parse(read('grafana/surehook.json')).panels;

/** Every query, with Grafana's variables filled in as for a panel of ten minutes. */
export const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '10m'),
  })),
);

export const alertRules: AlertRule[] = parse(read('prometheus/rules.yml')).groups.flatMap(
  ({ rules }: { rules: AlertRule[] }) => rules,
);

/** The metrics that queries name: Surehook's, the SDK's and the process's. */
export function metricsIn(exprs: string[]): string[] {
  const names = exprs.flatMap((expr) => expr.match(/\b(?:surehook|temporal|process|nodejs)_\w+/g) ?? []);
  return [...new Set(names)].filter((name) => !LABELS_AND_VALUES.includes(name)).sort();
}

const LABELS_AND_VALUES = ['temporal_unavailable'];
