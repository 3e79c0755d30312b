// An event as the operator API shows it.
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import { type Attempt, endpointOf, PROCESS_EVENT, type StepName, type StepOutcome } from '../messages.ts';
import type { EventRun } from './read-event.ts';

export type EventStatus = 'processing' | 'delivering' | 'processed' | 'failed' | 'discarded' | 'canceled';

interface StepView {
  /** `pending`: not begun. */
  status: StepOutcome['status'] | 'pending';
  attempts: Attempt[];
  result?: unknown;
}

export interface WebUi {
  url: string;
  namespace: string;
}

export function toEventView(
  { description, input, body, steps, failure }: EventRun,
  webUi: WebUi | undefined,
) {
  const stepView = (step: StepName): StepView => {
    const { status = 'pending', attempts = [], result } = steps.get(step) ?? {};
    return { status, attempts, ...(result === undefined ? {} : { result }) };
  };
  const handler = input.steps.some(({ step }) => step === 'handler') ? stepView('handler') : null;
  const deliveries = input.steps
    .filter(({ step }) => step !== 'handler')
    .map(({ step }) => ({ endpoint: endpointOf(step), ...stepView(step) }));
  const { status, workflowId, runId, closeTime } = description;
  const handled = handler === null || handler.status === 'succeeded';
  return {
    source: input.source,
    event_id: input.event_id,
    event_type: input.event_type,
    status: toEventStatus(status.name, handled),
    received_at: input.received_at,
    closed_at: closeTime?.toISOString() ?? null,
    headers: input.headers,
    payload: toPayload(body.bytes),
    handler,
    deliveries,
    error: failure?.message ?? null,
    workflow_id: workflowId,
    run_id: runId,
    web_ui_url: webUi ? webUiUrl(webUi, workflowId, runId) : null,
  };
}

export type EventView = ReturnType<typeof toEventView>;

export function toEventStatus(status: WorkflowExecutionStatusName, handled = false): EventStatus {
  switch (status) {
    case 'COMPLETED':
      return 'processed';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'canceled';
    default:
      return handled ? 'delivering' : 'processing';
  }
}

/** A string where the body is not JSON: the ingress takes none such today, a later source may. */
function toPayload(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function webUiUrl({ url, namespace }: WebUi, workflowId: string, runId: string): string {
  return `${url.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}

/** Runs before the latest one: they failed, and were run again. */
export async function listEarlierRuns(client: Client, workflowId: string, latestRunId: string) {
  const runs = [];
  // An event id holds no quote that could end the string: see `EVENT_ID`; the quotes it may hold are escaped.
  const query = `WorkflowType = '${PROCESS_EVENT}' AND WorkflowId = ${quote(workflowId)}`;
  for await (const run of client.workflow.list({ query, pageSize: 100 })) {
    if (run.runId === latestRunId) continue;
    const { runId: run_id, status, startTime, closeTime } = run;
    const times = { started_at: startTime.toISOString(), closed_at: closeTime?.toISOString() ?? null };
    runs.push({ run_id, status: toEventStatus(status.name), ...times });
  }
  return runs.sort((a, b) => b.started_at.localeCompare(a.started_at));
}

/** A string of a visibility query. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
