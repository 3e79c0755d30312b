// Turns the samples of all runs into tables and goals.
import type { Sample } from './measure.ts';
import type { LoadName, SideName } from './options.ts';
import { formatSpread, type Spread, spread } from './statistics.ts';

export type RunResult = Partial<Record<LoadName, Partial<Record<SideName, Sample>>>>;

export interface GoalResult extends Spread {
  goal: string;
  side: SideName;
  limit: number;
  met: boolean;
}

interface Goal {
  goal: string;
  load: LoadName;
  against: SideName;
  /** Compares two samples of the same run, since only these were measured side by side. */
  value: (ours: Sample, theirs: Sample) => number;
  limit: number;
  atLeast: boolean;
}

const GOALS: readonly Goal[] = [
  {
    goal: 'light: delivered p50 ≤ 0.2 × naive',
    load: 'light',
    against: 'naive',
    value: (ours, theirs) => ours.delivered_p50 / theirs.delivered_p50,
    limit: 0.2,
    atLeast: false,
  },
  {
    goal: 'light: ack p50 − bare start ≤ 3 ms',
    load: 'light',
    against: 'floor',
    value: (ours, theirs) => ours.ack_p50 - theirs.ack_p50,
    limit: 3,
    atLeast: false,
  },
  {
    goal: 'burst: events/s ≥ 2.5 × naive',
    load: 'burst',
    against: 'naive',
    value: (ours, theirs) => ours.events_per_s / theirs.events_per_s,
    limit: 2.5,
    atLeast: true,
  },
  {
    goal: 'burst: events/s ≥ 0.85 × floor',
    load: 'burst',
    against: 'floor',
    value: (ours, theirs) => ours.events_per_s / theirs.events_per_s,
    limit: 0.85,
    atLeast: true,
  },
];

const COLUMNS: Record<LoadName, Partial<Record<keyof Sample, string>>> = {
  light: {
    ack_p50: 'ack p50 ms',
    ack_p99: 'ack p99 ms',
    delivered_p50: 'delivered p50 ms',
    delivered_p99: 'delivered p99 ms',
  },
  burst: {
    events_per_s: 'events/s',
    delivered_p50: 'delivered p50 ms',
    server_cpu: 'server CPU ms/event',
    side_cpu: 'own CPU ms/event',
    rss_peak: 'peak RSS MB',
    refused: 'refused (503)',
    history_events: 'history events',
    history_bytes: 'history bytes',
    state_transitions: 'state transitions',
  },
};

/** The goals are set for one process, `serve`; API and worker run apart for scale and isolation. */
const OURS = ['serve', 'api+worker'] as const;

export function checkGoals(runs: readonly RunResult[]): GoalResult[] {
  return GOALS.flatMap(({ goal, load, against, value, limit, atLeast }) =>
    OURS.flatMap((side) => {
      const values = runs.flatMap((run) => {
        const [ours, theirs] = [run[load]?.[side], run[load]?.[against]];
        return ours && theirs ? [value(ours, theirs)] : [];
      });
      if (values.length === 0) return [];
      const result = spread(values);
      return [
        { goal, side, limit, ...result, met: atLeast ? result.median >= limit : result.median <= limit },
      ];
    }),
  );
}

export function formatReport(runs: readonly RunResult[]): string {
  const loads = Object.keys(COLUMNS) as LoadName[];
  const tables = loads.filter((load) => runs[0]?.[load]).map((load) => `${load}\n${formatLoad(load, runs)}`);
  const goals = checkGoals(runs).map((result) => [
    result.goal,
    result.side,
    formatSpread(result),
    result.met ? 'pass' : 'MISS',
  ]);
  const checked = formatTable(['goal', 'side', 'measured', ''], goals);
  return [...tables, ...(goals.length > 0 ? [`goals\n${checked}`] : [])].join('\n\n');
}

function formatLoad(load: LoadName, runs: readonly RunResult[]): string {
  const columns = { ...COLUMNS[load], others_cores: 'cores used by others' };
  const sides = Object.keys(runs[0]?.[load] ?? {}) as SideName[];
  const valuesOf = (side: SideName, column: keyof Sample) =>
    runs.flatMap((run) => run[load]?.[side]?.[column] ?? []);
  const rows = sides
    .toSorted()
    .map((side) => [
      side,
      ...Object.keys(columns).map((column) => formatSpread(spread(valuesOf(side, column as keyof Sample)))),
    ]);
  return formatTable(['', ...Object.values(columns)], rows);
}

/** @returns a table in Markdown that can be read in a terminal, too */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(3, name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
