// Reads what Temporal and the operator API say about the events once all is quiet.
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { EventView } from '../src/api/operator/events/event-view.ts';
import { PROCESS_EVENT } from '../src/contracts/event.ts';
import { type EventRecord, keyOf } from './book.ts';
import { FLAKY } from './plan-faults.ts';
import { callbackOf } from './tasks.ts';

/** `missing`: Temporal does not know the event; `open`: its workflow has not ended. */
export interface Outcome {
  status: 'processed' | 'failed' | 'other' | 'open' | 'missing';
  closedAt: number | undefined;
}

/** How many events are described at once: more would only wait for each other. */
const AT_ONCE = 10;

/** Fills `outcomes`. @returns how many events are still open */
export async function readOutcomes(
  client: Client,
  events: Iterable<EventRecord>,
  outcomes: Map<string, Outcome>,
): Promise<number> {
  const unsettled = [...events].filter(
    (event) => !['processed', 'failed'].includes(statusOf(outcomes, keyOf(event))),
  );
  const queue = unsettled.values();
  const work = async () => {
    for (const event of queue) outcomes.set(keyOf(event), await readOutcome(client, event));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return unsettled.filter((event) => statusOf(outcomes, keyOf(event)) === 'open').length;
}

const statusOf = (outcomes: Map<string, Outcome>, key: string) => outcomes.get(key)?.status ?? 'open';

/** A task starts its callback before it ends, and is over when its callback is over, too. */
async function readOutcome(client: Client, event: EventRecord): Promise<Outcome> {
  const outcome = await readWorkflow(client, keyOf(event));
  const callback = callbackOf(event);
  if (outcome.status !== 'processed' || callback === undefined) return outcome;
  return await readWorkflow(client, callback);
}

async function readWorkflow(client: Client, workflowId: string): Promise<Outcome> {
  try {
    const { status, closeTime } = await client.workflow.getHandle(workflowId).describe();
    const closedAt = closeTime?.getTime();
    if (status.name === 'COMPLETED') return { status: 'processed', closedAt };
    if (status.name === 'FAILED') return { status: 'failed', closedAt };
    return { status: status.name === 'RUNNING' ? 'open' : 'other', closedAt };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { status: 'missing', closedAt: undefined };
    throw error;
  }
}

/** The ids of all event workflows in Temporal, callbacks included. */
export async function listWorkflowIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${PROCESS_EVENT}'` })) {
    ids.push(workflowId);
  }
  return ids;
}

/** The event as an operator sees it. @throws Error if the operator API does not answer 2xx */
export async function readView(operatorUrl: string, token: string, event: EventRecord): Promise<EventView> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${operatorUrl}/api/v1/events/${event.source}/${event.id}`, { headers });
  if (!response.ok) throw new Error(`${keyOf(event)}: the operator API answered ${response.status}`);
  return (await response.json()) as EventView;
}

/**
 * Whether Temporal has timed out a worker, or a worker an endpoint that always answers: proof, apart from the
 * load average, that a process was too slow.
 */
export async function showsTimeOut(client: Client, event: EventRecord, view: EventView): Promise<boolean> {
  const steps = [view.handler, ...view.deliveries.filter(({ endpoint }) => endpoint !== FLAKY)];
  const attempts = steps.flatMap((step) => step?.attempts ?? []);
  // A deed that ended a handler process interrupts attempts on a quiet machine too.
  const isByDeed = ({ message = '' }: { message?: string }) =>
    message.startsWith('the process of the handler');
  const isTimeOut = ({ error }: { error?: string }) => error === 'timeout' || error === 'interrupted';
  if (attempts.some((attempt) => isTimeOut(attempt) && !isByDeed(attempt))) return true;
  const { events } = await client.workflow.getHandle(keyOf(event)).fetchHistory();
  return (events ?? []).some(
    (one) =>
      one.workflowTaskTimedOutEventAttributes ||
      one.activityTaskStartedEventAttributes?.lastFailure?.timeoutFailureInfo,
  );
}
