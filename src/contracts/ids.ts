// Workflow ids, and the rules for the names and ids that they are made of.
import { EVENT_TYPE_MAX_LENGTH, KEYWORD_MAX_LENGTH, NAME_MAX_LENGTH } from './limits.ts';

/**
 * The source is part of the id: whoever has the secret of one source cannot claim the ids of another.
 *
 * @param key the id of an event as `event-key` writes it, or an id of our own, which is written as it is
 */
export function workflowIdOf(source: string, key: string): string {
  return `${source}:${key}`;
}

/**
 * The inverse of `workflowIdOf`; a source name holds no colon.
 *
 * @returns the id as its sender has written it; `isDigest` if the workflow id has only its digest: then the id is in the
 *   memo of the run
 */
export function parseWorkflowId(
  workflowId: string,
): { source: string; eventId: string; isDigest: boolean } | undefined {
  const colon = workflowId.indexOf(':');
  if (colon < 1) return undefined;
  const key = workflowId.slice(colon + 1);
  const isDigest = key.startsWith(DIGESTED);
  const eventId = isDigest || !key.includes('%') ? key : decode(key);
  return { source: workflowId.slice(0, colon), eventId, isDigest };
}

/** Somebody else may have started a workflow under an id that is none of ours. */
function decode(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Begins the key of an id that is too long: nothing that is percent-encoded begins so. */
export const DIGESTED = '%~';

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
export const EVENT_KEY_MAX_LENGTH = KEYWORD_MAX_LENGTH - deadLetterIdOf(':').length - NAME_MAX_LENGTH;

/** The rule for an event type that a client of the API chooses: what a header takes as it is. */
export const EVENT_TYPE = new RegExp(`^[ -~]{1,${EVENT_TYPE_MAX_LENGTH}}$`);
