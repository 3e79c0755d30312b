// The fields of every log line about an attempt.
import { Context } from '@temporalio/activity';
import type { EventMeta } from '../../contracts/event.ts';

export function logFields(event: EventMeta, attempt: number) {
  const workflow_id = Context.current().info.workflowExecution?.workflowId;
  return {
    source: event.source,
    event_id: event.event_id,
    event_type: event.event_type,
    workflow_id,
    attempt,
  };
}
