// The runs of an event before its latest one: how each began, and how it ended.
import { PROCESS_EVENT } from '../contracts/event.ts';
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { Temporal } from '../temporal/connection.ts';
import { ANY_DIVISION, listPage, quote, statusName, toTime } from '../temporal/visibility.ts';
import { type EventStatus, toEventStatus } from './event-status.ts';
import { type Beginning, readBeginning } from './read-event.ts';

/** Nobody reads more; how each began takes a call. */
const RUNS_MAX = 50;

export interface EarlierRun {
  run_id: string;
  status: EventStatus;
  started_at: string;
  closed_at: string | null;
  /** null: it cannot be read any more. */
  began: Beginning | null;
}

/** The latest first. */
export async function listEarlierRuns(
  temporal: Temporal,
  workflowId: string,
  latestRunId: string,
): Promise<EarlierRun[]> {
  // SQLite would take the index of the type, had it one to look for, and go through all events.
  const query = `WorkflowId = ${quote(workflowId)} AND ${ANY_DIVISION}`;
  const { rows } = await listPage(temporal, { query, limit: RUNS_MAX });
  // Of an id with quotes or a backslash, Temporal looks for another one: it strips and escapes them once more.
  const earlier = rows.filter(
    ({ execution, type }) =>
      execution?.workflowId === workflowId &&
      execution?.runId !== latestRunId &&
      type?.name === PROCESS_EVENT,
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
    if (error instanceof DecryptionError) return null; // it was encrypted under an older key
    throw error;
  }
}
