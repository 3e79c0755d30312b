// What a client says in each request that it can do.
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ServerContext,
} from '@modelcontextprotocol/server';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

export interface Declared {
  /** It understands the handle of a task. */
  tasks: boolean;
  /** It can ask its user by a form. */
  forms: boolean;
}

/** A client of 2025 declares nothing with a request. */
export function declaredBy({ mcpReq }: Pick<ServerContext, 'mcpReq'>): Declared {
  const envelope = mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined;
  const { extensions, elicitation } = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
  const modes = elicitation === undefined ? undefined : Object.keys(elicitation);
  return {
    tasks: extensions?.[TASKS_EXTENSION] !== undefined,
    forms: modes !== undefined && (modes.length === 0 || modes.includes('form')), // {} is from before there were modes
  };
}
