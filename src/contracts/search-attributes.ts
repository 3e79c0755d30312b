// The custom search attributes that Surehook registers with Temporal.
import { defineSearchAttributeKey } from '@temporalio/common';

/** None of these attributes contains a part of a payload, since search attributes are not encrypted. */
export const SEARCH_ATTRIBUTES = {
  source: defineSearchAttributeKey('WebhookSource', 'KEYWORD'),
  eventType: defineSearchAttributeKey('WebhookEventType', 'KEYWORD'),
  failedStep: defineSearchAttributeKey('WebhookFailedStep', 'KEYWORD_LIST'),
  error: defineSearchAttributeKey('WebhookError', 'KEYWORD_LIST'),
  /** The id of the job that has started the run. */
  job: defineSearchAttributeKey('WebhookJob', 'KEYWORD'),
  /** The source of an open dead letter. A dead letter removes it when it closes: see dead-letters/count.ts. */
  deadLetter: defineSearchAttributeKey('WebhookDeadLetter', 'KEYWORD'),
  /** The client of an agent task, or of a delivery that it has asked for. */
  client: defineSearchAttributeKey('AgentClient', 'KEYWORD'),
  taskStatus: defineSearchAttributeKey('AgentTaskStatus', 'KEYWORD'),
  /** When the status of a task changed last. */
  taskStatusAt: defineSearchAttributeKey('AgentTaskStatusAt', 'DATETIME'),
  /** A digest of the conversation that a task belongs to, since a client may have chosen any text for it. */
  taskContext: defineSearchAttributeKey('AgentTaskContext', 'KEYWORD'),
} as const;

/**
 * The namespace division of every workflow that is not an event. Temporal leaves workflows with a division out of each
 * list and count that does not name this attribute: so the Web UI shows events first. The attribute is Temporal's own.
 */
export const MACHINERY = {
  key: defineSearchAttributeKey('TemporalNamespaceDivision', 'KEYWORD'),
  value: 'surehook',
} as const;
