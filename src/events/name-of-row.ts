// Says which event a row of visibility is about.
import { parseWorkflowId } from '../contracts/ids.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readMemo } from '../temporal/read-memo.ts';
import type { ListedExecution } from '../temporal/visibility.ts';

/** In the memo of a run whose workflow id has only the digest of the event's id. */
export interface EventIdMemo {
  event_id?: string;
}

/** @returns undefined for a workflow of somebody else */
export async function nameOfRow(
  temporal: Temporal,
  row: ListedExecution,
): Promise<{ source: string; eventId: string } | undefined> {
  const name = parseWorkflowId(row.execution?.workflowId ?? '');
  if (!name?.isDigest) return name;
  const { event_id = name.eventId } = await readMemo<EventIdMemo>(temporal, row);
  return { ...name, eventId: event_id };
}
