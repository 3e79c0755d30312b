// The custom search attributes that Surehook registers with Temporal.
import { defineSearchAttributeKey } from '@temporalio/common';

/** Custom search attributes, all without payload: Temporal does not encrypt them. */
export const SEARCH_ATTRIBUTES = {
  source: defineSearchAttributeKey('WebhookSource', 'KEYWORD'),
  eventType: defineSearchAttributeKey('WebhookEventType', 'KEYWORD'),
  failedStep: defineSearchAttributeKey('WebhookFailedStep', 'KEYWORD_LIST'),
  error: defineSearchAttributeKey('WebhookError', 'KEYWORD_LIST'),
  /** Of runs that a job has started. */
  job: defineSearchAttributeKey('WebhookJob', 'KEYWORD'),
  /** Of an open dead letter: its source. One that closes takes it off: see dead-letters/count.ts. */
  deadLetter: defineSearchAttributeKey('WebhookDeadLetter', 'KEYWORD'),
} as const;
