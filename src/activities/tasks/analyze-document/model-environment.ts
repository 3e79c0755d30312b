// Reads from the environment which model is to analyse documents. Only this file of the task type reads it.

export interface ModelServer {
  apiKey: string;
  /** undefined: OpenAI's own. */
  baseUrl: string | undefined;
}

/**
 * This runs in the process that evaluates the user's config, which gets no settings of Surehook's: the names are those
 * of the `openai` client, as its users have them in their environment already.
 */
export function readModelServer(): ModelServer | undefined {
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = process.env;
  if (OPENAI_API_KEY === undefined || OPENAI_API_KEY === '') return undefined;
  return { apiKey: OPENAI_API_KEY, baseUrl: OPENAI_BASE_URL === '' ? undefined : OPENAI_BASE_URL };
}
