// The result of one attempt of a step.

export interface AttemptResult {
  ok: boolean;
  statusCode?: number;
  /** A code such as `timeout`; absent if an answer came. */
  error?: string;
  message?: string;
  stack?: string;
  responseExcerpt?: string;
  /** What the handler returned. */
  result?: unknown;
  /** No retry will help. */
  permanent?: boolean;
  /** The endpoint asked for at least this wait. */
  retryAfterMs?: number;
}
