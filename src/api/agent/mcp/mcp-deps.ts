// What the handlers of MCP are given.
import type { ReadRetentionMs } from '../../../contracts/dead-letter.ts';
import type { AgentDeps } from '../deps.ts';

export interface McpDeps extends AgentDeps {
  readRetentionMs: ReadRetentionMs;
}

export interface McpCaller {
  client: string;
  traceparent?: string;
}
