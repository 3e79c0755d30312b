// Workflow ids, and the rules for the names and ids that they are made of.
import { EVENT_TYPE_MAX_LENGTH, KEYWORD_MAX_LENGTH, NAME_MAX_LENGTH } from './limits.ts';

/** The source is part of the id: whoever has the secret of one source cannot claim the ids of another. */
export function workflowIdOf(source: string, eventId: string): string {
  return `${source}:${eventId}`;
}

/** The inverse of `workflowIdOf`; a source name holds no colon. */
export function parseWorkflowId(workflowId: string): { source: string; eventId: string } | undefined {
  const colon = workflowId.indexOf(':');
  if (colon < 1) return undefined;
  return { source: workflowId.slice(0, colon), eventId: workflowId.slice(colon + 1) };
}

/** The id of the workflow that stays open as long as the event is a dead letter. */
export function deadLetterIdOf(workflowId: string): string {
  return `${DEAD_LETTER_PREFIX}${workflowId}`;
}

/** The workflow id of the event that a dead letter is about. */
export function eventOfDeadLetter(deadLetterId: string): string | undefined {
  return deadLetterId.startsWith(DEAD_LETTER_PREFIX)
    ? deadLetterId.slice(DEAD_LETTER_PREFIX.length)
    : undefined;
}

const DEAD_LETTER_PREFIX = 'dead-letter:';

/** The id of the workflow that replays or discards many dead letters. */
export function workflowIdOfJob(jobId: string): string {
  return `${JOB_PREFIX}${jobId}`;
}

export function parseJobId(workflowId: string): string | undefined {
  return workflowId.startsWith(JOB_PREFIX) ? workflowId.slice(JOB_PREFIX.length) : undefined;
}

const JOB_PREFIX = 'job:';

/** A UUID. */
export const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Names that no source may have: the ids of workflows other than events begin with them. */
export const RESERVED_SOURCE_NAMES: readonly string[] = [
  'agent',
  'alert',
  'callback',
  'dead-letter',
  'delivery',
  'endpoint',
  'job',
  'late-callbacks',
];

/** The rule for the name of a source, or of an endpoint. */
export const SOURCE_NAME = new RegExp(`^[a-z0-9][a-z0-9_-]{0,${NAME_MAX_LENGTH - 1}}$`);

/** 179 characters: what a workflow id has left after `dead-letter:`, the longest source name, and a colon. */
export const EVENT_ID_MAX_LENGTH = KEYWORD_MAX_LENGTH - deadLetterIdOf(':').length - NAME_MAX_LENGTH;

/** Visible ASCII without a slash, and not `.` or `..`: safe in a URL path, log line, header and visibility query. */
export const EVENT_ID = new RegExp(`^(?!\\.{1,2}$)[!-.0-~]{1,${EVENT_ID_MAX_LENGTH}}$`);

/** The rule for an event type: what a header, a search attribute and PostgreSQL's visibility column all take. */
export const EVENT_TYPE = new RegExp(`^[ -~]{1,${EVENT_TYPE_MAX_LENGTH}}$`);
