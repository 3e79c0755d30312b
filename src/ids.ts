// Workflow ids and the ids derived from them.

/** The source is part of the id, so that whoever holds one source's secret cannot claim another source's ids. */
export function workflowIdOf(source: string, eventId: string): string {
  return `${source}:${eventId}`;
}

/** The inverse of `workflowIdOf`; a source name holds no colon. */
export function parseWorkflowId(workflowId: string): { source: string; eventId: string } | undefined {
  const colon = workflowId.indexOf(':');
  if (colon < 1) return undefined;
  return { source: workflowId.slice(0, colon), eventId: workflowId.slice(colon + 1) };
}

/** A source name: short enough to leave room for the event id in Temporal's 255-character column. */
export const SOURCE_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** PostgreSQL's `workflow_id` column holds 255 characters: 63 of the source, a colon, and these. */
export const EVENT_ID_MAX_LENGTH = 191;

/** Visible ASCII but the slash, `.` and `..`: safe in a URL path, a log line, a header and a visibility query. */
export const EVENT_ID = /^(?!\.{1,2}$)[!-.0-~]{1,191}$/;
