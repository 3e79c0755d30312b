// The runs of an event before its latest one: how each began, and how it ended.
import { PROCESS_EVENT } from '../contracts/event.ts';
import { RUN_AGENT_TASK } from '../contracts/task.ts';
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { Temporal } from '../temporal/connection.ts';
import { ANY_DIVISION, listPage, quote, statusName, toTime } from '../temporal/visibility.ts';
import { type EventStatus, toEventStatus } from './event-status.ts';
import { type Beginning, readBeginning } from './read-event.ts';

/** Nobody reads more runs, and it takes a call per run to find out how the run began. */
const RUNS_MAX = 50;

export interface EarlierRun {
  run_id: string;
  status: EventStatus;
  started_at: string;
  closed_at: string | null;
  /** null: the start of the run cannot be read any more. */
  began: Beginning | null;
}

/** @returns the latest run first */
export async function listEarlierRuns(
  temporal: Temporal,
  workflowId: string,
  latestRunId: string,
): Promise<EarlierRun[]> {
  // The query names no type: with one, SQLite would use the index of types and go through all events.
  const query = `WorkflowId = ${quote(workflowId)} AND ${ANY_DIVISION}`;
  const { rows } = await listPage(temporal, { query, limit: RUNS_MAX });
  // Temporal strips and escapes an id's quotes and backslashes once more, and so may find another id's runs.
  const earlier = rows.filter(
    ({ execution, type }) =>
      execution?.workflowId === workflowId &&
      execution?.runId !== latestRunId &&
      [PROCESS_EVENT, RUN_AGENT_TASK].includes(type?.name ?? ''),
  );
  const runs = earlier.map(async (row): Promise<EarlierRun> => {
    const run_id = row.execution?.runId ?? '';
    return {
      run_id,
      status: toEventStatus({ type: PROCESS_EVENT, status: statusName(row) }),
      started_at: toTime(row.startTime) as string,
      closed_at: toTime(row.closeTime),
      began: await beginningOf(temporal, workflowId, run_id),
    };
  });
  return (await Promise.all(runs)).sort((a, b) => b.started_at.localeCompare(a.started_at));
}

async function beginningOf(temporal: Temporal, workflowId: string, runId: string): Promise<Beginning | null> {
  try {
    return (await readBeginning(temporal, { workflowId, runId })) ?? null;
  } catch (error) {
    if (error instanceof DecryptionError) return null; // the start was encrypted under an older key
    throw error;
  }
}
